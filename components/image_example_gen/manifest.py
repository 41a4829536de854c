"""Manifests: a row an image, with its path, patient, outcome and attributes, to chunks without a patient's id."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from components.image_example_gen.attributes import Attributes
from components.image_example_gen.chunk import LINE, PATH, Chunk, sizes
from components.ingest.ingest import Counts
from components.ingest.job import FileJob, Settings
from components.ingest.normalise import Normaliser
from components.ingest.patients import hash_patients
from components.ingest.quarantine import Quarantine
from components.ingest.read import read_blocks
from components.ingest.read_csv import read_csv
from components.ingest.read_parquet import read_parquet
from components.storage import StoredFile, is_remote, join, open_file, reading
from pipeline_configs.task import Task

__all__ = ["Manifest", "image_root", "paths_of"]


class Manifest:
    """Reads one manifest.

    Args:
        settings: What all jobs share.
        job: The manifest.
    """

    def __init__(self, settings: Settings, job: FileJob) -> None:
        self._task = settings.task
        self._key = settings.key
        self._job = job
        self.counts = Counts(Quarantine(self._task.data.quarantine.max_listed))
        """What became of its rows; those that are in no chunk are in quarantine."""

    def chunks(self) -> Iterator[Chunk]:
        """Yields the good rows.

        Raises:
            DataProblem: The manifest cannot be read.
        """
        waiting: list[pa.RecordBatch] = []
        rows, number, size = 0, 0, sizes()
        wanted = next(size)
        for batch in self._batches():
            at = 0
            while at < batch.num_rows:
                part = batch.slice(at, wanted - rows)
                waiting.append(part)
                rows += part.num_rows
                at += part.num_rows
                if rows == wanted:
                    yield self._chunk(number, waiting)
                    waiting, rows, number, wanted = [], 0, number + 1, next(size)
        if waiting:
            yield self._chunk(number, waiting)

    def _chunk(self, number: int, parts: Sequence[pa.RecordBatch]) -> Chunk:
        batch = pa.Table.from_batches(parts).combine_chunks().to_batches()[0]
        return Chunk.of(self._job.number, number, self._job.name, batch)

    def _batches(self) -> Iterator[pa.RecordBatch]:
        """Good rows, block by block."""
        task, counts, name = self._task, self.counts, self._job.name
        image = task.image[0]
        root = image_root(task, self._job.path)
        normalise = Normaliser(task)
        for block in read_blocks(self._job.path, task):
            for entry in block.rejected:
                counts.quarantine.add(entry.column, entry.reason, 1, [(name, entry.line)])
            rows, refusals = normalise(block)
            for refusal in refusals:
                places = ((name, int(block.lines[row])) for row in refusal.rows)
                counts.quarantine.add(refusal.column, refusal.reason, len(refusal.rows), places)
            read = block.batch.num_rows + len(block.rejected)
            counts.read += read
            counts.taken_in += read - len(rows)
            counts.quarantine.rows += read - len(rows)
            if len(rows):
                patients = hash_patients(rows.patients, self._key, task.splits)
                attributes = Attributes.of(rows, image, patients.hashes, patients.splits).to_batch()
                paths = [_resolved(path, root) for path in rows.features[image].to_pylist()]
                lines = pa.array(np.asarray(block.lines)[rows.places])
                yield pa.RecordBatch.from_arrays(
                    [lines, pa.array(paths, pa.string()), *attributes.columns],
                    names=[LINE, PATH, *attributes.schema.names],
                )
        counts.trimmed.update(normalise.trimmed)
        counts.removed.update({f"{column}: {kind}": count for (column, kind), count in normalise.removed.items()})


def image_root(task: Task, manifest: str) -> str:
    """Returns the folder that the paths in a manifest are relative to."""
    root = task.data.root
    if not root:
        return manifest.rpartition("/")[0] or "/"
    return root if is_remote(root) else os.path.abspath(Path(root).expanduser())  # noqa: PTH100 - links stay


def paths_of(task: Task, manifests: Sequence[StoredFile]) -> Iterator[list[str]]:
    """Yields the paths of all images that manifests name, block by block; what else stands there is not read.

    Raises:
        DataProblem: A manifest cannot be read.
    """
    column = task.column(task.image[0])
    for file in manifests:
        root = image_root(task, file.path)
        with reading(file.path), open_file(file.path) as stream:
            if task.data.format == "csv":
                blocks = read_csv(stream, task.data, [column])
            else:
                blocks = read_parquet(stream, file.path, [column])
            for block in blocks:
                cells = block.batch.column(column).cast(pa.string()).to_pylist()
                yield [_resolved(cell.strip(), root) for cell in cells if cell and cell.strip()]


def _resolved(path: str, root: str) -> str:
    if is_remote(path):
        return path
    whole = path if path.startswith("/") else join(root, path)
    return whole if is_remote(whole) else os.path.normpath(whole)
