"""What a date says: its year, and the same form with another day."""

import datetime
import re
from dataclasses import dataclass

from privacy.dates import shift_date
from privacy.text.date_clues import ALONE, DAYS, ENGLISH, FULL_YEAR, HOLIDAY, MIDDLE, MONTHS, NUMERIC, WORDED, Form
from privacy.text.surface import Surface

__all__ = ["date_year", "form_of", "parsed", "shifted"]


@dataclass(frozen=True)
class _Parsed:
    date: datetime.date
    fields: tuple[tuple[str, str], ...]
    """Names of groups, and which part of the date each holds: "year", "month", "day", "weekday", "ordinal"."""


def parsed(match: re.Match[str], order: str, year: int) -> _Parsed | None:
    """Returns the date that a match of a form means, or None where there is no such day.

    Args:
        match: What the form matched.
        order: The order of the form.
        year: The year that is meant where the match names none.
    """
    groups = {name: value for name, value in match.groupdict().items() if value is not None}
    if "until" in groups or order == "words" or "year2" in groups:
        return None
    fields: list[tuple[str, str]] = [
        (name, name) for name in ("year", "weekday", "ordinal", "month", "day") if name in groups
    ]
    if "year" in groups:
        year = _year(groups["year"])
    month, day = 1, MIDDLE
    if "month" in groups:
        style = next((names for names in MONTHS if groups["month"].lower() in names), None)
        if style is None:
            return None
        month, day = style.index(groups["month"].lower()) + 1, int(groups.get("day", MIDDLE))
    elif "a" in groups:
        a, b = int(groups["a"]), int(groups.get("b", MIDDLE))
        day_first = order == "any" and (a > 12 or (groups["sign"].strip() == "." and b <= 12))
        month, day = (b, a) if day_first else (a, b)
        fields += [("a", "day" if day_first else "month")] + (
            [("b", "month" if day_first else "day")] if "b" in groups else []
        )
    else:
        return None
    try:
        if "year" not in groups and (month, day) == (2, 29):
            year = 2000
        return _Parsed(datetime.date(year, month, day), tuple(fields))
    except ValueError:
        return None


def _year(text: str) -> int:
    number = int(text.strip("'"))
    if number >= FULL_YEAR:
        return number
    this = datetime.date.today().year
    return number + (2000 if number + 2000 <= this + 1 else 1900)


def form_of(text: str) -> tuple[re.Match[str], str] | None:
    """Returns the match of the form in which a date is written, in lower case, and the order of its numbers."""
    for form in (*NUMERIC, *WORDED, Form(ALONE, "")):
        match = form.pattern.fullmatch(text)
        if match and (not form.order or form.order == "words" or parsed(match, form.order, 2000) or form.order == "my"):
            return match, form.order
    holiday = HOLIDAY.fullmatch(text)
    return (holiday, "words") if holiday else None


def date_year(text: str) -> int | None:
    """Returns the year that a date names, or None where it names none or is not understood."""
    found = form_of(Surface(text).lower)
    if not found:
        return None
    match, _ = found
    years = [value for name in ("year", "year2") if (value := match.groupdict().get(name))]
    return _year(years[0]) if years else None


def shifted(text: str, days: int, year: int) -> str | None:
    """Returns a date moved by a number of days, in the form in which it stands.

    Args:
        text: The date.
        days: By how much it moves.
        year: The year that is meant where the date names none.

    Returns:
        The new date, or None where the old one is not understood.
    """
    plain = Surface(text)
    found = form_of(plain.lower)
    meant = parsed(*found, year) if found else None
    if not found or not meant:
        return None
    match, date = found[0], shift_date(meant.date, days)
    padded = any(
        len(match[name]) == 2 and match[name][0] == "0" for name, _ in meant.fields if name in ("a", "b", "day")
    )
    loose = any(len(match[name]) == 1 for name, _ in meant.fields if name in ("a", "b", "day"))
    sign = match.groupdict().get("sign")
    pad = padded or (not loose and "a" in match.groupdict() and sign != "/") or plain.text.isalnum()
    result = text
    for name, part in sorted(meant.fields, key=lambda field: -match.start(field[0])):
        start, end = match.span(name)
        result = result[:start] + _written(text[start:end], part, date, pad) + result[end:]
    return result


def _written(old: str, part: str, date: datetime.date, pad: bool) -> str:
    """One part of a date in the style of the old one."""
    if part == "year":
        return (
            f"'{date.year % 100:02}"
            if old[0] == "'"
            else f"{date.year % 100:02}"
            if len(old) == 2
            else f"{date.year:04}"
        )
    if part == "weekday":
        name = DAYS[date.weekday()]
        return _cased(name if old.lower() in DAYS else name[:3], old)
    if part == "ordinal":
        return _cased("th" if 10 < date.day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(date.day % 10, "th"), old)
    if part == "month" and not old.isdigit():
        style = next(names for names in MONTHS if old.lower() in names and (old.lower() != "may" or names is ENGLISH))
        return _cased(style[date.month - 1], old)
    number = date.month if part == "month" else date.day
    return f"{number:02}" if pad else str(number)


def _cased(word: str, old: str) -> str:
    return word.upper() if old.isupper() and len(old) > 1 else word.capitalize() if old[0].isupper() else word
