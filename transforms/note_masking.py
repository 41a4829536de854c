"""Hides the words that give the label away, as a pure tensor function that serves too.

Each declared phrase becomes a regular expression of RE2, whose time grows with the text only, whatever the text is.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence

import tensorflow as tf

__all__ = ["MASK", "mask_patterns", "masked", "whole_words"]

MASK = "[MASKED]"
"""What stands in the note for a hidden phrase; like a placeholder of the de-identification it becomes no term."""

LETTER = (
    r"0-9A-Za-z\x{AA}\x{B5}\x{BA}\x{C0}-\x{1FFF}\x{2C00}-\x{2DFF}\x{3005}-\x{3007}\x{3031}-\x{D7FF}\x{F900}-\x{FAFF}"
    r"\x{10000}-\x{10FFFF}"
)
"""Letters, digits and accents, in wide ranges: the exact classes of Unicode make a program that RE2 has no room for."""

SPACE = r"\s\x{A0}\x{2000}-\x{200A}\x{202F}\x{3000}_"
DASH = r"\-\x{2010}-\x{2015}\x{2212}"
APOSTROPHES = "'’ʼ‘`"

WHOLE_WORDS = (
    (r"[\x{AD}\x{200B}-\x{200D}\x{2060}\x{FEFF}]", ""),
    (rf"([\pL])[{DASH}][ \t]*\r?\n[ \t]*(\p{{Ll}})", r"\1\2"),
)
"""What makes words whole again: soft hyphens and characters of no width go, and so does a hyphen at a line end."""


def whole_words(notes: tf.Tensor) -> tf.Tensor:
    """Joins words that a line end or an invisible character divides, string `[batch]`."""
    for pattern, replacement in WHOLE_WORDS:
        notes = tf.strings.regex_replace(notes, pattern, replacement)
    return notes


def masked(notes: tf.Tensor, phrases: Sequence[str]) -> tf.Tensor:
    """Replaces every declared phrase by `MASK`.

    Args:
        notes: string `[batch]`, UTF-8.
        phrases: Words and phrases, in any case. White space stands for any white space or dash, a hyphen for any dash,
            white space or nothing, `*` for the rest of a word; all else for itself.

    Returns:
        string `[batch]`.
    """
    if not phrases:
        return notes
    notes = whole_words(notes)
    for pattern in mask_patterns(phrases):
        # RE2 looks neither ahead nor behind: of two phrases with one space between, the first takes the space.
        for _ in range(2):
            notes = tf.strings.regex_replace(notes, pattern, rf"\1{MASK}\2")
    return notes


def mask_patterns(phrases: Sequence[str]) -> list[str]:
    """Returns the expressions of all phrases; two groups hold what stood before and after a phrase."""
    by_edges = defaultdict(list)
    longest_first = sorted({_normal(phrase) for phrase in phrases} - {"", "*"}, key=lambda p: (-len(p), p))
    for phrase in longest_first:
        by_edges[_is_letter(phrase[0]), _is_letter(phrase[-1])].append(_pattern(phrase))
    return [
        f"(?i)({_edge('^') if left else ''})(?:{'|'.join(patterns)})({_edge('$') if right else ''})"
        for (left, right), patterns in by_edges.items()
    ]


def _normal(phrase: str) -> str:
    return " ".join(unicodedata.normalize("NFC", phrase).split())


def _is_letter(character: str) -> bool:
    return character == "*" or character.isalnum() or unicodedata.category(character).startswith("M")


def _edge(end: str) -> str:
    return f"{end}|[^{LETTER}]"


def _pattern(phrase: str) -> str:
    return "".join(_piece(character) for character in phrase)


def _piece(character: str) -> str:
    if character == " ":
        return f"[{SPACE}{DASH}]+"
    if character == "*":
        return f"[{LETTER}]*"
    if character in APOSTROPHES:
        return f"[{APOSTROPHES}]"
    return f"[{SPACE}{DASH}]*" if unicodedata.category(character) == "Pd" else re.escape(character)
