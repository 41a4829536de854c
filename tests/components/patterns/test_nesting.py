"""Which of nested phrases are kept."""

import numpy as np

from components.patterns.nesting import represented_by

SIZES = 1000, 1000


def kept(
    terms: dict[str, tuple[int, int]], direction: dict[str, int] | None = None, label_words: tuple[str, ...] = ()
) -> dict[str, str]:
    names = [tuple(name.split()) for name in terms]
    directions = np.array([(direction or {}).get(name, 1) for name in terms])
    marked = np.array([name in label_words for name in terms])
    gone = represented_by(names, np.array(list(terms.values())), *SIZES, directions, marked, min_patients=10)
    return {" ".join(names[a]): " ".join(names[b]) for a, b in gone.items()}


def test_the_longest_phrase_that_explains_a_word_stands_for_it() -> None:
    """Of the patients without "chest pain", a third of each class has some other pain."""
    terms = {"chest": (105, 305), "pain": (400, 533), "chest pain": (100, 300)}
    assert kept(terms) == {"chest": "chest pain", "pain": "chest pain"}


def test_a_word_that_holds_without_the_phrase_stays() -> None:
    """Of the patients without "high fever", 300 of 900 positives and 40 of 980 negatives have fever all the same."""
    assert kept({"fever": (60, 400), "high fever": (20, 100)}) == {"high fever": "fever"}


def test_patients_with_the_phrase_are_left_out_on_both_sides() -> None:
    """Nearly every positive has the phrase; among those who do not, the word goes with the diagnosis still."""
    assert "fever" not in kept({"fever": (200, 950), "galenic fever": (0, 800)})


def test_both_stay_where_the_phrase_says_more() -> None:
    assert kept({"rash": (200, 330), "malar rash": (2, 90)}) == {}


def test_pieces_of_one_longer_phrase_are_shown_once() -> None:
    terms = {"chest pain": (100, 300), "crushing chest pain": (99, 299), "chest pain since": (98, 298)}
    assert kept(terms) == {"chest pain": "crushing chest pain", "chest pain since": "crushing chest pain"}


def test_directions_and_terms_that_do_not_count_are_left_alone() -> None:
    terms = {"chest": (105, 305), "chest pain": (100, 300), "wall": (5, 5)}
    assert kept(terms, {"chest": -1}) == {} and kept(terms, {"chest pain": 0}) == {}
    assert represented_by([], np.zeros((0, 2), np.int64), *SIZES, np.zeros(0, np.int64), np.zeros(0, bool), 10) == {}


def test_a_label_word_stands_for_no_other_term() -> None:
    terms = {"fever": (60, 400), "high fever": (20, 100)}
    assert kept(terms, label_words=("fever",)) == {}
    assert kept(terms, label_words=("fever", "high fever")) == {"high fever": "fever"}
    assert kept({"chest": (105, 305), "chest pain": (100, 300)}, label_words=("chest pain",)) == {}
