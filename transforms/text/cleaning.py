"""A note in one form of Unicode, with plain line ends and without what cannot be seen."""

import re
import unicodedata

__all__ = ["INVISIBLE", "cleaned", "digit_share"]

_LINE_END = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
INVISIBLE = "\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
"""Characters that cannot be seen, as in a class of a regular expression."""

_HIDDEN = re.compile(f"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f{INVISIBLE}]")
_SPACE = re.compile("[\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_BLANK_LINES = re.compile(r"\n{3,}")


def cleaned(text: str) -> str:
    """Returns a note as it is stored, apart from its identifiers.

    NFC; LF for every kind of line end; a plain space for every kind of space; no control and no invisible characters,
    by which a name could be hidden from de-identification; no spaces at line ends; at most one blank line in a row.
    Cleaning it again changes nothing. Takes time in proportion to the length.
    """
    text = _LINE_END.sub("\n", text)
    text = _SPACE.sub(" ", _HIDDEN.sub("", text))
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    text = "\n".join([line.rstrip() for line in text.split("\n")])
    return _BLANK_LINES.sub("\n\n", text).strip("\n ")


def digit_share(text: str) -> float:
    """Returns the share of digits among the characters that are no white space; 0 where there is none."""
    solid = sum(map(len, text.split()))
    return sum(map(str.isdigit, text)) / solid if solid else 0.0
