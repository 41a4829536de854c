from datetime import UTC, datetime

import pytest

from components.fhir.problem import Unreadable
from components.fhir.time import (
    BAD_TIME,
    NO_ZONE,
    birth_day,
    completed_years,
    day_end,
    read_moment,
)


def second(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2020", "2020-01-01 00:00:00", "2020-12-31 23:59:59"),
        ("2020-02", "2020-02-01 00:00:00", "2020-02-29 23:59:59"),
        ("2019-12", "2019-12-01 00:00:00", "2019-12-31 23:59:59"),
        ("1969-12-31", "1969-12-31 00:00:00", "1969-12-31 23:59:59"),
        ("2020-02-29T10:11:12Z", "2020-02-29 10:11:12", "2020-02-29 10:11:12"),
        ("2020-02-29T10:11:12.999+00:00", "2020-02-29 10:11:12", "2020-02-29 10:11:12"),
        ("2020-03-01T01:00:00+05:30", "2020-02-29 19:30:00", "2020-02-29 19:30:00"),
        ("2019-12-31T20:00:00-05:00", "2020-01-01 01:00:00", "2020-01-01 01:00:00"),
        ("2016-12-31T23:59:60Z", "2016-12-31 23:59:59", "2016-12-31 23:59:59"),
        ("1850-07-01T00:00:00Z", "1850-07-01 00:00:00", "1850-07-01 00:00:00"),
    ],
)
def test_a_time_means_its_first_to_its_last_second(text, first, last):
    assert read_moment(text) == (second(first), second(last))


@pytest.mark.parametrize(
    "value",
    ["", "yesterday", "2020-13", "2020-02-30", "0000-01-01", "20200101", "2020-1-1", "2020-01-01 10:00:00Z",
     "2020-01-01T10:00Z", "2020-01-01T24:00:00Z", "2020-01-01T10:00:00+15:00", "2020-01-01T10:00:00Z ", "२०२०",
     20200101, None, ["2020"], {"value": "2020"}],
)  # fmt: skip
def test_what_is_no_fhir_time_is_refused_without_its_text(value):
    with pytest.raises(Unreadable) as caught:
        read_moment(value)
    assert caught.value.reason == BAD_TIME
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(Unreadable) as caught:
        read_moment("2020-01-01T10:00:00")
    assert caught.value.reason == NO_ZONE


def test_a_partial_birth_date_is_taken_in_the_middle():
    assert birth_day("1950-08-09") == (1950, 8, 9)
    assert birth_day("1950-08") == (1950, 8, 15)
    assert birth_day("1950") == (1950, 7, 1)


@pytest.mark.parametrize("value", ["1950-08-09T00:00:00Z", "1950-02-30", 1950, None])
def test_a_birth_date_has_no_time(value):
    with pytest.raises(Unreadable):
        birth_day(value)


@pytest.mark.parametrize(
    ("born", "at", "years"),
    [
        ((1970, 3, 1), "2020-02-29 23:59:59", 49),
        ((1970, 3, 1), "2020-03-01 00:00:00", 50),
        ((2000, 2, 29), "2021-02-28 12:00:00", 20),
        ((2000, 2, 29), "2021-03-01 00:00:00", 21),
        ((1930, 1, 1), "1969-12-31 12:00:00", 39),
        ((2020, 6, 1), "2020-05-31 12:00:00", -1),
    ],
)
def test_age_in_completed_years(born, at, years):
    assert completed_years(born, second(at)) == years


def test_a_day_ends_with_its_last_second():
    assert day_end("2020-06-15") == second("2020-06-15 23:59:59")
