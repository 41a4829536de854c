"""The size that a compressed frame names itself, read before anything is decoded."""

import struct
from typing import NamedTuple

__all__ = ["FrameSize", "frame_size"]

_FRAME_HEADERS = frozenset([*range(0xC0, 0xD0), 0xF7]) - {0xC4, 0xC8, 0xCC}
"""SOF0 to SOF15 of ITU-T T.81 B.1.1.3, without DHT, JPG and DAC; SOF55 of JPEG-LS, ITU-T T.87 C.2.2."""

_ALONE = frozenset([0x01, *range(0xD0, 0xD9)])
_J2K = b"\xff\x4f\xff\x51"  # SOC and SIZ, ITU-T T.800 A.4.1 and A.5.1; in a JP2 file somewhere behind its boxes.


class FrameSize(NamedTuple):
    """Size of a frame, the number of its components, and for JPEG the bits of each, else 0."""

    height: int
    width: int
    components: int
    bits: int


def frame_size(frame: bytes) -> FrameSize | None:
    """Returns the size in the header of a JPEG, JPEG-LS or JPEG 2000 codestream, or None where there is no header."""
    if frame[:2] == b"\xff\xd8":
        return _jpeg(frame)
    at = frame.find(_J2K, 0, 1 << 16)
    if at < 0 or len(frame) < at + 42:
        return None
    right, bottom, left, top = struct.unpack_from(">4I", frame, at + 8)
    (components,) = struct.unpack_from(">H", frame, at + 40)
    return FrameSize(bottom - top, right - left, components, 0)


def _jpeg(frame: bytes) -> FrameSize | None:
    at = 2
    while at + 10 <= len(frame):
        if frame[at] != 0xFF:
            return None
        marker = frame[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _ALONE:
            at += 2
        elif marker in _FRAME_HEADERS:
            height, width, components = struct.unpack_from(">HHB", frame, at + 5)
            return FrameSize(height, width, components, frame[at + 4])
        else:
            (length,) = struct.unpack_from(">H", frame, at + 2)
            at += 2 + length
    return None
