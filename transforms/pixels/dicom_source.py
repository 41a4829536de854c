"""Bytes to a DICOM dataset: detection by content, and a limit on what a deflated file may become."""

import struct
import zlib
from io import BytesIO
from typing import TYPE_CHECKING

from transforms.pixels.reasons import ImageReason
from transforms.pixels.unreadable import Unreadable

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset

__all__ = ["PIXELS", "dataset_of", "inflated", "is_dicom"]

PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
"""Attributes that may hold pixels."""

_PREFIX = slice(128, 132)
_DEFLATED = b"1.2.840.10008.1.2.1.99"
_PLAIN = b"1.2.840.10008.1.2.1".ljust(len(_DEFLATED), b"\0")
_LONG = frozenset([b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"UC", b"UN", b"UR", b"UT", b"SV", b"UV"])
_FIRST_GROUPS = (2, 8)
_LONGEST_FIRST = 1024


def is_dicom(content: bytes) -> bool:
    """Whether content begins as DICOM does: with preamble and prefix (PS3.10 7.1), or right away with its elements.

    Files without preamble are told by their first element: of group 0002 or 0008, in either byte order, with a value
    representation or a short length after the tag.
    """
    if content[_PREFIX] == b"DICM":
        return True
    if len(content) < 16:
        return False
    for order in "<>":
        group, element = struct.unpack_from(f"{order}HH", content)
        vr = content[4:6]
        typed = vr.isalpha() and vr.isupper()
        (length,) = struct.unpack_from(f"{order}I", content, 4)
        if group in _FIRST_GROUPS and element < 0x100 and (typed or length <= _LONGEST_FIRST):
            return True
    return False


def dataset_of(content: bytes, most: int) -> "FileDataset":
    """Returns the dataset of a DICOM file, its elements not yet decoded.

    Args:
        content: What `is_dicom` takes for DICOM.
        most: Largest size in bytes, of deflated files when they are inflated.

    Raises:
        Unreadable: It cannot be parsed, is larger, or is no DICOM after all.
    """
    from pydicom import dcmread

    content = inflated(content, most)
    try:
        dataset = dcmread(BytesIO(content), force=True)
    except Exception:  # noqa: BLE001 - a parser fails in as many ways as bytes can be wrong
        raise Unreadable(ImageReason.BROKEN) from None
    if content[_PREFIX] != b"DICM" and not any(tag in dataset for tag in ("SOPClassUID", "Rows", "Modality")):
        raise Unreadable(ImageReason.NOT_AN_IMAGE)
    _check_end(dataset, len(content))
    return dataset


def _check_end(dataset: "FileDataset", size: int) -> None:
    """Refuses a file that is cut off before its pixels: the parser takes the end of a file for that of the dataset."""
    if any(keyword in dataset for keyword in PIXELS):
        return
    last = next(reversed(list(dataset.elements())), None)
    length = getattr(last, "length", None)  # Sequences that were parsed have none.
    if last is None or (length is not None and last.value_tell + length != size):  # type: ignore[union-attr]
        raise Unreadable(ImageReason.BROKEN)


def inflated(content: bytes, most: int) -> bytes:
    """Returns a file of the transfer syntax Deflated Explicit VR Little Endian (PS3.5 A.5) as one that is not deflated.

    Any other content is returned as it is. Inflating stops at the limit: a few kilobytes of it can become gigabytes.

    Raises:
        Unreadable: It is larger, or cannot be inflated.
    """
    start = _deflated_from(content)
    if not start:
        return content
    try:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        plain = inflater.decompress(content[start:], most)
        if inflater.unconsumed_tail:
            raise Unreadable(ImageReason.TOO_LARGE_INFLATED)
        if not inflater.eof:
            raise Unreadable(ImageReason.BROKEN)
    except zlib.error:
        raise Unreadable(ImageReason.BROKEN) from None
    return content[:start].replace(_DEFLATED, _PLAIN) + plain


def _deflated_from(content: bytes) -> int:
    """Where the deflated part begins, or 0 where the transfer syntax is another."""
    at = _PREFIX.stop if content[_PREFIX] == b"DICM" else 0
    deflated = False
    while content[at : at + 2] == b"\2\0" and len(content) >= at + 12:
        vr = content[at + 4 : at + 6]
        header, form = (12, "<8xI") if vr in _LONG else (8, "<6xH")
        (length,) = struct.unpack_from(form, content, at)
        if content[at + 2 : at + 4] == b"\x10\0":
            deflated = content[at + header : at + header + length].rstrip(b"\0 ") == _DEFLATED
        at += header + length
    return at if deflated and at < len(content) else 0
