"""The ingest of FHIR resources as a Beam pipeline, on any runner."""

from collections.abc import Callable, Sequence
from typing import Any

import apache_beam as beam

from components.fhir.reader import ReadFhir
from components.ingest.blocks import IngestBlocks
from components.ingest.job import Result, Settings
from components.storage import StoredFile

__all__ = ["IngestFhir"]


@beam.typehints.with_output_types(str)
class IngestFhir(beam.PTransform):
    """Ingests what `ReadFhir` reads; gives a `Result` of each bundle of blocks as JSON.

    Args:
        settings: What all jobs share.
        files: The files.
        new: Makes a work folder of its own and an ingest that writes there, see `IngestBlocks`.
        result: Makes the result of such an ingest.
    """

    def __init__(
        self,
        settings: Settings,
        files: Sequence[StoredFile],
        new: Callable[[Settings], tuple[str, Any]],
        result: Callable[[Any, str, str], Result],
    ) -> None:
        super().__init__()
        self._settings = settings
        self._files = files
        self._blocks = IngestBlocks(settings, new, result)

    def expand(self, begin: beam.pvalue.PBegin) -> beam.PCollection[str]:
        """Builds the steps."""
        return (
            begin
            | "ReadFhir" >> ReadFhir(self._settings.task, self._files)
            | "IngestBlocks" >> beam.ParDo(self._blocks)
        )
