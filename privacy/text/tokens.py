"""Words of a text with what a rule for names needs to know of each."""

import re
from typing import NamedTuple

from privacy.text.lexicon import folded
from privacy.text.surface import Surface

__all__ = ["Token", "tokens_of"]

_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")


class Token(NamedTuple):
    """A word.

    Attributes:
        start: Offset of its first character.
        end: Offset after its last, without a possessive 's.
        word: In lower case, without accents.
        kind: "C" capitalised, "U" all capitals, "I" one capital letter, "l" else.
        gap: What stands between this word and the next; empty at the end of the text.
    """

    start: int
    end: int
    word: str
    kind: str
    gap: str


def tokens_of(surface: Surface) -> list[Token]:
    """Returns the words in order."""
    text, lower = surface.text, surface.lower
    plain = text.isascii()
    found = [match.span() for match in _WORD.finditer(text)]
    result = []
    last = len(found) - 1
    for index, (start, end) in enumerate(found):
        gap = text[end : found[index + 1][0]] if index < last else text[end : end + 3]
        if end - start > 2 and lower[end - 2 : end] == "'s":
            end -= 2
            gap = "'s" + gap
        word = lower[start:end] if plain else folded(text[start:end])
        if not text[start].isupper():
            kind = "l"
        elif end - start == 1:
            kind = "I"
        else:
            kind = "U" if text[start:end].isupper() else "C"
        result.append(Token(start, end, word, kind, gap))
    return result
