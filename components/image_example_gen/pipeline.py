"""The ingest of images as a Beam pipeline: chunks to results, on any runner.

Chunks are spread over workers by their order as key: Beam's `Reshuffle` does the same in seven steps, and each step
costs some hundredths of a second, with which dozens of images are read.
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import apache_beam as beam

from components.image_example_gen.chunk import Chunk
from components.image_example_gen.image_ingest import ImageIngest
from components.image_example_gen.labels import LabelTable, load_labels
from components.image_example_gen.manifest import Manifest
from components.image_example_gen.reader_pool import keep, let_go
from components.ingest.job import FileJob, Result, Settings, guarded, save_hashes
from components.storage import join

__all__ = ["IngestFolder", "IngestManifests"]

_RESULTS = "results"


@beam.typehints.with_output_types(str)
class IngestManifests(beam.PTransform):
    """Ingests the images of manifests, in parallel; gives the `Result` of each manifest and chunk as JSON.

    Args:
        settings: What all jobs share.
        jobs: The manifests.
        left_out: Images that go to quarantine unread, by order, with the reason.
        again: Where it is given, only chunks with one of these images are ingested.
    """

    def __init__(
        self,
        settings: Settings,
        jobs: Sequence[FileJob],
        left_out: Mapping[int, str],
        again: frozenset[int] | None = None,
    ) -> None:
        super().__init__()
        self._settings = settings
        self._jobs = jobs
        self._left_out = left_out
        self._again = again

    def expand(self, begin: beam.pvalue.PBegin) -> beam.PCollection[str]:
        """Builds the steps."""
        read = (
            begin
            | "Manifests" >> beam.Create([tuple(vars(job).values()) for job in self._jobs], len(self._jobs) > 1)
            | "ReadManifest"
            >> beam.ParDo(_ReadManifest(self._settings, self._again)).with_outputs(_RESULTS, main="chunks")
        )
        images = (
            read.chunks
            | "SpreadChunks" >> beam.GroupByKey()
            | "IngestImages" >> beam.ParDo(_IngestImages(self._settings, self._left_out))
        )
        return (read[_RESULTS], images) | beam.Flatten()


@beam.typehints.with_output_types(str)
class IngestFolder(beam.PTransform):
    """Ingests DICOM files with a table of labels, in parallel; gives the `Result` of each chunk as JSON.

    Args:
        settings: What all jobs share.
        chunks: The files.
        labels: The table, as `save_labels` kept it.
        left_out: Images that go to quarantine unread, by order, with the reason.
    """

    def __init__(self, settings: Settings, chunks: Sequence[Chunk], labels: str, left_out: Mapping[int, str]) -> None:
        super().__init__()
        self._settings = settings
        self._chunks = chunks
        self._labels = labels
        self._left_out = left_out

    def expand(self, begin: beam.pvalue.PBegin) -> beam.PCollection[str]:
        """Builds the steps."""
        return (
            begin
            | "Chunks" >> beam.Create([(chunk.order, tuple(chunk)) for chunk in self._chunks], reshuffle=False)
            | "SpreadChunks" >> beam.GroupByKey()
            | "IngestImages" >> beam.ParDo(_IngestImages(self._settings, self._left_out, self._labels))
        )


class _ReadManifest(beam.DoFn):
    """FileJob as a tuple -> chunks as tuples, each with its order as key; `results`: the manifest's Result as JSON."""

    def __init__(self, settings: Settings, again: frozenset[int] | None) -> None:
        self._settings = settings
        self._again = again

    def process(self, element: tuple[Any, ...]) -> Iterator[Any]:
        job = FileJob(*element)
        order = f"{job.number:08d}"
        chunks: list[Chunk] = []

        def work() -> Result:
            manifest = Manifest(self._settings, job)
            again = self._again
            chunks.extend(chunk for chunk in manifest.chunks() if again is None or chunk.has(again))
            return Result(order, counts=manifest.counts, name=job.name, size=job.size)

        yield beam.pvalue.TaggedOutput(_RESULTS, guarded(order, job.name, work).to_json())
        for chunk in chunks:
            yield chunk.order, tuple(chunk)


class _IngestImages(beam.DoFn):
    """Chunks as tuples, by order -> Results as JSON."""

    def __init__(self, settings: Settings, left_out: Mapping[int, str], labels: str = "") -> None:
        self._settings = settings
        self._left_out = left_out
        self._path = labels

    def setup(self) -> None:
        self._labels: LabelTable | None = None
        keep()

    def teardown(self) -> None:
        let_go()

    def process(self, element: tuple[str, Iterable[tuple[Any, ...]]]) -> Iterator[str]:
        for chunk in (Chunk(*values) for values in element[1]):
            yield guarded(chunk.order, chunk.name, partial(self._ingest, chunk)).to_json()

    def _ingest(self, chunk: Chunk) -> Result:
        if self._path and not self._labels:
            self._labels = load_labels(self._path)
        settings = self._settings
        folder = join(settings.work, uuid.uuid4().hex)
        ingest = ImageIngest(settings.task, settings.key, folder, settings.gzip, self._left_out, self._labels)
        try:
            ingest.take(chunk)
            counts = ingest.finish()
            index = join(folder, "index")
            save_hashes(index, ingest.index.ravel())
        except BaseException:
            ingest.discard()
            raise
        return Result(chunk.order, folder, counts, index)
