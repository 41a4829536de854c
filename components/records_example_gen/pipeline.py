"""The ingest as a Beam pipeline: files (or FHIR blocks) to results, on any runner."""

from collections.abc import Iterator, Sequence
from typing import Any

import apache_beam as beam

from components.ingest.blocks import IngestBlocks
from components.ingest.files import StoredFile
from components.ingest.job import FileJob, Settings, ingest_file, new_ingest, result_of

__all__ = ["IngestFhir", "IngestFiles"]


@beam.typehints.with_output_types(str)
class IngestFiles(beam.PTransform):
    """Ingests each file by itself, in parallel; gives the `Result` of each as JSON.

    Args:
        settings: What all jobs share.
        jobs: The files.
    """

    def __init__(self, settings: Settings, jobs: Sequence[FileJob]) -> None:
        super().__init__()
        self._settings = settings
        self._jobs = jobs

    def expand(self, begin: beam.pvalue.PBegin) -> beam.PCollection[str]:
        """Builds the steps."""
        return (
            begin
            | "Jobs" >> beam.Create([tuple(vars(job).values()) for job in self._jobs])
            | beam.Reshuffle()
            | "IngestFile" >> beam.ParDo(_IngestFile(self._settings))
        )


@beam.typehints.with_output_types(str)
class IngestFhir(beam.PTransform):
    """Ingests what `fhir.ReadFhir` reads; gives a `Result` of each bundle of blocks as JSON.

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
            | "IngestBlocks" >> beam.ParDo(IngestBlocks(self._settings, new_ingest, result_of))
        )


class _IngestFile(beam.DoFn):
    """FileJob as a tuple -> Result as JSON."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def process(self, element: tuple[Any, ...]) -> Iterator[str]:
        yield ingest_file(self._settings, FileJob(*element)).to_json()
