"""Executor of ImageExampleGen: manifests, or a folder of DICOM files, to shards, without images that stand twice."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from components.image_example_gen.chunk import LINE, PATH, Chunk, sizes
from components.image_example_gen.index import Column, Index, facts_of, load_index, repeated_images, repeated_patients
from components.image_example_gen.labels import inspect_labels, label_file, load_labels, save_labels
from components.image_example_gen.manifest import image_root
from components.image_example_gen.problems import no_file_problem, nothing_joined_problem
from components.image_example_gen.reader_pool import kept
from components.image_example_gen.threads import threads
from components.image_example_gen.unnamed import files_without_row
from components.image_example_gen.walk import images_in
from components.ingest.executor import Ingested, IngestExecutor
from components.ingest.header import inspect_files
from components.ingest.job import FileJob, Result, Settings
from components.ingest.reasons import Reason
from components.storage import StoredFile, join
from pipeline_configs.errors import DataProblem, Problem

__all__ = ["FOLDER_NAME", "Executor"]

FOLDER_NAME = "the folder's files by path"
"""What stands for the file in the quarantine of a folder; the line is the file's number, from 1. Names of files may be
made of a patient's id."""

_FEW, _SHORT = 200, 1 << 12
"""Files of a folder, and bytes of manifests, below which no process is started before there is something to read."""


@dataclass
class _Pass:
    """Ingests all images, or again those chunks in which some are left out.

    Attributes:
        executor: Runs Beam.
        settings: What all jobs share.
        jobs: The manifests; none for a folder.
        chunks: The chunks of a folder; none for manifests.
        labels: The table of labels as it is kept; "" for manifests.
        number: How many passes there were.
    """

    executor: IngestExecutor
    settings: Settings
    jobs: Sequence[FileJob] = ()
    chunks: Sequence[Chunk] = ()
    labels: str = ""
    number: int = field(default=0)

    def __call__(self, left_out: Mapping[int, str], again: frozenset[int] | None = None) -> list[Result]:
        """Returns a result for each chunk; where `again` is given, only for chunks with one of these images."""
        from components.image_example_gen.pipeline import IngestFolder, IngestManifests

        self.number += 1
        if self.labels:
            chunks = [chunk for chunk in self.chunks if again is None or chunk.has(again)]
            transform: Any = IngestFolder(self.settings, chunks, self.labels, left_out)
        else:
            transform = IngestManifests(self.settings, self.jobs, left_out, again)
        return self.executor.results(transform, join(self.settings.work, f"results-{self.number}"))


class Executor(IngestExecutor):
    """Ingests images."""

    def ingest(self, settings: Settings, source: str, files: Sequence[StoredFile]) -> Ingested:
        """Reads images; see the base."""
        folder = settings.task.data.format == "dicom"
        few = len(files) < _FEW if folder else sum(file.size for file in files) < _SHORT
        with kept(0 if few else threads(self._beam_pipeline_args) - 1):
            return self._folder(settings, source, files) if folder else self._manifests(settings, source, files)

    def _manifests(self, settings: Settings, source: str, files: Sequence[StoredFile]) -> Ingested:
        task = settings.task
        problems = inspect_files(task, files)
        if problems:
            raise DataProblem(*problems)
        one_folder = len({file.path.rpartition("/")[0] for file in files}) == 1
        jobs = [
            FileJob(number, file.path, file.name if one_folder else file.path, file.size)
            for number, file in enumerate(files)
        ]
        results = _without_repeats(_Pass(self, settings, jobs), settings)
        if any(result.failure for result in results):
            return Ingested(results, 0)
        _refuse_no_files(results, source, sorted({image_root(task, file.path) for file in files}))
        index = load_index(results)
        facts = {**facts_of(index), "files_without_row": files_without_row(task, files)}
        return Ingested(results, _patients(index), facts)

    def _folder(self, settings: Settings, source: str, files: Sequence[StoredFile]) -> Ingested:
        table = label_file(settings.task)
        problems = inspect_labels(settings.task, table)
        if problems:
            raise DataProblem(*problems)
        path = join(settings.work, "labels")
        read = save_labels(settings, table, path)
        images = images_in(files, table)
        if not images:
            raise DataProblem(Problem("the folder holds no images", source, "DICOM files"))
        results = _without_repeats(_Pass(self, settings, chunks=list(_chunks(images)), labels=path), settings)
        if any(result.failure for result in results):
            return Ingested(results, 0)
        index = load_index(results)
        without = sum(result.counts.left_out.total() for result in results if result.counts)
        if not len(index) and without:
            raise DataProblem(nothing_joined_problem(settings.task, source, without))
        rows = len(load_labels(path).keys)
        facts = {
            **facts_of(index),
            "files_without_row": without,
            "rows_without_image": rows - len(np.unique(index[:, Column.ROW])),
        }
        return Ingested([read, *results], _patients(index), facts)


def _without_repeats(run: _Pass, settings: Settings) -> list[Result]:
    """Ingests, and then again, without them, the chunks with images that should not have been taken.

    What is in two chunks no worker can know. Whoever is left out may make room for another image of his patient, so
    that this goes on until nothing is there twice; each time there is less to do.
    """
    results = run({})
    left_out: dict[int, str] = {}
    while not any(result.failure for result in results):
        index = load_index(results)
        more = repeated_images(index)
        if not more and settings.task.rows_per_patient == "one":
            more = repeated_patients(index)
        if not more:
            break
        left_out |= more
        again = {result.order: result for result in run(left_out, frozenset(more))}
        results = [again.get(result.order, result) for result in results]
    return results


def _chunks(images: Sequence[StoredFile]) -> Iterator[Chunk]:
    at = 0
    for number, size in enumerate(sizes()):
        if at >= len(images):
            return
        part = images[at : at + size]
        columns = [pa.array(range(at + 1, at + len(part) + 1), pa.int64()), pa.array([file.path for file in part])]
        yield Chunk.of(0, number, FOLDER_NAME, pa.RecordBatch.from_arrays(columns, names=[LINE, PATH]))
        at += size


def _patients(index: Index) -> int:
    return len(np.unique(index[:, Column.PATIENT]))


def _refuse_no_files(results: Sequence[Result], source: str, roots: Sequence[str]) -> None:
    """Raises where there is none of the files that manifests name: then the root is wrong, and not the files."""
    counts = [result.counts for result in results if result.counts and not result.name]
    missing = sum(
        number for one in counts for (_, reason), number in one.quarantine.counts.items() if reason == Reason.NO_FILE
    )
    if missing and missing == sum(one.taken_in for one in counts):
        raise DataProblem(no_file_problem(missing, source, roots))
