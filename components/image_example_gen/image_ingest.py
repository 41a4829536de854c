"""Ingest of a chunk: image files to shards of tf.Examples by split, some pictures at a time."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from components.image_example_gen.acquired import AcquiredColumns
from components.image_example_gen.attributes import Attributes
from components.image_example_gen.chunk import LINE, PATH, Chunk, order_of
from components.image_example_gen.formats import format_of
from components.image_example_gen.index import WIDTH, Index
from components.image_example_gen.labels import LabelTable
from components.image_example_gen.near_duplicates import look_of
from components.image_example_gen.read_content import ContentReader, NotGiven
from components.ingest.ingest import Ingest
from components.ingest.normalise import Rows
from components.ingest.patients import hash_patients
from components.ingest.reasons import Reason
from components.ingest.splits import SPLITS
from pipeline_configs.task import Task
from privacy.dicom.deidentifier import Deidentifier
from transforms.pixels.image_file import ImageFile, Pixels
from transforms.pixels.peek import peek
from transforms.pixels.quiet import quiet
from transforms.pixels.read_image import read_image
from transforms.pixels.unreadable import Unreadable

__all__ = ["ImageIngest"]

_PICTURES, _BYTES = 64, 16 << 20
"""Pictures, or their bytes, after which what was read is encoded and written."""

_HASH_BYTES = 8


class _Refused(Exception):
    """An image goes to quarantine: column and reason."""


@dataclass(frozen=True)
class _Read:
    """An image that was read and is not written yet."""

    line: int
    row: int
    patient: int
    split: int
    image: ImageFile
    kind: int

    @property
    def pictures(self) -> list[Pixels]:
        return [picture.pixels for picture in self.image.pictures]


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
        self._image, self._declared = task.image
        self._left_out = left_out or {}
        self._labels = labels
        self._content = ContentReader(self._declared.max_bytes)
        self._deidentifier = Deidentifier(key, task.privacy)
        self._acquired = AcquiredColumns(task)
        # An image with a bad value must not keep a patient's next one out, so that it has to be known at once.
        self._most = 1 if task.rows_per_patient == "one" and self._acquired else _PICTURES
        self._waiting: list[_Read] = []
        self._waiting_bytes = 0
        self._patients: set[int] = set()
        self._index: list[tuple[int, ...]] = []
        self.bytes_read = 0
        """Bytes of the files read."""

    @property
    def index(self) -> Index:
        """What is kept of each image written."""
        return np.array(self._index, np.uint64).reshape(-1, WIDTH)

    def take(self, chunk: Chunk) -> None:
        """Reads the images of a chunk and writes examples.

        Raises:
            DataProblem: The storage gives no file at all.
            RunFailed: The shards cannot be written.
        """
        batch = chunk.batch
        attributes = self._labels.attributes if self._labels else Attributes.from_batch(batch)
        # Silence is entered once: for each image it would cost half as much as the pixels.
        with quiet():
            self._take(chunk, attributes, batch.column(LINE).to_pylist(), batch.column(PATH).to_pylist())
        self._write_waiting(chunk, attributes)

    def _take(self, chunk: Chunk, attributes: Attributes, lines: list[int], paths: list[str]) -> None:
        for number, (line, path) in enumerate(zip(lines, paths, strict=True)):
            try:
                read = self._read(chunk, line, path, number, attributes)
            except _Refused as refused:
                column, reason = refused.args
                self._refuse_images(chunk, column, reason, [line])
                continue
            if read:
                self._waiting.append(read)
                self._waiting_bytes += sum(pixels.nbytes for pixels in read.pictures)
                if len(self._waiting) >= self._most or self._waiting_bytes >= _BYTES:
                    self._write_waiting(chunk, attributes)

    def _read(self, chunk: Chunk, line: int, path: str, number: int, attributes: Attributes) -> _Read | None:
        """Reads one image; None where it is left out without being in quarantine."""
        row, column = number, self._task.column(self._image)
        left_out = self._left_out.get(order_of(chunk.source, line), "")
        if left_out and left_out != Reason.REPEATED_PATIENT:
            raise _Refused(column, left_out)
        if not self._labels:
            patient, split = int(attributes.patients[row]), int(attributes.splits[row])
            self._once(patient, left_out)
        try:
            content = self._content(path)
        except NotGiven as error:
            raise _Refused(column, error.reason) from None
        self.bytes_read += len(content)
        try:
            if self._labels:
                row = self._row(content)
                if row < 0:
                    self.counts.left_out["files without a row in the table of labels"] += 1
                    return None
                patient, split = self._patient(content, row)
                self._once(patient, left_out)
            image = read_image(content, self._declared, self._deidentifier)
        except Unreadable as error:
            raise _Refused(column, str(error)) from None
        self._patients.add(patient)
        return _Read(line, row, patient, split, image, format_of(content[: 1 << 11]))

    def _once(self, patient: int, left_out: str) -> None:
        """Refuses an image whose patient has one already, here or in an earlier chunk."""
        if left_out:
            self._patients.add(patient)
        if self._task.rows_per_patient == "one" and patient in self._patients:
            raise _Refused(self._task.patient_id, Reason.REPEATED_PATIENT)

    def _row(self, content: bytes) -> int:
        """Row of the table of labels that a file belongs to, or -1."""
        assert self._labels and self._task.data.labels
        value = peek(content, self._task.data.labels.tag)
        if value is None:
            read_image(content, self._declared, self._deidentifier)  # Says what is wrong with it, where anything is.
            raise _Refused(self._task.data.labels.tag, Reason.NO_KEY)
        return self._labels.row(self._key, value)

    def _patient(self, content: bytes, row: int) -> tuple[int, int]:
        """Pseudonym and split: of the table's patient, or of the file's where the table has none."""
        assert self._labels
        if not self._labels.patient_from_file:
            return int(self._labels.attributes.patients[row]), int(self._labels.attributes.splits[row])
        patient = peek(content, "PatientID")
        if not patient:
            raise _Refused("PatientID", Reason.NO_PATIENT)
        hashed = hash_patients(pa.array([patient]), self._key, self._task.splits)
        return int(hashed.hashes[0]), int(hashed.splits[0])

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
        acquired, refusals = self._acquired([read.image.acquisition for read in waiting])
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
        for read, frames in zip(reads, pictures, strict=True):
            for kind, found in read.image.removed.by_kind().items():
                self.counts.removed[f"DICOM header: {kind}"] += found
            self._index.append(
                (
                    order_of(chunk.source, read.line),
                    read.patient,
                    read.split,
                    labels[read.row].as_py(),
                    _pixel_hash(frames),
                    read.kind,
                    read.row,
                    *look_of(frames[0]),
                )
            )


def _pixel_hash(frames: list[Pixels]) -> int:
    """64 bits of the pixels as they are stored; the same file has the same, and so has a copy in another format."""
    total = hashlib.blake2b(digest_size=_HASH_BYTES)
    for frame in frames:
        total.update(np.ascontiguousarray(frame).data)
    return int.from_bytes(total.digest(), "big")
