"""The ingest as a Beam pipeline: files (or FHIR blocks) to results, on any runner."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import apache_beam as beam
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.windowed_value import WindowedValue

from components.ingest.block import Block
from components.ingest.files import StoredFile
from components.ingest.ingest import Ingest
from components.ingest.job import FileJob, Result, Settings, guarded, ingest_file, new_ingest, result_of

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
            | "IngestBlocks" >> beam.ParDo(_IngestBlocks(self._settings))
        )


class _IngestFile(beam.DoFn):
    """FileJob as a tuple -> Result as JSON."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def process(self, element: tuple[Any, ...]) -> Iterator[str]:
        yield ingest_file(self._settings, FileJob(*element)).to_json()


class _IngestBlocks(beam.DoFn):
    """Blocks -> one Result as JSON for each bundle."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def start_bundle(self) -> None:
        self._ingest: Ingest | None = None
        self._failed: Result | None = None
        self._folder = self._order = ""

    def process(self, block: Block) -> Iterable[str]:
        if not self._failed:
            result = guarded("", "FHIR", lambda: self._add(block))
            if result.failure:
                self._failed = result
                if self._ingest:
                    self._ingest.discard()
        return ()

    def finish_bundle(self) -> Iterator[WindowedValue]:
        result = self._failed
        if not result and self._ingest:
            result = guarded(self._order, "FHIR", self._finish)
        if result:
            window = GlobalWindow()
            yield WindowedValue(result.to_json(), window.max_timestamp(), [window])

    def _add(self, block: Block) -> Result:
        if not self._ingest:
            self._folder, self._ingest = new_ingest(self._settings)
        if not self._order and block.files:
            self._order = json.dumps([block.files[0], f"{block.lines[0]:012d}"])
        self._ingest.add("", block)
        return Result("")

    def _finish(self) -> Result:
        assert self._ingest
        self._ingest.finish()
        return result_of(self._ingest, self._folder, self._order)
