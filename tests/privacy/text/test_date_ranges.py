"""Ranges of dates, dates of birth and dates in names of files: forms of which each part looks like something longer."""

import pytest

from tests.privacy.text.deidentified import limited, safe


@pytest.mark.parametrize(
    ("text", "without", "moved"),
    [
        ("Stay 03/04/2021-03/09/2021.", "Stay [DATE 2021]-[DATE 2021].", "Stay 04/18/2021-04/23/2021."),
        ("Stay 03/04/21 - 03/09/21.", "Stay [DATE 2021] - [DATE 2021].", "Stay 04/18/21 - 04/23/21."),
        ("Stay 03/04/2021\u201303/09/2021.", "Stay [DATE 2021]\u2013[DATE 2021].", "Stay 04/18/2021\u201304/23/2021."),
        ("Stay 2021-03-04/2021-03-09.", "Stay [DATE 2021]/[DATE 2021].", "Stay 2021-04-18/2021-04-23."),
        ("Ill 3/4-3/9.", "Ill [DATE]-[DATE].", "Ill 4/18-4/23."),
        ("Ill 3/4-3/9/21.", "Ill [DATE]-[DATE 2021].", "Ill 4/18-4/23/21."),
        ("At 20210304T101500 seen.", "At [DATE 2021] seen.", "At 20210418T101500 seen."),
        ("Seen Mar-04-2021.", "Seen [DATE 2021].", "Seen Apr-18-2021."),
        ("Seen 2021/Mar/04.", "Seen [DATE 2021].", "Seen 2021/Apr/18."),
        ("Seen Mar 4/21.", "Seen [DATE 2021].", "Seen Apr 18/21."),
        ("3/4/2021_scan", "[DATE 2021]_scan", "4/18/2021_scan"),
        ("scan_2021-03-04_x", "scan_[DATE 2021]_x", "scan_2021-04-18_x"),
    ],
)
def test_both_ends_go_and_both_ends_move(text: str, without: str, moved: str) -> None:
    assert safe(text) == without
    assert limited(text) == moved


@pytest.mark.parametrize(
    "text",
    ["DOB 030451", "DOB: 3.4.51", "born 03 04 1951", "b. 3/51", "seen 2/30/2021 again"],
)
def test_dates_that_are_one_for_what_stands_beside_them(text: str) -> None:
    assert "[DATE" in safe(text)
    assert "51" not in safe(text).replace("DATE 1951", "") and "30" not in safe(text)
    # One that is not understood does not stay beside others that have moved.
    assert limited(text) != text


@pytest.mark.parametrize(
    "text",
    [
        "strength 4/5-5/5 in both arms",
        "reflexes 1/4-2/4",
        "BP 120/80-130/85",
        "rated 3-4/10",
        "takes 1/2-3/4 tablet",
        "born at 36 weeks",
        "aged 3-4",
        "Na 138-142",
        "section 1.2.3-1.2.4",
    ],
)
def test_scores_doses_and_ranges_of_values_stay(text: str) -> None:
    assert safe(text) == text == limited(text)


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("95/F with cough", "90+/F with cough"),
        ("Age/Sex: 95/F", "Age/Sex: 90+/F"),
        ("M/95, cough", "M/90+, cough"),
        ("y/o 95", "y/o 90+"),
        ("95 years, frail", "90+ years, frail"),
        ("now in her 90s", "now in her 90+"),
        ("in his mid nineties", "in his mid 90+"),
        ("1 hundred years old", "90+ years old"),
    ],
)
def test_ages_beside_the_sex_and_by_the_decade(text: str, without: str) -> None:
    assert safe(text) == without


@pytest.mark.parametrize(
    "text",
    [
        "sats in the 90s",
        "SpO2 95/RA",
        "BP 95/60",
        "HR in the 90s",
        "smoked for 95 years ago",
        "F/89",
        "in her 80s",
        "95 % on",
    ],
)
def test_what_is_no_age_over_89_stays(text: str) -> None:
    assert safe(text) == text


@pytest.mark.parametrize("text", ["Medical record: 12-34-56", "Path # S21-4567", "cytology no. C21-0042"])
def test_codes_of_records_and_specimens(text: str) -> None:
    assert "[" in safe(text) and "4" not in safe(text)
