"""Shift of dates: the same number of days for all of a patient, which nobody can repeat without the key.

Intervals within a patient stay as they are. Shifted dates are not Safe Harbor; they belong to a limited data set.
"""

import datetime
import hmac

__all__ = ["date_shift", "shift_date"]

_DOMAIN = b"\x00galen: shift of dates\x00"
_WORD = 1 << 64


def date_shift(key: bytes, patient: str, most: int) -> int:
    """Returns by how many days all dates of a patient move.

    Drawn from HMAC-SHA256 of the patient, with the key of the pseudonyms and a prefix of its own, so that a pseudonym
    tells nothing about the shift. Values that would make some shifts likelier than others are drawn anew.

    Args:
        key: Secret key.
        patient: The identifier as text, without surrounding spaces.
        most: Largest shift in days, at least 1.

    Returns:
        A whole number from -most to most, never 0, each as likely as another.

    Raises:
        ValueError: `most` is less than 1.
    """
    if most < 1:
        raise ValueError("most: expected at least 1 day")
    several, attempt = 2 * most, 0
    while True:
        message = _DOMAIN + attempt.to_bytes(4, "big") + patient.encode()
        drawn = int.from_bytes(hmac.digest(key, message, "sha256")[:8], "big")
        if drawn < _WORD - _WORD % several:
            place = drawn % several
            return place - most if place < most else place - most + 1
        attempt += 1


def shift_date(date: datetime.date, days: int) -> datetime.date:
    """Returns the date moved by a number of days; at the ends of the calendar it stays within the calendar."""
    ordinal = date.toordinal() + days
    return datetime.date.fromordinal(min(max(ordinal, 1), datetime.date.max.toordinal()))
