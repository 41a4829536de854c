"""Where patterns look in a text."""

import pytest

from privacy.text.surface import Surface, joined, stretches


def pieces(text: str, spans: list[tuple[int, int]]) -> list[str]:
    return [text[start:end] for start, end in spans]


def test_stretches_that_touch_become_one() -> None:
    assert stretches([50, 10, 55], 5, 10) == [(5, 20), (45, 65)]
    assert joined([(0, 30), (5, 10), (31, 40)]) == [(0, 30), (31, 40)]


def test_numbers_in_groups_count_as_one() -> None:
    text = "dose 5 mg, tel (617) 555-0142, room 12"
    assert [piece for piece in pieces(text, Surface(text).numbers(10)) if "555-0142" in piece]
    assert Surface(text).numbers(11) == []
    assert len(Surface(text).numbers(1)) == 1


def test_a_stretch_near_a_place_holds_whole_words() -> None:
    text = "write to anna.berg@example.org today"
    assert pieces(text, Surface(text).near([text.index("@")], 1, 1)) == ["anna.berg@example.org"]


def test_a_stretch_in_a_text_without_spaces_is_bounded() -> None:
    text = "1a" * 5000
    spans = Surface(text).near([5000], 1, 1)
    assert spans[0][1] - spans[0][0] < 1000


@pytest.mark.parametrize(
    ("text", "needles", "count"),
    [
        ("sons and daughters, a grand-son, arson", {"son"}, 2),
        ("np here, snp there, np.", {"np"}, 2),
        ("c/o Smith; d/w Jones", {"c/o", "d/w"}, 2),
        ("", {"son"}, 0),
    ],
)
def test_where_words_begin(text: str, needles: set[str], count: int) -> None:
    assert len(Surface(text).beginning(frozenset(needles))) == count


def test_numbers_after_a_word_with_a_capital() -> None:
    text = "MA 02139, with 20 mg and Nieuwe Baan 473; (Boston) 5"
    surface = Surface(text)
    assert pieces(text, surface.after_capitals) == ["02139", "473", "5"]


@pytest.mark.parametrize(
    ("text", "caseless"),
    [
        ("The patient, who was seen by Dr. Smith, is well and walks two miles daily.", False),
        ("the patient , who was seen by dr. smith , is well and walks two miles daily .", True),
        ("THE PATIENT, WHO WAS SEEN BY DR. SMITH, IS WELL AND WALKS TWO MILES DAILY.", True),
        ("seen", True),
        ("Seen", False),
    ],
)
def test_a_text_without_capitals(text: str, caseless: bool) -> None:
    assert Surface(text).caseless is caseless


def test_words_know_their_place_and_shape() -> None:
    text = "José's wife saw J. SMITH-Jones"
    tokens = Surface(text).tokens
    assert [(text[token.start : token.end], token.word, token.kind) for token in tokens] == [
        ("José", "jose", "C"),
        ("wife", "wife", "l"),
        ("saw", "saw", "l"),
        ("J", "j", "I"),
        ("SMITH-Jones", "smith-jones", "C"),
    ]
    assert tokens[0].gap == "'s " and tokens[-1].gap == ""
