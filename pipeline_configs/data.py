"""Where a task's data is and how it is written."""

import re
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from pipeline_configs.declaration import Declaration, Share
from pipeline_configs.fhir import PredictionTime
from pipeline_configs.paths import StoragePath

__all__ = ["Data", "Labels", "Quarantine"]

"""Storages that are read, as their addresses begin."""


class Quarantine(Declaration):
    """What to do with rows that cannot be read."""

    max_share: Share = 0.01
    """Largest share of rows in quarantine; above it the run stops."""
    max_listed: Annotated[int, Field(ge=1)] = 10_000
    """Entries listed with file and line; beyond it entries are only counted, by reason."""


class Labels(Declaration):
    """A table that gives the outcome, and what else is known, for a folder of DICOM files."""

    path: StoragePath
    """CSV or Parquet file with the columns that the task names."""
    column: str
    """Column that is held against the files."""
    tag: Literal["PatientID", "AccessionNumber", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"]
    """Element of the DICOM header that holds the same."""


class Data(Declaration):
    """The source: local, gs://, s3:// or Azure."""

    path: StoragePath
    """File, folder or pattern (*, ?). {SPAN}, {VERSION} and {YYYY}, {MM}, {DD} stand for the span and its version."""
    format: Literal["csv", "parquet", "fhir", "jsonl", "dicom"]
    """How the files are written. fhir: bundles (.json) and bulk export (.ndjson); jsonl: notes, one a line; dicom:
    a folder of images, the outcome in `labels`. For images and notes, csv and parquet are a manifest."""
    root: StoragePath = ""
    """Folder that paths in a manifest are relative to; the manifest's own folder where it is left out."""
    labels: Labels | None = None
    """Where the outcome of each file is; for dicom."""
    bundled: Literal["", "diabetes", "breast_cancer", "cohort"] = ""
    """Data that Galen can make: what scikit-learn ships, or a synthetic cohort; written where nothing is there."""
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    """Delimiter of CSV."""
    quote: Annotated[str, Field(min_length=1, max_length=1)] = '"'
    """Quote character of CSV."""
    encoding: str = "utf-8"
    """Encoding of CSV, such as latin-1 or utf-16."""
    decimal: Literal[".", ","] = "."
    """Decimal mark of CSV."""
    undeclared_columns: Literal["refuse", "ignore"] = "refuse"
    """What to do with a column that the task does not name. Refused by default: it may be an identifier."""
    window: Annotated[int, Field(ge=1)] = 1
    """Number of the newest spans to train on."""
    quarantine: Quarantine = Quarantine()
    """What to do with rows that cannot be read."""
    prediction_time: PredictionTime | None = None
    """The moment for which the prediction is made; for fhir."""

    @model_validator(mode="after")
    def _pattern(self) -> Self:
        unknown = set(re.findall(r"(?<!\$)\{[^{}]*\}", self.path)) - {"{SPAN}", "{VERSION}", "{YYYY}", "{MM}", "{DD}"}
        if unknown:
            raise ValueError(
                f"path holds {', '.join(sorted(unknown))}; known are {{SPAN}}, {{VERSION}}, {{YYYY}}, {{MM}}, {{DD}}"
            )
        by_date = [token in self.path for token in ("{YYYY}", "{MM}", "{DD}")]
        if any(by_date) and not all(by_date):
            raise ValueError("a path by date needs {YYYY}, {MM} and {DD}")
        if any(by_date) and "{SPAN}" in self.path:
            raise ValueError("a path has either {SPAN} or {YYYY}, {MM}, {DD}")
        if "{VERSION}" in self.path and not self.has_spans:
            raise ValueError("{VERSION} goes with {SPAN} or {YYYY}, {MM}, {DD}")
        if self.window > 1 and not self.has_spans:
            raise ValueError("a window of several spans needs {SPAN} or {YYYY}, {MM}, {DD} in path")
        if (self.labels is not None) != (self.format == "dicom"):
            raise ValueError("labels goes with format: dicom")
        if self.delimiter == self.decimal:
            raise ValueError("delimiter and decimal mark are the same")
        return self

    @property
    def has_spans(self) -> bool:
        """Whether the path names spans."""
        return "{SPAN}" in self.path or "{YYYY}" in self.path
