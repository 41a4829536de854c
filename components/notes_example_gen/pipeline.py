"""The ingest of notes as Beam pipelines, on any runner: sources to examples, and examples to splits."""

from collections.abc import Iterator, Sequence
from typing import Any

import apache_beam as beam

from components.ingest.blocks import IngestBlocks
from components.ingest.files import StoredFile
from components.ingest.job import Settings
from components.notes_example_gen.jobs import ShareJob, SplitJob, new_ingest, note_result, read_share, split_notes

__all__ = ["DealOut", "ReadFhirNotes", "ReadShares"]


@beam.typehints.with_output_types(str)
class _Jobs(beam.PTransform):
    """Runs jobs in parallel; gives the `Result` of each as JSON. Elements are names and numbers, never a row.

    Args:
        settings: What all jobs share.
        jobs: The jobs.
    """

    run: beam.DoFn

    def __init__(self, settings: Settings, jobs: Sequence[Any]) -> None:
        super().__init__()
        self._settings = settings
        self._jobs = jobs

    def expand(self, begin: beam.pvalue.PBegin) -> beam.PCollection[str]:
        """Builds the steps."""
        return (
            begin
            | "Jobs" >> beam.Create([tuple(vars(job).values()) for job in self._jobs])
            | beam.Reshuffle()
            | "Run" >> beam.ParDo(self.run(self._settings))
        )


class _ReadShare(beam.DoFn):
    """ShareJob as a tuple -> Result as JSON."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def process(self, element: tuple[Any, ...]) -> Iterator[str]:
        yield read_share(self._settings, ShareJob(*element)).to_json()


class _SplitNotes(beam.DoFn):
    """SplitJob as a tuple -> Result as JSON."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def process(self, element: tuple[Any, ...]) -> Iterator[str]:
        yield split_notes(self._settings, SplitJob(*element)).to_json()


class ReadShares(_Jobs):
    """Reads shares of files: `ShareJob`s to examples that are not dealt out yet."""

    run = _ReadShare


class DealOut(_Jobs):
    """Deals examples out: `SplitJob`s to shards by split."""

    run = _SplitNotes


@beam.typehints.with_output_types(str)
class ReadFhirNotes(beam.PTransform):
    """Reads what `fhir.ReadFhir` makes of FHIR resources; gives a `Result` of each bundle of blocks as JSON.

    Args:
        settings: What all jobs share.
        files: The files.
    """

    def __init__(self, settings: Settings, files: Sequence[StoredFile]) -> None:
        super().__init__()
        self._settings = settings
        self._files = files

    def expand(self, begin: beam.pvalue.PBegin) -> beam.PCollection[str]:
        """Builds the steps."""
        from components.records_example_gen.fhir import ReadFhir

        return (
            begin
            | "ReadFhir" >> ReadFhir(self._settings.task, self._files)
            | "ReadBlocks" >> beam.ParDo(IngestBlocks(self._settings, new_ingest, note_result))
        )
