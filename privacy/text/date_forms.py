"""Dates as people write them: where they stand in a text."""

import re
from collections.abc import Iterator

from privacy.findings import Category, Finding
from privacy.text.date_clues import (
    ALONE,
    AROUND,
    DATED_BEFORE,
    FIRST,
    HOLIDAY,
    LEADING,
    LISTED_BEFORE,
    MONTHS,
    NAMES,
    NUMERIC,
    PLAIN_DENOMINATORS,
    RANGE_AFTER,
    SCORE_AFTER,
    SCORED,
    THE_DAY,
    VERB,
    WORDED,
)
from privacy.text.date_ranges import find_births, find_ranges
from privacy.text.date_writing import parsed
from privacy.text.lexicon import folded
from privacy.text.surface import Surface, stretches

__all__ = ["find_dates"]


def find_dates(surface: Surface) -> Iterator[Finding]:
    """Yields dates, months and holidays; not weekdays, bare years, relative dates and times of the day."""
    lower = surface.lower
    numeric = surface.near((start for start, _ in surface.runs if _NUMERIC_HINT.match(lower, start)), 16, 56)
    for start, end in numeric:
        for form in NUMERIC:
            for match in form.pattern.finditer(lower, start, end):
                if plausible(match, form.order, lower):
                    yield _date(match)
    yield from find_ranges(surface, numeric)
    yield from find_births(surface)
    yield from _worded(surface, stretches(_months(surface), 48, 72))
    for start, end in surface.around(_HOLIDAY_HINTS, 40, 40):
        for match in HOLIDAY.finditer(lower, start, end):
            yield _date(match)
    if _ORDINAL.search(lower):
        for match in THE_DAY.finditer(lower):
            yield Finding(match.start(1), match.end(1), Category.DATE)


def _months(surface: Surface) -> Iterator[int]:
    """Where words are months, or have a part that is one: mar, Mar-Apr, d'août."""
    for token in surface.tokens:
        word = token.word
        if word in _MONTH_WORDS or (("-" in word or "'" in word) and not _MONTH_WORDS.isdisjoint(_SIGN.split(word))):
            yield token.start


_MONTH_WORDS = frozenset(folded(name) for names in MONTHS for name in names)
_SIGN = re.compile(r"[-']")
_NUMERIC_HINT = re.compile(
    r"\d{1,4} ?[/.-] ?\d{1,2} ?[/.-] ?\d\d|\d{1,2}[/-](?:19|20)\d\d|\d{1,2}/\d{1,2}(?!\d)|\d{8}(?!\d)|(?:19|20)\d{10}"
)
"""What a date in numbers begins with, of whatever form."""
_HOLIDAY_HINTS = (
    *(" day", "new year", "christmas", "thanksgiving", "halloween", "easter", "fourth of july", "juneteenth"),
    *("hanukkah", "kippur", "passover", "diwali", "good friday", "ash wednesday"),
)
_ORDINAL = re.compile(r"\d(?:st|nd|rd|th)\b")


def _worded(surface: Surface, places: list[tuple[int, int]]) -> Iterator[Finding]:
    lower, text = surface.lower, surface.text
    taken = []
    for start, end in places:
        for form in WORDED:
            for match in form.pattern.finditer(lower, start, end):
                month = match["month"]
                if form.order == "words" and month in VERB and lower[match.end("month") : match.end()].strip() in FIRST:
                    continue
                taken.append((match.start(), match.end()))
                yield _date(match)
    for match in (match for start, end in places for match in ALONE.finditer(lower, start, end)):
        start, end = match.span()
        if any(first <= start < last for first, last in taken):
            continue
        led = LEADING.search(lower, max(0, start - 10), start)
        capital = text[start].isupper() and not surface.caseless
        if match[0] in VERB:
            wanted = (
                led is not None
                and (capital or surface.caseless or match[0] == "march")
                and not re.match(r" (?:have|be|need|also)\b", lower[end:])
            )
        elif match[0] in NAMES:
            wanted = led is not None or (match[0] != "august" and capital)
        else:
            wanted = True
        if wanted:
            yield _date(match)


def _date(match: re.Match[str]) -> Finding:
    return Finding(match.start(), match.end(), Category.DATE)


_VERSION = re.compile(r"\b(?:v|ver|version|release|build|section|chapter|level|step|icd(?:-10)?|ec)\.? ?$")


def plausible(match: re.Match[str], order: str, lower: str) -> bool:
    """Whether a numeric form can be a date, and is not a score, a fraction, a version or a dose."""
    if order == "my":
        return not SCORED.search(lower, max(0, match.start() - AROUND), match.start())
    if parsed(match, order, 2000) is None:  # A day that there is not, such as 2/30/2021, is a date all the same.
        return order == "any" and len(match["year"]) == 4 and int(match["a"]) < 32 and int(match["b"]) < 32
    if order == "md":
        return _is_month_day(match, lower)
    if order == "any" and len(match["year"]) == 2:
        sign = match["sign"].strip()
        if sign != match["sign"]:
            return len(match["a"]) == len(match["b"]) == 2
        if sign == ".":
            return len(match["b"]) == 2 and not _VERSION.search(lower, max(0, match.start() - 12), match.start())
        if sign == "-":
            return not SCORED.search(lower, max(0, match.start() - 12), match.start())
    return True


def _is_month_day(match: re.Match[str], lower: str) -> bool:
    a, b = match["a"], match["b"]
    if match["weekday"]:
        return True
    if SCORE_AFTER.match(lower, match.end()):
        return False
    if SCORED.search(lower, max(0, match.start() - AROUND), match.start()):
        return False
    if (a[0] == "0" or (b[0] == "0" and len(b) == 2)) or int(b) in PLAIN_DENOMINATORS:
        return True
    if RANGE_AFTER.match(lower, match.end()) or LISTED_BEFORE.search(lower, max(0, match.start() - 20), match.start()):
        return True
    return bool(DATED_BEFORE.search(lower, max(0, match.start() - AROUND), match.start()))
