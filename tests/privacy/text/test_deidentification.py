"""What stands in the place of an identifier, by mode."""

import datetime
from collections import Counter

import pytest

from pipeline_configs.errors import ConfigError
from pipeline_configs.privacy import Privacy
from privacy.findings import Category, Finding, merged
from privacy.text.date_writing import date_year, shifted
from privacy.text.deidentification import deidentify
from privacy.text.engine import engine_for
from privacy.text.known_names import KnownNames
from privacy.text.rule_engine import RuleEngine
from tests.privacy.text.deidentified import limited, safe

ENGINE = RuleEngine()
OLD = datetime.date.today().year - 95


def test_safe_harbor() -> None:
    result = deidentify("Mr. John Perry (MRN: 0048213), seen on March 3rd, 2021; call 617-555-0142.", engine=ENGINE)
    assert result.text == "Mr. [NAME] (MRN: [MRN]), seen on [DATE 2021]; call [PHONE]."
    assert result.counts == Counter({Category.NAME: 1, Category.MRN: 1, Category.DATE: 1, Category.PHONE: 1})


def test_the_year_stays_and_a_bare_year_is_not_touched() -> None:
    assert safe("Seen 3/4/21, 2021-03-04T10:00, in March 2019 and since 2016.") == (
        "Seen [DATE 2021], [DATE 2021], in [DATE 2019] and since 2016."
    )
    assert safe("Seen on March 3rd.") == "Seen on [DATE]."


def test_a_year_that_tells_an_age_over_89_goes() -> None:
    assert safe(f"DOB: 03/04/{OLD}") == "DOB: [DATE]"
    assert safe(f"He was born in {OLD}.") == "He was born in [DATE]."
    assert safe(f"He was born in {OLD + 30}.") == f"He was born in {OLD + 30}."


def test_ages_over_89_become_one() -> None:
    assert safe("A 94-year-old and a 89-year-old.") == "A 90+-year-old and a 89-year-old."
    assert safe("She is ninety-two years old.") == "She is 90+ years old."


def test_zip_codes_keep_three_digits_where_many_live() -> None:
    assert safe("Boston, MA 02139") == "[LOCATION], MA 021**"
    assert safe("Burlington, VT 05901-1234") == "[LOCATION], VT 000**"
    assert safe("Boston, MA 02139", small_zip3=("021",)) == "[LOCATION], MA 000**"


def test_a_limited_data_set_keeps_places_and_ages_and_moves_dates() -> None:
    text = "Mr. Perry, 94, of Boston, MA 02139, seen 3/4/2021 and on Tuesday, March 9, 2021; 617-555-0142."
    assert limited(text, 10) == (
        "Mr. [NAME], 94, of Boston, MA 02139, seen 3/14/2021 and on Friday, March 19, 2021; [PHONE]."
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("3/4/21", "4/13/21"), ("03/04/2021", "04/13/2021"), ("2021-03-04T10:00", "2021-04-13T10:00"),
        ("2021-03-04 10:00:05", "2021-04-13 10:00:05"), ("20210304", "20210413"), ("04.03.2021", "13.04.2021"),
        ("25/12/2020", "3/2/2021"), ("March 3rd, 2021", "April 12th, 2021"), ("3 March 2021", "12 April 2021"),
        ("4th of July 2020", "13th of August 2020"), ("3-Mar-2021", "12-Apr-2021"), ("03MAR2021", "12APR2021"),
        ("DEC. 24, '20", "FEB. 2, '21"), ("Mar 2021", "Apr 2021"), ("03/2021", "04/2021"), ("3/14", "4/23"),
        ("Tuesday, March 3 2020", "Sunday, April 12 2020"), ("12. Januar 2021", "21. Februar 2021"),
        ("Sept 5", "Oct 15"),
        ("December", "January"),
    ],
)  # fmt: skip
def test_dates_move_in_their_own_form(old: str, new: str) -> None:
    assert shifted(old, 40, 2021) == new
    if any(char.isdigit() for char in new) and old not in ("25/12/2020", "Sept 5"):
        assert shifted(new, -40, date_year(new) or 2021) == old


def test_a_date_that_is_not_understood_is_replaced() -> None:
    assert limited("Back after Christmas; last on March third.", 5) == "Back after [DATE]; last on [DATE]."
    assert shifted("13/13/2021", 5, 2021) is None


def test_intervals_stay() -> None:
    assert limited("From 12/30/2020 to 1/2/2021.", -100) == "From 9/21/2020 to 9/24/2020."


@pytest.mark.parametrize("days", [None, 0])
def test_a_limited_data_set_needs_a_shift(days: int | None) -> None:
    with pytest.raises(ConfigError, match="a limited data set needs a shift of dates"):
        deidentify("x", engine=ENGINE, mode="limited_data_set", shift_days=days)


def test_known_names_go() -> None:
    known = KnownNames(("Mark Young",))
    assert safe("mark young came. Young has pain.", known=known) == "[NAME] came. [NAME] has pain."


def test_overlaps_are_united() -> None:
    name, mail = Finding(0, 4, Category.NAME), Finding(2, 20, Category.EMAIL)
    assert merged([mail, name]) == [Finding(0, 20, Category.EMAIL)]
    assert merged([name, Finding(4, 6, Category.ZIP)]) == [name, Finding(4, 6, Category.ZIP)]


def test_the_engine_of_a_task_is_made_once() -> None:
    assert engine_for(Privacy()) is engine_for(Privacy(mode="limited_data_set"))
    assert isinstance(engine_for(Privacy()), RuleEngine)
