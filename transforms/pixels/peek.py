"""One element of a DICOM header, to join images with a table, without reading pixels."""

from collections.abc import MutableSequence
from io import BytesIO
from typing import IO, Any

from transforms.pixels.dicom_source import inflated, is_dicom
from transforms.pixels.quiet import quiet

__all__ = ["peek"]

_START = 1 << 12
_MOST = 1 << 29
_DEFLATED = b"1.2.840.10008.1.2.1.99"


def peek(source: bytes | IO[bytes], tag: str | int) -> str | None:
    """Returns the text of one element of the header.

    Args:
        source: A DICOM file, or a stream at its beginning that can seek; only the header is read from it.
        tag: Keyword or tag, such as `PatientID`, `SOPInstanceUID`, `AccessionNumber` or `0x00100020`.

    Returns:
        The text without surrounding spaces, several values joined with a backslash as in the file; None where the
        source is no DICOM, or the element is absent, empty, binary, a sequence or cannot be decoded.
    """
    from pydicom import Dataset, dcmread

    stream = BytesIO(source) if isinstance(source, bytes) else source
    start = stream.read(_START)
    if not is_dicom(start):
        return None
    stream.seek(0)
    with quiet():
        try:
            if _DEFLATED in start:
                stream = BytesIO(inflated(stream.read(), _MOST))
            wanted: Any = [tag]
            element = dcmread(stream, stop_before_pixels=True, force=True, specific_tags=wanted).get(tag)
            value = getattr(element, "value", element)  # `get` gives the value for a keyword, the element for a tag.
            parts = list(value) if isinstance(value, MutableSequence) else [value]
            if value is None or any(isinstance(part, (bytes, Dataset)) for part in parts):
                return None
            return "\\".join(str(part).strip(" \0") for part in parts) or None
        except Exception:  # noqa: BLE001 - a parser fails in as many ways as bytes can be wrong
            return None
