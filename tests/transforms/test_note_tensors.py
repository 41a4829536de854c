"""transforms.note_tensors and note_masking: from text to terms, eagerly, held against scikit-learn."""

import numpy as np
import pytest
import tensorflow as tf
from sklearn.feature_extraction.text import TfidfVectorizer

from transforms.note_masking import masked
from transforms.note_tensors import Words, counted, distinct, inverse_frequency, terms, weighted, words


def words_of(note: str, negation: bool = True) -> list[str]:
    return [word.decode() for word in words(tf.constant([note]), negation).values.numpy()]


def terms_of(note: str, ngrams: int = 2) -> set[str]:
    return {term.decode() for term in terms(words(tf.constant([note]), False), ngrams).values.numpy()}


def mask(note: str, *phrases: str) -> str:
    return masked(tf.constant([note]), phrases).numpy()[0].decode()


def test_words_are_lower_case_in_any_script_and_without_possessives() -> None:
    assert words_of("Crohn's DISEASE, ΠΥΡΕΤΌΣ; Fièvre can't") == ["crohn", "disease", "πυρετός", "fièvre", "cant"]


def test_long_numbers_are_all_the_same() -> None:
    assert words_of("BP 120/80, temp 38.5, 500mg, L4-L5, 123456789") == (
        ["bp", "120", "80", "temp", "38", "5", "500", "mg", "l4", "l5", "0000"]
    )


@pytest.mark.parametrize("placeholder", ["[NAME]", "[DATE 2021]", "[HEALTH_PLAN]", "[MASKED]", "90+", "021**"])
def test_placeholders_become_no_terms_and_no_phrase_crosses_them(placeholder: str) -> None:
    assert terms_of(f"cough {placeholder} fever") == {"cough", "fever"}


@pytest.mark.parametrize("end", [". ", "! ", "; ", "\n\n", "\n- ", "\r\n\r\n", " | "])
def test_no_phrase_crosses_the_end_of_a_sentence(end: str) -> None:
    assert terms_of(f"cough{end}fever") == {"cough", "fever"}


def test_phrases_go_on_over_a_line_end_and_no_further_than_the_note() -> None:
    assert "chest pain" in terms_of("chest\npain")
    found = terms(words(tf.constant(["a b", "c d"]), False), 3)
    assert {value.decode() for value in found.values.numpy()} == {"a", "b", "c", "d", "a b", "c d"}


def test_a_word_that_a_line_end_divides_is_whole() -> None:
    assert words_of("pneumo-\nthorax and pneu\u00admothorax") == ["pneumothorax", "and", "pneumothorax"]


def test_a_negation_covers_five_words_of_its_sentence() -> None:
    assert words_of("Denies fever, chills or a dry cough today. Pain") == (
        ["denies", "no_fever", "no_chills", "no_or", "no_a", "no_dry", "cough", "today", "pain"]
    )
    assert words_of("no cough but fever") == ["no", "no_cough", "but", "fever"]
    assert [v.decode() for v in words(tf.constant(["denies", "fever"])).values.numpy()] == ["denies", "fever"]


def test_files_within_a_note_are_no_words() -> None:
    assert words_of("seen " + "a" * 1_000_000) == ["seen"]


@pytest.mark.parametrize(
    ("note", "phrase"),
    [
        ("PNEUMONIA", "pneumonia"),
        ("Covid–19\n  positive", "covid-19 positive"),
        ("covid19", "covid-19"),
        ("COVID 19", "covid-19"),
        ("pneumo-\nnia", "pneumonia"),
        ("pneu\u00admonia", "pneumonia"),
        ("heart\u00a0failure", "heart failure"),
        ("heart-failure", "heart failure"),
        ("pneumoniae", "pneumonia*"),
        ("bronchopneumonia", "*pneumonia"),
        ("Crohn’s disease", "crohn's disease"),
        ("GRÖẞE", "größe"),
        ("covid+", "covid+"),
    ],
)
def test_a_phrase_is_masked_however_it_is_written(note: str, phrase: str) -> None:
    assert mask(f"with {note}, {note} {note}", phrase) == "with [MASKED], [MASKED] [MASKED]"


@pytest.mark.parametrize(
    ("note", "phrase"),
    [("bronchopneumonia", "pneumonia"), ("pneumoniae", "pneumonia"), ("épneumonia", "pneumonia"), ("axb", "a.b")],
)
def test_nothing_else_is_masked(note: str, phrase: str) -> None:
    assert mask(note, phrase) == note


def test_the_longest_phrase_wins() -> None:
    assert mask("covid-19 positive", "covid-19", "covid-19 positive") == "[MASKED]"


def test_hundreds_of_phrases_and_a_long_note() -> None:
    phrases = [f"disease{number} of the organ{number}*" for number in range(300)]
    note = "word " * 20_000 + "disease299 of the organ299s"
    assert mask(note, *phrases).endswith("word [MASKED]")


def test_each_note_counts_once_for_a_term() -> None:
    found = terms(words(tf.constant(["cough cough", "cough fever", ""])), 1)
    assert sorted(distinct(found).numpy()) == [b"cough", b"cough", b"fever"]


def test_the_weights_are_those_of_scikit_learn() -> None:
    notes = ["cough cough fever", "fever rigors", "cough pain pain pain", ""]
    vectoriser = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2))
    expected = vectoriser.fit_transform(notes).toarray()
    names = [name.encode() for name in vectoriser.get_feature_names_out()]
    found = terms(words(tf.constant(notes)), 2)
    ids = tf.constant([names.index(value) for value in found.values.numpy()], tf.int64)
    size = tf.constant(len(names), tf.int64)
    counts = counted(found, ids, 100, size)
    present = tf.math.unsorted_segment_sum(tf.ones_like(counts.indices[:, 1]), counts.indices[:, 1], size)
    got = weighted(counts, inverse_frequency(present, tf.constant(4, tf.int64)))
    tf.debugging.assert_equal(got.indices, tf.sparse.reorder(got).indices)
    np.testing.assert_allclose(tf.sparse.to_dense(got), expected, atol=1e-6)


def test_unknown_terms_and_no_notes_at_all() -> None:
    found = terms(words(tf.constant(["cough"])), 2)
    nothing = weighted(counted(found, tf.constant([-1], tf.int64), 9, tf.constant(3, tf.int64)), tf.ones([3]))
    assert (nothing.dense_shape.numpy().tolist(), nothing.values.shape) == ([1, 3], (0,))
    none: Words = words(tf.constant([], tf.string))
    assert terms(none, 3).values.shape == distinct(terms(none, 3)).shape == (0,)
