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
from privacy.text.date_writing import parsed
from privacy.text.surface import Surface, stretches

__all__ = ["find_dates"]


def find_dates(surface: Surface) -> Iterator[Finding]:
    """Yields dates, months and holidays; not weekdays, bare years, relative dates and times of the day."""
    lower = surface.lower
    for form in NUMERIC:
        for match in form.pattern.finditer(lower):
            if plausible(match, form.order, lower):
                yield _date(match)
    months = stretches((match.start() for match in STEM.finditer(lower)), 48, 72)
    yield from _worded(surface, months)
    if surface.has(
        "day",
        "christmas",
        "thanksgiving",
        "year",
        "halloween",
        "easter",
        "july",
        "juneteenth",
        "hanukkah",
        "kippur",
        "passover",
        "diwali",
    ):
        for match in HOLIDAY.finditer(lower):
            yield _date(match)
    if " the " in lower:
        for match in THE_DAY.finditer(lower):
            yield Finding(match.start(1), match.end(1), Category.DATE)


STEM = re.compile(
    r"(?<![a-zà-ÿ])(?:jan|feb|m[aä]r|a[pbv]r|ma[iy]|jun|jui|jul|aug|août|ago|sep|o[ck]t|nov|de[cz]|déc|ener|fév|dic)"
)


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
    for match in ALONE.finditer(lower):
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


def plausible(match: re.Match[str], order: str, lower: str) -> bool:
    """Whether a numeric form can be a date, and is not a score, a fraction, a version or a dose."""
    if order == "my":
        return not SCORED.search(lower, max(0, match.start() - AROUND), match.start())
    if parsed(match, order, 2000) is None:
        return False
    if order == "md":
        return _is_month_day(match, lower)
    if order == "any" and len(match["year"]) == 2:
        sign = match["sign"].strip()
        if sign == "." or (sign == "-" and match["sign"] != sign):
            return len(match["a"]) == len(match["b"]) == 2
        if sign == "-":
            return not SCORED.search(lower, max(0, match.start() - 12), match.start())
    return True


def _is_month_day(match: re.Match[str], lower: str) -> bool:
    a, b = match["a"], match["b"]
    if SCORE_AFTER.match(lower, match.end()):
        return False
    if SCORED.search(lower, max(0, match.start() - AROUND), match.start()):
        return False
    if (a[0] == "0" or (b[0] == "0" and len(b) == 2)) or int(b) in PLAIN_DENOMINATORS:
        return True
    if RANGE_AFTER.match(lower, match.end()):
        return True
    return bool(DATED_BEFORE.search(lower, max(0, match.start() - AROUND), match.start()))
