"""A text as the rules look at it: one kind of space, dash and apostrophe, and the offsets of the original."""

import re
from collections.abc import Iterable
from functools import cached_property

from privacy.findings import Category

__all__ = ["PLACEHOLDER", "Surface", "stretches"]

PLACEHOLDER = re.compile(rf"\[(?:{'|'.join(Category)})(?: \d{{4}})?\]")
"""What stands in the place of an identifier."""

_SAME = str.maketrans(
    {
        **dict.fromkeys(
            "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "
        ),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d", "-"),
        **dict.fromkeys("\u2018\u2019\u201b\u02bc\u00b4`", "'"),
        **dict.fromkeys("\u201c\u201d", '"'),
        "\uff0f": "/",
        "\uff20": "@",
        **{chr(0xFF10 + digit): str(digit) for digit in range(10)},
    }
)
_CASED = 40


class Surface:
    """A text prepared for the rules.

    Args:
        text: The text.

    Attributes:
        text: As given, but with plain spaces, dashes, apostrophes and digits, and with NUL characters in the place of
            placeholders; each character stands where it stood.
        lower: `text` in lower case, character by character.
    """

    def __init__(self, text: str) -> None:
        plain = text if text.isascii() else text.translate(_SAME)
        if "[" in plain:
            plain = PLACEHOLDER.sub(lambda match: "\0" * len(match[0]), plain)
        self.text = plain
        lower = plain.lower()
        if len(lower) != len(plain):
            lower = "".join(low if len(low := char.lower()) == 1 else char for char in plain)
        self.lower = lower

    @cached_property
    def caseless(self) -> bool:
        """Whether capitals say nothing: dictated in lower case, or typed in capitals throughout."""
        upper, lower = len(_UPPER.findall(self.text)), len(_LOWER.findall(self.text))
        if upper + lower < _CASED:
            return upper == 0 or (lower == 0 and upper > 4)
        return upper < 0.004 * lower or lower < 0.1 * upper

    def has(self, *needles: str) -> bool:
        """Whether any of the needles, in lower case, stands in the text."""
        return any(map(self.lower.__contains__, needles))

    def around(
        self, needles: Iterable[str], before: int, after: int, text: str | None = None, words: bool = False
    ) -> list[tuple[int, int]]:
        """Returns stretches around needles, so that a slow pattern need not look at the whole text.

        Args:
            needles: What to look for.
            before: Characters before the start of a needle.
            after: Characters after the start of a needle.
            text: Where to look; the text in lower case where None.
            words: Whether a needle counts only where a word begins.

        Returns:
            Start and end of each stretch, in order, without overlaps.
        """
        text = self.lower if text is None else text
        found = []
        for needle in needles:
            position = text.find(needle)
            while position >= 0:
                if not words or not position or not text[position - 1].isalpha():
                    found.append(position)
                position = text.find(needle, position + 1)
        return stretches(found, before, after)


def stretches(positions: Iterable[int], before: int, after: int) -> list[tuple[int, int]]:
    """Returns the stretches around positions, in order; those that touch become one."""
    result: list[tuple[int, int]] = []
    for position in sorted(positions):
        start, end = max(0, position - before), position + after
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], end)
        else:
            result.append((start, end))
    return result


_UPPER = re.compile(r"[A-Z]")
_LOWER = re.compile(r"[a-z]")
