"""Shift of dates of a patient."""

import datetime

import pytest

from privacy.dates import date_shift, shift_date
from privacy.pseudonyms import pseudonym

KEY = b"sixteen letters!"


def test_a_shift_is_the_same_each_time_and_needs_the_key() -> None:
    assert date_shift(KEY, "P1", 365) == date_shift(KEY, "P1", 365)
    others = [date_shift(b"another long key", f"P{n}", 365) for n in range(50)]
    assert others != [date_shift(KEY, f"P{n}", 365) for n in range(50)]


def test_a_known_shift_never_changes() -> None:
    assert date_shift(b"galen test key, never used elsewhere", "P0001", 365) == 249


def test_shifts_are_uniform_without_zero() -> None:
    drawn = [date_shift(KEY, str(n), 5) for n in range(20_000)]
    assert set(drawn) == {-5, -4, -3, -2, -1, 1, 2, 3, 4, 5}
    expected = len(drawn) / 10
    chi_square = sum((drawn.count(day) - expected) ** 2 / expected for day in set(drawn))
    assert chi_square < 27.9  # 0.999 quantile, 9 degrees of freedom


def test_a_shift_is_not_part_of_the_pseudonym() -> None:
    same = sum(date_shift(KEY, str(n), 128) % 256 == int(pseudonym(KEY, str(n))[-2:], 16) for n in range(2000))
    assert same < 40


def test_nothing_to_draw_from() -> None:
    with pytest.raises(ValueError, match="at least 1 day"):
        date_shift(KEY, "P1", 0)


def test_a_date_moves() -> None:
    assert shift_date(datetime.date(2020, 2, 28), 2) == datetime.date(2020, 3, 1)
    assert shift_date(datetime.date(2020, 3, 1), -2) == datetime.date(2020, 2, 28)
    assert shift_date(datetime.date.max, 5) == datetime.date.max
    assert shift_date(datetime.date.min, -5) == datetime.date.min
