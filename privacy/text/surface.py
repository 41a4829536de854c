"""A text as the rules look at it: one kind of space, dash and apostrophe, and the offsets of the original."""

import re
import string
from collections.abc import Iterable
from functools import cache, cached_property

from privacy.findings import Category
from privacy.text.tokens import Token, tokens_of

__all__ = ["PLACEHOLDER", "Surface", "joined", "stretches"]

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
        letters = self.text.encode("ascii", "ignore")
        upper, lower = (
            len(letters) - len(letters.translate(None, _CAPITALS)),
            len(letters) - len(letters.translate(None, _SMALL)),
        )
        if upper + lower < _CASED:
            return upper == 0 or (lower == 0 and upper > 4)
        return upper < 0.004 * lower or lower < 0.1 * upper

    @cached_property
    def titled(self) -> str:
        """The text with a capital at the start of each word, for patterns that need them where there are none."""
        return _FIRST_LETTER.sub(lambda match: up if len(up := match[0].upper()) == 1 else match[0], self.lower)

    @cached_property
    def tokens(self) -> list[Token]:
        """The words, in order."""
        return tokens_of(self.text, self.lower)

    @cached_property
    def capitals(self) -> list[int]:
        """Indices of the words that begin with a capital."""
        return [index for index, token in enumerate(self.tokens) if token.kind != "l"]

    @cached_property
    def after_capitals(self) -> list[tuple[int, int]]:
        """Those of `runs` that stand right after a word with a capital."""
        text, result = self.text, []
        for start, end in self.runs:
            words = text[max(0, start - 40) : start].rstrip(" >,\n\t().?:#").rsplit(None, 1)
            if words and words[-1].lstrip("(\"'[>")[:1].isupper():
                result.append((start, end))
        return result

    @cached_property
    def runs(self) -> list[tuple[int, int]]:
        """Start and end of each run of digits."""
        return [match.span() for match in _DIGITS.finditer(self.text)]

    def numbers(self, least: int) -> list[tuple[int, int]]:
        """Returns stretches around numbers, written in groups or not, that have at least so many digits."""
        return joined([(start - 8, end + 40) for start, end, count in self._clusters if count >= least])

    def near(self, positions: Iterable[int], before: int, after: int) -> list[tuple[int, int]]:
        """Returns stretches around positions, in order, that begin and end between words, unless one is very long."""
        text, last = self.text, len(self.text)
        found: list[tuple[int, int]] = []
        for position in positions:
            start, end = max(0, position - before), min(last, position + after)
            if found and found[-1][0] <= start and end <= found[-1][1]:
                continue
            first, final = max(0, start - _REACH), min(last, end + _REACH)
            while start > first and not text[start - 1].isspace():
                start -= 1
            while end < final and not text[end].isspace():
                end += 1
            found.append((start, end))
        return joined(sorted(found))

    @cached_property
    def _clusters(self) -> list[tuple[int, int, int]]:
        """Runs of digits that stand close together: start, end and how many digits."""
        result: list[tuple[int, int, int]] = []
        first = last = count = -1
        for start, end in self.runs:
            if first >= 0 and start - last <= _APART:
                count += end - start
            else:
                if first >= 0:
                    result.append((first, last, count))
                first, count = start, end - start
            last = end
        if first >= 0:
            result.append((first, last, count))
        return result

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
            words: Whether a needle counts only where a word begins; in lower case alone.

        Returns:
            Start and end of each stretch, in order, without overlaps.
        """
        if words:
            return stretches(self.beginning(frozenset(needles)), before, after)
        text = self.lower if text is None else text
        found: list[int] = []
        for needle in needles:
            position = text.find(needle)
            while position >= 0:
                found.append(position)
                position = text.find(needle, position + 1)
        return stretches(found, before, after)

    def beginning(self, needles: frozenset[str]) -> list[int]:
        """Returns where words begin with one of the needles, which are in lower case; of two letters, words alone."""
        lower, beginnings, found = self.lower, self._beginnings, []
        grouped = _grouped(needles)
        for key in grouped.keys() & beginnings.keys():
            for start in beginnings[key]:
                if lower.startswith(grouped[key], start):
                    found.append(start)
        return found

    @cached_property
    def _beginnings(self) -> dict[str, list[int]]:
        """Where words begin, and parts of words after a hyphen or an apostrophe, by their first three characters."""
        result: dict[str, list[int]] = {}
        lower = self.lower
        for token in self.tokens:
            start, word = token.start, token.word
            result.setdefault(lower[start : start + 3], []).append(start)
            if len(word) == 2:
                result.setdefault(word, []).append(start)
            elif "-" in word or "'" in word:
                for part in _INNER.finditer(lower, start, token.end):
                    result.setdefault(lower[part.end() : part.end() + 3], []).append(part.end())
        return result


@cache
def _grouped(needles: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """Needles by their first three characters."""
    result: dict[str, tuple[str, ...]] = {}
    for needle in needles:
        result[needle[:3]] = (*result.get(needle[:3], ()), needle)
    return result


def stretches(positions: Iterable[int], before: int, after: int) -> list[tuple[int, int]]:
    """Returns the stretches around positions, in order; those that touch become one."""
    return joined([(position - before, position + after) for position in sorted(positions)])


def joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Returns stretches, which are sorted, with those joined that touch."""
    result: list[tuple[int, int]] = []
    for start, end in spans:
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((max(0, start), end))
    return result


_INNER = re.compile(r"[-']")
_FIRST_LETTER = re.compile(r"(?<![^\W_])[^\W\d_]")
_DIGITS = re.compile(r"\d+")
_APART = 4
_REACH = 256
_CAPITALS = string.ascii_uppercase.encode()
_SMALL = string.ascii_lowercase.encode()
