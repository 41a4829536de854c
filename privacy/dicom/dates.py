"""Dates of DICOM (PS3.5 6.2), moved by a number of days."""

import datetime
import re

__all__ = ["shifted"]

_DATE = re.compile(r"(\d{4})[.]?(\d{2})[.]?(\d{2})((?:\d{2}){0,3}(?:\.\d{1,6})?(?:[+-]\d{4})?)")


def shifted(value: str, days: int) -> str | None:
    """Returns a DA or DT value, moved; the time of day of a DT stays as it is.

    Args:
        value: YYYYMMDD, the old YYYY.MM.DD, or a DT that begins so.
        days: Number of days, negative for earlier.

    Returns:
        The value in the form YYYYMMDD with whatever followed the day, or None where no whole date can be read: a DT
        that is only a year or a month would stay where it was.
    """
    match = _DATE.fullmatch(value.strip(" \0"))
    if not match:
        return None
    try:
        date = datetime.date(int(match[1]), int(match[2]), int(match[3])) + datetime.timedelta(days=days)
    except (ValueError, OverflowError):
        return None
    return f"{date.year:04}{date.month:02}{date.day:02}{match[4]}"
