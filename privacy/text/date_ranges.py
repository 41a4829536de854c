"""Dates from one to another, and dates of birth: forms that are a date only for what stands beside them."""

import re
from collections.abc import Iterator

from privacy.findings import Category, Finding
from privacy.text.date_clues import AROUND, SCORE_AFTER, SCORED, YEAR4
from privacy.text.date_writing import form_of, parsed
from privacy.text.surface import Surface

__all__ = ["find_births", "find_ranges"]

_END = (
    rf"(?:{YEAR4}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{1,2}}[-/.]\d{{1,2}}[-/.](?:{YEAR4}|\d\d)"
    rf"|\d{{1,2}}/\d{{1,2}})"
)
_RANGE = re.compile(
    rf"(?<![^\W_])(?<![./-])(?P<one>{_END})(?: ?- ?| ?/ ?(?={YEAR4}-))(?P<two>{_END})(?![^\W_]|/|-\d|\.\d)"
)
_BIRTH = re.compile(
    r"(?:\b(?:dob|d\.o\.b\.?|born|birth ?dates?|dates? of birth|birthdays?)|(?<![\w.])b\.)(?: on| is| was)?\s?[:=]?\s?"
    r"(?P<date>\d{1,2}[./ -]\d{1,2}[./ -](?:\d{4}|\d\d)|\d{8}|\d{6}|\d{1,2}[/.-](?:\d{4}|\d\d))(?![^\W_]|/|[.-]\d)"
)
_BIRTH_HINTS = ("dob", "d.o.b", "born", "birth", "b.")


def find_ranges(surface: Surface, places: list[tuple[int, int]]) -> Iterator[Finding]:
    """Yields both ends of ranges of dates, such as 3/4-3/9, 03/04/21-03/09/21 and 2021-03-04/2021-03-09.

    Args:
        surface: The text.
        places: Where dates in numbers may be.
    """
    lower = surface.lower
    for start, end in places:
        for match in _RANGE.finditer(lower, start, end):
            if _is_range(match, lower):
                yield Finding(*match.span("one"), Category.DATE)
                yield Finding(*match.span("two"), Category.DATE)


def _is_range(match: re.Match[str], lower: str) -> bool:
    if not all(_is_day(match[name]) for name in ("one", "two")):
        return False
    short = [re.fullmatch(r"\d{1,2}/(\d{1,2})", match[name]) for name in ("one", "two")]
    if not (short[0] and short[1]):
        return True
    # "4/5-5/5" are scores of one scale.
    return (
        short[0][1] != short[1][1]
        and not SCORED.search(lower, max(0, match.start() - AROUND), match.start())
        and not SCORE_AFTER.match(lower, match.end())
    )


def _is_day(text: str) -> bool:
    """Whether there is such a day."""
    found = form_of(text)
    return found is not None and parsed(*found, 2000) is not None


def find_births(surface: Surface) -> Iterator[Finding]:
    """Yields dates of birth in forms that are no date elsewhere: DOB 030451, b. 3/51."""
    for start, end in surface.around(_BIRTH_HINTS, 4, 40):
        for match in _BIRTH.finditer(surface.lower, max(0, start), end):
            yield Finding(*match.span("date"), Category.DATE)
