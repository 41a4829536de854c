"""Times of FHIR R4: date, dateTime and instant as the first and the last second that they may mean.

R4 allows a dateTime to be a year, a month or a day (datatypes, "dateTime"). Such a one means an interval, and whoever
compares it has to say which end counts: see `rows`, where a feature takes the last second and a label the first.

- Parts of a second are dropped: systems write `effectiveDateTime` without and `issued` with them.
- A date has no zone in FHIR; its days are taken as days in UTC.
- "If hours and minutes are specified, a time zone SHALL be populated" (R4 datatypes, "dateTime"). A time without one
  may be up to 14 hours off, enough to read a value before it was known: it is refused.
"""

import calendar
import functools
import re
from datetime import date
from typing import NamedTuple

from components.fhir.problem import Unreadable

__all__ = ["BAD_TIME", "NO_ZONE", "Moment", "birth_day", "completed_years", "day_end", "read_moment"]

BAD_TIME = "a date or time is not written as FHIR demands"
NO_ZONE = "a time without a time zone, which FHIR demands"

_TIME = re.compile(
    r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(?:\.\d+)?(Z|([+-])(\d{2}):(\d{2}))?)?)?)?",
    re.ASCII,
)
_DAY = 86_400
_EPOCH = date(1970, 1, 1).toordinal()


class Moment(NamedTuple):
    """The seconds since 1970-01-01 UTC between which a time lies; both the same where it is known to the second."""

    first: int
    last: int


@functools.lru_cache(maxsize=65_536)
def _read(text: str) -> Moment:
    match = _TIME.fullmatch(text)
    if match is None:
        raise Unreadable(BAD_TIME)
    year, month, day, hour, minute, second, zone, sign, zone_hours, zone_minutes = match.groups()
    try:
        if month is None:
            return Moment(_start(int(year), 1, 1), _start(int(year), 12, 31) + _DAY - 1)
        if day is None:
            days = calendar.monthrange(int(year), int(month))[1]
            return Moment(_start(int(year), int(month), 1), _start(int(year), int(month), days) + _DAY - 1)
        start = _start(int(year), int(month), int(day))
    except ValueError:  # 30 February, month 13, year 0: the text of the cause holds the value.
        raise Unreadable(BAD_TIME) from None
    if hour is None:
        return Moment(start, start + _DAY - 1)
    if zone is None:
        raise Unreadable(NO_ZONE)
    # Second 60 is a leap second, which the count of seconds since 1970 does not have.
    exact = start + int(hour) * 3600 + int(minute) * 60 + min(int(second), 59)
    if sign is not None:
        if int(zone_hours) > 14 or int(zone_minutes) > 59:
            raise Unreadable(BAD_TIME)
        offset = int(zone_hours) * 3600 + int(zone_minutes) * 60
        exact += -offset if sign == "+" else offset
    return Moment(exact, exact)


def _start(year: int, month: int, day: int) -> int:
    return (date(year, month, day).toordinal() - _EPOCH) * _DAY


def read_moment(value: object) -> Moment:
    """Returns what a date, dateTime or instant means.

    Args:
        value: The JSON value.

    Raises:
        Unreadable: It is no such text, no day of the calendar, or a time without a zone.
    """
    if not isinstance(value, str):
        raise Unreadable(BAD_TIME)
    return _read(value)


def birth_day(value: object) -> tuple[int, int, int]:
    """Returns year, month and day of a birthDate; the middle of the year or month where it is not more exact.

    With the middle (1 July, the 15th) the age in completed years is the likelier of the two that are possible.

    Raises:
        Unreadable: It is no R4 date.
    """
    if not isinstance(value, str) or len(value) > 10:  # a date, never a time
        raise Unreadable(BAD_TIME)
    _read(value)
    parts = [int(part) for part in value.split("-")]
    if len(parts) == 1:
        return parts[0], 7, 1
    return parts[0], parts[1], parts[2] if len(parts) == 3 else 15


def completed_years(born: tuple[int, int, int], at: int) -> int:
    """Returns the age in completed years on the day (UTC) of a second; negative for someone not born yet.

    Someone born on 29 February completes a year on 1 March where there is no such day.
    """
    on = date.fromordinal(_EPOCH + at // _DAY)
    return on.year - born[0] - ((on.month, on.day) < (born[1], born[2]))


def day_end(day: str) -> int:
    """Returns the last second, UTC, of a day written yyyy-mm-dd."""
    return _read(day).last
