"""Reads one image file for the ingest: in a worker's own process and in those that help it the same."""

import hashlib
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from components.image_example_gen.formats import format_of
from components.image_example_gen.near_duplicates import look_of
from components.image_example_gen.read_content import ContentReader, NotGiven
from components.image_example_gen.row_of import row_of
from components.ingest.reasons import Reason
from pipeline_configs.image import Image
from pipeline_configs.privacy import Privacy
from privacy.dicom.deidentifier import Deidentifier
from transforms.pixels.image_file import ImageFile, Pixels
from transforms.pixels.peek import peek
from transforms.pixels.read_image import read_image
from transforms.pixels.unreadable import Unreadable

__all__ = ["Found", "ImageReader", "Join", "Reading", "Refused", "Taken"]

_HASH_BYTES = 8
_HEADER = 1 << 11
"""Bytes that say what kind of file it is."""


class Refused(Exception):
    """An image goes to quarantine.

    Attributes:
        column: The column or the element that says why.
        reason: The fixed sentence.
    """

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(column, reason)
        self.column = column
        self.reason = reason


@dataclass(frozen=True)
class Join:
    """How files find their row in the table of labels.

    Attributes:
        tag: Element of the header.
        keys: uint64[rows], rising; digests of the key.
        patient_from_file: Whether PatientID of the file is the patient.
    """

    tag: str
    keys: npt.NDArray[np.uint64]
    patient_from_file: bool


@dataclass(frozen=True)
class Reading:
    """How images of a task are read.

    Attributes:
        column: Column of the paths, which the quarantine names.
        declared: The task's declaration of the image.
        privacy: What the task says about de-identification.
        key: Secret of the pseudonyms and digests.
        join: For files with a table of labels.
    """

    column: str
    declared: Image
    privacy: Privacy
    key: bytes = field(repr=False)
    join: Join | None = None


class Found(NamedTuple):
    """A file whose row is known, and whose pixels are not decoded yet.

    Attributes:
        content: The whole file.
        row: Row of the table of labels, -1 where it has none; 0 without a table.
        patient: PatientID, where it stands for the table's; it must not be written anywhere.
    """

    content: bytes
    row: int
    patient: str | None


class Taken(NamedTuple):
    """A file that was read.

    Attributes:
        image: All that leaves it.
        kind: Place in `FORMATS`.
        pixels: 64 bits of hash of the pixels as they are stored; the same for a copy in another format.
        look: From `look_of`, of the first frame.
    """

    image: ImageFile
    kind: int
    pixels: int
    look: list[int]


class ImageReader:
    """Reads image files.

    Args:
        reading: How.
    """

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._content = ContentReader(reading.declared.max_bytes)
        self._deidentifier = Deidentifier(reading.key, reading.privacy)

    def content(self, path: str) -> bytes:
        """Returns a file.

        Raises:
            Refused: This file cannot be had.
            DataProblem: The storage as a whole does not answer.
        """
        try:
            return self._content(path)
        except NotGiven as error:
            raise Refused(self._reading.column, error.reason) from None

    def found(self, content: bytes) -> Found:
        """Finds the row of a file.

        Raises:
            Refused: It has nothing by which it could be joined, or no patient.
        """
        join = self._reading.join
        if not join:
            return Found(content, 0, None)
        value = peek(content, join.tag)
        if value is None:
            self._image(content)  # Says what is wrong with it, where anything is.
            raise Refused(join.tag, Reason.NO_KEY)
        row = row_of(join.keys, self._reading.key, value)
        patient = peek(content, "PatientID") if row >= 0 and join.patient_from_file else None
        if row >= 0 and join.patient_from_file and not patient:
            raise Refused("PatientID", Reason.NO_PATIENT)
        return Found(content, row, patient)

    def taken(self, found: Found) -> Taken:
        """Decodes a file.

        Raises:
            Refused: It cannot be used.
        """
        image = self._image(found.content)
        frames = [picture.pixels for picture in image.pictures]
        return Taken(image, format_of(found.content[:_HEADER]), _pixel_hash(frames), look_of(frames[0]))

    def _image(self, content: bytes) -> ImageFile:
        try:
            return read_image(content, self._reading.declared, self._deidentifier)
        except Unreadable as error:
            raise Refused(self._reading.column, str(error)) from None


def _pixel_hash(frames: list[Pixels]) -> int:
    total = hashlib.blake2b(digest_size=_HASH_BYTES)
    for frame in frames:
        total.update(np.ascontiguousarray(frame).data)
    return int.from_bytes(total.digest(), "big")
