"""In which format an image file is, for the report: raster formats, and DICOM by transfer syntax (PS3.5 Annex A)."""

import struct

__all__ = ["FORMATS", "format_of"]

_RASTER = {b"\x89PNG\r\n\x1a\n": "PNG", b"\xff\xd8\xff": "JPEG", b"II*\0": "TIFF", b"MM\0*": "TIFF"}
_SYNTAXES = {
    "1.2.840.10008.1.2": "Implicit VR Little Endian",
    "1.2.840.10008.1.2.1": "Explicit VR Little Endian",
    "1.2.840.10008.1.2.1.99": "Deflated Explicit VR Little Endian",
    "1.2.840.10008.1.2.2": "Explicit VR Big Endian",
    "1.2.840.10008.1.2.4.50": "JPEG Baseline",
    "1.2.840.10008.1.2.4.51": "JPEG Extended",
    "1.2.840.10008.1.2.4.57": "JPEG Lossless",
    "1.2.840.10008.1.2.4.70": "JPEG Lossless SV1",
    "1.2.840.10008.1.2.4.80": "JPEG-LS Lossless",
    "1.2.840.10008.1.2.4.81": "JPEG-LS Near-lossless",
    "1.2.840.10008.1.2.4.90": "JPEG 2000 Lossless",
    "1.2.840.10008.1.2.4.91": "JPEG 2000",
    "1.2.840.10008.1.2.4.201": "High-Throughput JPEG 2000 Lossless",
    "1.2.840.10008.1.2.4.202": "High-Throughput JPEG 2000 RPCL Lossless",
    "1.2.840.10008.1.2.4.203": "High-Throughput JPEG 2000",
    "1.2.840.10008.1.2.5": "RLE Lossless",
}
_OTHER, _UNNAMED = "another format", "DICOM without a transfer syntax"
FORMATS = (
    *dict.fromkeys(_RASTER.values()),
    *(f"DICOM {name}" for name in _SYNTAXES.values()),
    "DICOM in another transfer syntax",
    _UNNAMED,
    _OTHER,
)
"""The names, as the report gives them; none is made of what a file holds."""

_META = slice(132, 1156)
_TAG = b"\x02\0\x10\0UI"


def format_of(content: bytes) -> int:
    """Returns the place in `FORMATS` of a file that could be read.

    Args:
        content: The file, or its first two kilobytes.
    """
    for magic, name in _RASTER.items():
        if content.startswith(magic):
            return FORMATS.index(name)
    if content[128:132] == b"DICM":
        meta = content[_META]
        at = meta.find(_TAG)
        if at < 0:
            return FORMATS.index(_UNNAMED)
        (length,) = struct.unpack_from("<H", meta.ljust(at + 8, b"\0"), at + 6)
        uid = meta[at + 8 : at + 8 + length].rstrip(b"\0 ").decode("ascii", "replace")
        return FORMATS.index(f"DICOM {_SYNTAXES[uid]}") if uid in _SYNTAXES else len(FORMATS) - 3
    return FORMATS.index(_UNNAMED)
