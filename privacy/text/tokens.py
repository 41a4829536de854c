"""Words of a text with what a rule for names needs to know of each."""

import re
from typing import NamedTuple

from privacy.text.lexicon import folded

__all__ = ["Token", "tokens_of"]

_PLAIN_WORD = re.compile(r"([A-Za-z]+(?:['-][A-Za-z]+)*)")
_WORD = re.compile(r"([^\W\d_]+(?:['-][^\W\d_]+)*)")


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


def tokens_of(text: str, lower: str) -> list[Token]:
    """Returns the words in order.

    Args:
        text: The text, as `Surface` holds it.
        lower: The text in lower case, character by character.
    """
    plain = text.isascii()
    parts = (_PLAIN_WORD if plain else _WORD).split(text)
    parts[-1] = parts[-1][:3]
    result: list[Token] = []
    new = tuple.__new__  # Four times as fast as the constructor of a named tuple.
    end = len(parts[0])
    for raw, gap in zip(parts[1::2], parts[2::2], strict=True):
        start, end = end, end + len(raw)
        word = lower[start:end]
        following = end + len(gap)
        if word[-2:] == "'s" and end - start > 2:
            end -= 2
            raw, word = raw[:-2], word[:-2]
            gap = "'s" + gap
        if raw == word or not raw[0].isupper():
            kind = "l"
        elif end - start == 1:
            kind = "I"
        else:
            kind = "U" if raw.isupper() else "C"
        result.append(new(Token, (start, end, word if plain else folded(raw), kind, gap)))
        end = following
    return result
