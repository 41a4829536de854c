"""Ingest of a chunk: image files to shards of tf.Examples by split, some pictures at a time."""

from collections import deque
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from components.image_example_gen.acquired import AcquiredColumns
from components.image_example_gen.attributes import Attributes
from components.image_example_gen.chunk import LINE, PATH, Chunk, order_of
from components.image_example_gen.image_reader import Found, ImageReader, Join, Reading, Refused, Taken
from components.image_example_gen.index import WIDTH, Index
from components.image_example_gen.labels import LabelTable
from components.image_example_gen.reader_pool import borrowed
from components.image_example_gen.reader_process import ReaderEnded, ReaderProcess
from components.ingest.columns import patient_converter
from components.ingest.ingest import Ingest
from components.ingest.normalise import Rows
from components.ingest.patients import hash_patients
from components.ingest.reasons import Reason
from components.ingest.splits import SPLITS
from components.storage import is_remote
from pipeline_configs.errors import Problem, RunFailed
from pipeline_configs.task import Task
from transforms.pixels.image_file import Pixels
from transforms.pixels.quiet import quiet

__all__ = ["ImageIngest"]

_PICTURES, _BYTES = 64, 16 << 20
"""Pictures, or their bytes, after which what was read is encoded and written."""

_AHEAD = 4
"""Images that a process is asked for before the first is taken: few enough for their paths to fit into a pipe."""

_Answer = tuple[Found, Callable[[], Taken | None]]
"""A file, and what decodes it, or has."""


@dataclass(frozen=True)
class _Read:
    """An image that was read and is not written yet."""

    line: int
    row: int
    patient: int
    split: int
    taken: Taken

    @property
    def pictures(self) -> list[Pixels]:
        return [picture.pixels for picture in self.taken.image.pictures]


class ImageIngest(Ingest):
    """Takes chunks through reading, splitting, encoding and writing.

    Args:
        task: The declaration.
        key: Secret of the pseudonyms.
        folder: Work folder of this ingest alone.
        gzip: Whether shards are compressed.
        left_out: Images that go to quarantine unread, by order, with the reason.
        labels: Where the outcome of each file is; None where chunks have it.
    """

    def __init__(
        self,
        task: Task,
        key: bytes,
        folder: str,
        gzip: bool = False,
        left_out: Mapping[int, str] | None = None,
        labels: LabelTable | None = None,
    ) -> None:
        super().__init__(task, key, folder, gzip)
        self._image, declared = task.image
        self._column = task.column(self._image)
        self._one = task.rows_per_patient == "one"
        self._left_out = left_out or {}
        self._labels = labels
        join = (
            Join(task.data.labels.tag, labels.keys, labels.patient_from_file) if labels and task.data.labels else None
        )
        self._reading = Reading(self._column, declared, task.privacy, key, join)
        self._reader = ImageReader(self._reading)
        self._acquired = AcquiredColumns(task)
        # An image with a bad value must not keep a patient's next one out, so that it has to be known at once.
        self._most = 1 if self._one and self._acquired else _PICTURES
        self._waiting: list[_Read] = []
        self._waiting_bytes = 0
        self._patients: set[int] = set()
        self._index: list[tuple[int, ...]] = []

    @property
    def index(self) -> Index:
        """What is kept of each image written."""
        return np.array(self._index, np.uint64).reshape(-1, WIDTH)

    def take(self, chunk: Chunk) -> None:
        """Reads the images of a chunk and writes examples.

        Raises:
            DataProblem: The storage gives no file at all.
            RunFailed: The shards cannot be written, or a process that reads images cannot go on.
        """
        batch = chunk.batch
        attributes = self._labels.attributes if self._labels else Attributes.from_batch(batch)
        paths = batch.column(PATH).to_pylist()
        # Whether a file of a folder is the patient's first, only its header says: then it is better not read ahead.
        helped = not (self._labels and self._one)
        # Silence is entered once: for each image it would cost half as much as the pixels.
        with quiet(), borrowed(len(paths)) if helped else nullcontext() as process:
            self._take(chunk, attributes, batch.column(LINE).to_pylist(), paths, process)
        self._write_waiting(chunk, attributes)

    def _take(
        self,
        chunk: Chunk,
        attributes: Attributes,
        lines: list[int],
        paths: list[str],
        process: ReaderProcess | None,
    ) -> None:
        """Reads images here, or in a process once it has started; what becomes of them, it decides in their order."""
        asked: deque[int] = deque()

        def settle(most: int) -> None:
            while process and len(asked) > most:
                first = asked.popleft()
                self._settle(chunk, attributes, first, lines[first], partial(_there, process, chunk, lines[first]))

        for number, (line, path) in enumerate(zip(lines, paths, strict=True)):
            patient = None if self._labels else attributes.patients[number]
            if self._one and any(attributes.patients[other] == patient for other in asked):
                settle(0)
            try:
                self._before(chunk, line, patient)
                if not process or not process.ready:
                    self._settle(chunk, attributes, number, line, partial(self._here, path))
                    continue
                process.use(self._reading)
                content = self._reader.content(path) if is_remote(path) else b""
            except Refused as refused:
                settle(0)
                self._refuse_images(chunk, refused.column, refused.reason, [line])
                continue
            if is_remote(path):
                settle(0)
                process.ask("", content)
            else:
                process.ask(path)
            asked.append(number)
            settle(_AHEAD)
        settle(0)

    def _before(self, chunk: Chunk, line: int, patient: int | None) -> None:
        """Refuses an image that need not be read."""
        left_out = self._left_out.get(order_of(chunk.source, line), "")
        if left_out and left_out != Reason.REPEATED_PATIENT:
            raise Refused(self._column, left_out)
        if patient is not None:
            self._once(int(patient), left_out)

    def _here(self, path: str) -> _Answer:
        found = self._reader.found(self._reader.content(path))
        return found, lambda: self._reader.taken(found)

    def _settle(
        self, chunk: Chunk, attributes: Attributes, number: int, line: int, answer: Callable[[], _Answer]
    ) -> None:
        """Decides what becomes of an image that was read, and writes where enough have come together."""
        try:
            found, decoded = answer()
            if found.row < 0:
                self.counts.left_out["files without a row in the table of labels"] += 1
                return
            row, patient, split = self._whose(found, number, attributes)
            if self._labels:
                self._once(patient, self._left_out.get(order_of(chunk.source, line), ""))
            taken = decoded()
            assert taken  # Only of a file without a row there is nothing.
            read = _Read(line, row, patient, split, taken)
        except Refused as refused:
            self._refuse_images(chunk, refused.column, refused.reason, [line])
            return
        self._patients.add(patient)
        self._waiting.append(read)
        self._waiting_bytes += sum(pixels.nbytes for pixels in read.pictures)
        if len(self._waiting) >= self._most or self._waiting_bytes >= _BYTES:
            self._write_waiting(chunk, attributes)

    def _whose(self, found: Found, number: int, attributes: Attributes) -> tuple[int, int, int]:
        """Row, pseudonym and split: of the row's patient, or of the file's where the table of labels has none."""
        if found.patient is not None:
            patient = patient_converter(pa.array([found.patient]))
            if patient.bad:
                raise Refused("PatientID", Reason.NO_PATIENT)
            hashed = hash_patients(patient.values, self._key, self._task.splits)
            return found.row, int(hashed.hashes[0]), int(hashed.splits[0])
        row = found.row if self._labels else number
        return row, int(attributes.patients[row]), int(attributes.splits[row])

    def _once(self, patient: int, left_out: str) -> None:
        """Refuses an image whose patient has one already, here or in an earlier chunk."""
        if left_out:
            self._patients.add(patient)
        if self._one and patient in self._patients:
            raise Refused(self._task.patient_id, Reason.REPEATED_PATIENT)

    def _refuse_images(self, chunk: Chunk, column: str, reason: str, lines: list[int]) -> None:
        self.counts.quarantine.add(column, reason, len(lines), ((chunk.name, line) for line in lines))
        self.counts.quarantine.rows += len(lines)
        self._count(len(lines))

    def _count(self, images: int) -> None:
        """Counts what came in; of a folder that is what was read as well, of manifests they are read already."""
        self.counts.taken_in += images
        self.counts.read += images if self._labels else 0

    def _write_waiting(self, chunk: Chunk, attributes: Attributes) -> None:
        """Encodes and writes what was read so far."""
        waiting, self._waiting, self._waiting_bytes = self._waiting, [], 0
        if not waiting:
            return
        acquired, refusals = self._acquired([read.taken.image.acquisition for read in waiting])
        bad = np.zeros(len(waiting), bool)
        for refusal in refusals:
            places = ((chunk.name, waiting[row].line) for row in refusal.rows)
            self.counts.quarantine.add(refusal.column, refusal.reason, len(refusal.rows), places)
            bad[refusal.rows] = True
        self.counts.quarantine.rows += int(bad.sum())
        self._count(int(bad.sum()))
        if self._most == 1:
            self._patients -= {read.patient for read, wrong in zip(waiting, bad, strict=True) if wrong}
        good = np.flatnonzero(~bad)
        if len(good):
            self._encode_images(chunk, [waiting[row] for row in good], attributes, acquired, good)

    def _encode_images(
        self,
        chunk: Chunk,
        reads: list[_Read],
        attributes: Attributes,
        acquired: Mapping[str, pa.Array],
        places: npt.NDArray[np.int64],
    ) -> None:
        """Writes an example a picture.

        Args:
            chunk: Where the images are from.
            reads: The images.
            attributes: Of all rows.
            acquired: Acquired features, of the images and of those beside them that are in quarantine.
            places: int64[images]; where each stands in `acquired`.
        """
        pictures = [read.pictures for read in reads]
        repeats = np.array([len(frames) for frames in pictures])
        rows = attributes.take(np.repeat(np.array([read.row for read in reads]), repeats))
        taken = pa.array(np.repeat(places, repeats))
        features = {name: column.take(taken) for name, column in acquired.items()}
        pixels = pa.array([frame.tobytes() for frames in pictures for frame in frames], pa.binary())
        count = len(pixels)
        examples = Rows(
            {**rows.features, **features, self._image: pixels},
            rows.label,
            pa.nulls(count, pa.string()),
            np.arange(count),
        )
        patients = np.repeat(np.array([read.patient for read in reads], np.uint64), repeats)
        splits = np.repeat([read.split for read in reads], repeats)
        self._count(count)
        for feature in self._task.features:
            self.counts.missing[feature] += examples.features[feature].null_count
        for number, split in enumerate(SPLITS):
            here = splits == number
            if here.any():
                self._write(split, examples.where(here), patients[here])
        labels = attributes.label
        for read in reads:
            for kind, found in read.taken.image.removed.by_kind().items():
                self.counts.removed[f"DICOM header: {kind}"] += found
            self._index.append(
                (
                    order_of(chunk.source, read.line),
                    read.patient,
                    read.split,
                    labels[read.row].as_py(),
                    read.taken.pixels,
                    read.taken.kind,
                    read.row,
                    *read.taken.look,
                )
            )


def _there(process: ReaderProcess, chunk: Chunk, line: int) -> _Answer:
    """The answer of a process."""
    try:
        found, taken = process.answer()
    except ReaderEnded:
        problem = Problem(
            "the process that reads images was ended twice at the same image",
            f"{chunk.name}, line {line}",
            fix="give the machine more memory, or use fewer workers; leave the image out if it is always this one",
        )
        raise RunFailed(problem) from None
    return found, lambda: taken
