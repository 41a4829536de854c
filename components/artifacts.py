"""Artifact types of Galen's own components, besides the standard ones of TFX."""

from tfx.types.artifact import Artifact

__all__ = ["DeidentificationReport", "GateVerdict", "IngestReport", "Performance"]


class IngestReport(Artifact):
    """What an ExampleGen read, wrote and sent to quarantine, in counts and places: report.json and quarantine.csv."""

    TYPE_NAME = "GalenIngestReport"


class DeidentificationReport(Artifact):
    """What identifiers an ExampleGen found and removed, by kind and count, never by value: deidentification.json."""

    TYPE_NAME = "GalenDeidentificationReport"


class GateVerdict(Artifact):
    """What a gate decided and why: `verdict.json`."""

    TYPE_NAME = "GalenGateVerdict"


class Performance(Artifact):
    """How a model and its baselines do on each split: `performance.json`, predictions and plots."""

    TYPE_NAME = "GalenPerformance"
