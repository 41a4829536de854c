"""Bytes to text: the encoding found by a byte order mark, else strict UTF-8, else UTF-16 or a one-byte encoding."""

import codecs
import re
from typing import NamedTuple

__all__ = ["Decoded", "NotText", "decode", "looks_binary"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark begins the same
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ONE_BYTE = ("cp1252", "latin_1")
_SAMPLE = 32 << 10
"""Bytes that are looked at to tell text in a one-byte encoding from anything else."""

_ZERO_SHARE = 0.3
"""Least share of zeros among every second byte of Western text in UTF-16."""

_MAX_MESS = 0.2
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_MAX_CONTROL = 0.02
"""Largest share of control characters in text: scanners and old systems leave a few."""

_MAX_REPLACED = 0.01


class NotText(Exception):
    """The bytes are no text in any of the encodings.

    Args:
        binary: Whether they look like another kind of file, rather than text in another encoding.
    """

    def __init__(self, binary: bool) -> None:
        super().__init__("binary" if binary else "unknown encoding")
        self.binary = binary


class Decoded(NamedTuple):
    """Text and the encoding it was in, by its name in Python."""

    text: str
    encoding: str


def decode(data: bytes) -> Decoded:
    """Decodes a text of which nobody says how it is encoded.

    A byte order mark decides. Text without one is UTF-8 where it is valid as such; then UTF-16 where every second byte
    is often zero; then Windows-1252 or ISO 8859-1, where charset-normalizer finds that it reads like a language.

    Args:
        data: The bytes.

    Raises:
        NotText: It is none of these.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return Decoded(_strict(data, name), name.removesuffix("-sig"))
    if b"\0" in data:
        wide = _wide(data)
        if not wide:
            raise NotText(binary=True)
        return Decoded(_strict(data, wide), wide)
    try:
        return Decoded(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        return _one_byte(data)


def looks_binary(text: str) -> bool:
    """Whether a text holds NULs, or more control and replacement characters than text has."""
    if "\0" in text:
        return True
    controls = sum(1 for _ in _CONTROL.finditer(text))
    return controls > _MAX_CONTROL * len(text) or text.count("\ufffd") > _MAX_REPLACED * len(text)


def _strict(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise NotText(binary=False) from None


def _wide(data: bytes) -> str:
    """Which UTF-16 it looks like; "" for none."""
    sample = data[:_SAMPLE]
    even, odd = sample[0::2], sample[1::2]
    if len(data) % 2 or len(odd) == 0:
        return ""
    zeros_even, zeros_odd = even.count(0) / len(even), odd.count(0) / len(odd)
    if max(zeros_even, zeros_odd) < _ZERO_SHARE or min(zeros_even, zeros_odd) > _MAX_CONTROL:
        return ""
    return "utf-16-le" if zeros_odd > zeros_even else "utf-16-be"


def _one_byte(data: bytes) -> Decoded:
    from charset_normalizer import from_bytes

    best = from_bytes(data[:_SAMPLE], cp_isolation=list(_ONE_BYTE), threshold=_MAX_MESS, preemptive_behaviour=False)
    found = best.best()
    if found is None:
        raise NotText(binary=looks_binary(data.decode("latin_1")))
    # Both are the same but for 80 to 9F, which are letters and quotes in the one and control characters in the other.
    try:
        return Decoded(data.decode("cp1252"), "cp1252")
    except UnicodeDecodeError:
        return Decoded(data.decode("latin_1"), "latin-1")
