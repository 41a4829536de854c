"""A note becomes what may be stored, by one way for the ingest and for serving."""

import pytest

from pipeline_configs.privacy import Privacy
from pipeline_configs.text import Text
from transforms.text.prepared import prepared
from transforms.text.reasons import NoteReason, Unread

NOTE = """Patient: Agnes Wintergreen
Seen on 03/04/2019 for cough.

ASSESSMENT
Pneumonia is likely.

PLAN
Agnes will call 555-201-7788 tomorrow.
"""


def test_names_of_the_header_are_known_in_the_rest() -> None:
    found = prepared(NOTE, Text(kind="text"), Privacy())
    assert not [word for word in ("Agnes", "Wintergreen", "03/04", "555-201") if word in found.text]
    assert "Pneumonia is likely" in found.text
    assert found.removed["NAME"] >= 2
    assert "Agnes" in found.whole


def test_names_that_the_source_tells() -> None:
    text = "Seen with a tall brother, thornquist, who drives."
    assert "thornquist" in prepared(text, Text(kind="text"), Privacy()).text
    assert "thornquist" not in prepared(text, Text(kind="text"), Privacy(), ["Thornquist", ""]).text


def test_sections_are_left_out_and_still_told() -> None:
    found = prepared(NOTE, Text(kind="text", left_out_sections=("assessment",)), Privacy())
    assert "Pneumonia" not in found.text
    assert "Pneumonia" in found.whole
    assert "assessment" in found.sections


def test_dates_move_in_a_limited_data_set_where_a_shift_is_known() -> None:
    privacy = Privacy(mode="limited_data_set")
    assert "03/14/2019" in prepared(NOTE, Text(kind="text"), privacy, shift_days=10).text
    without = prepared(NOTE, Text(kind="text"), privacy).text
    assert "2019" in without and "03/" not in without


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a" * 101, NoteReason.TOO_LONG),
        ("\x00\x01\x02\x03" * 20, NoteReason.BINARY),
        ("1234567890 " * 8, NoteReason.DIGITS),
        (" \n\t ", NoteReason.EMPTY),
        ("<p> <b></b> </p>", NoteReason.EMPTY),
        ("{\\rtf1\\ansi Vander\\b sloot\\b0 is well}", NoteReason.RTF),
    ],
)
def test_what_is_no_note(text: str, reason: NoteReason) -> None:
    with pytest.raises(Unread) as problem:
        prepared(text, Text(kind="text", max_characters=100), Privacy())
    assert problem.value.reason == reason


@pytest.mark.parametrize(
    "text",
    [
        "Seen today: Mr. Vander<b>sloot</b>, who has a cough.",
        "<p>Seen today: Mr. <SPAN style='x'>Vander</SPAN>sloot, who has a cough.",
        "<given>Xiomara</given><family>Vandersloot</family><text>Ms. Vandersloot has a cough.</text>",
        "Seen today: Mr. Vander&#115;loot, who has a cough.",
        "Seen today: Mr. Vander<!-- x -->sloot, who has a cough.",
    ],
)
def test_no_name_hides_behind_markup(text: str) -> None:
    found = prepared(text, Text(kind="text"), Privacy(), ["Xiomara", "Vandersloot"])
    assert "[NAME]" in found.text and "has a cough" in found.text
    assert "sloot" not in found.text and "Xiomara" not in found.text


def test_signs_of_plain_text_are_no_markup() -> None:
    text = "BP <120/80>, Na < 140 and K > 4; see <redacted> & [x] -> y. AT&T; R&D."
    assert prepared(text, Text(kind="text"), Privacy()).whole == text


def test_halves_of_surrogate_pairs() -> None:
    prepared("a note with \ud83d in it, long enough to be one", Text(kind="text"), Privacy()).text.encode("utf-8")
