"""Cleaning of notes."""

import random

import pytest

from transforms.text.cleaning import cleaned, digit_share


def test_line_ends_of_all_kinds_become_one() -> None:
    assert cleaned("a\rb\r\nc\nd\x0be\x0cf\x85g\u2028h") == "a\nb\nc\nd\ne\nf\ng\nh"


def test_invisible_characters_go_and_spaces_are_plain() -> None:
    assert cleaned("\ufeffQuacken\u200bbu\xadsh\xa0M.\u202fD.\x07") == "Quackenbush M. D."


def test_one_form_of_unicode() -> None:
    assert cleaned("Zoe\u0308 Mu\u0308ller") == "Zo\xeb M\xfcller"


def test_blank_space() -> None:
    assert cleaned("\n\n  a   \n \t\n\n\n\nb  \n") == "a\n\nb"


@pytest.mark.parametrize("seed", range(20))
def test_cleaning_again_changes_nothing(seed: int) -> None:
    letters = "a \n\r\t\x0b\xa0\u200b\u0308eo\x85\x00\u2029"
    text = "".join(random.Random(seed).choices(letters, k=300))
    assert cleaned(cleaned(text)) == cleaned(text)


def test_digit_share() -> None:
    assert digit_share("") == digit_share(" \n") == 0
    assert digit_share("12 ab\n34 cd") == 0.5
