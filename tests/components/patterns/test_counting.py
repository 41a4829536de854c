"""Counting patients by term: once a patient, exactly, with negation, sentences, masks and groups."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.patterns import counting, reading
from components.patterns.counting import Counts, count_terms
from components.patterns.phrases import readable
from pipeline_configs.errors import DataProblem
from tests.components.patterns.examples import example, make_task, ward, write


def counted(tmp_path: Path, records: list[bytes], **options: Any) -> tuple[Counts, dict[str, list[int]]]:
    options = {"min_patients": 1, **options}
    found = count_terms([write(tmp_path / "notes.gz", records)], make_task(), **options)
    names = [readable(term)[0] for term in found.terms]
    assert len(set(names)) == len(names)
    return found, dict(zip(names, found.counts.tolist(), strict=True))


def test_a_term_counts_once_a_patient(tmp_path: Path) -> None:
    notes = [("Chest pain. Chest pain!", 1, "a"), ("chest pain copied forward", 1, "a"), ("Chest pain", 0, "b")]
    found, terms = counted(tmp_path, [example(*note) for note in notes])
    assert terms["chest pain"] == [1, 1] and terms["copied"] == [0, 1]
    assert (found.notes, found.positives, found.negatives, found.both) == (3, 1, 1, 0)


def test_phrases_end_with_the_sentence_and_begin_with_a_word_that_means_something(tmp_path: Path) -> None:
    _, terms = counted(tmp_path, [example("Shortness of breath. Cough at night, seen by [NAME] twice.", 1, "a")])
    assert set(terms) == {"shortness", "breath", "shortness of breath", "cough", "night", "cough at night", "seen"} | {
        "twice",
        "night seen",
    }


def test_negation_is_a_term_of_its_own(tmp_path: Path) -> None:
    _, terms = counted(tmp_path, [example("Denies fever or chills. Has cough.", 1, "a"), example("Fever.", 0, "b")])
    assert terms["fever"] == [1, 0] and terms["(no) fever"] == [0, 1] and terms["cough"] == [0, 1]
    assert "(no) fever or chills" in terms and not any("denies" in term for term in terms)


def test_numbers_are_only_as_long_as_they_are(tmp_path: Path) -> None:
    _, terms = counted(tmp_path, [example("aspirin 81 mg daily", 1, "a"), example("aspirin 75 mg daily", 0, "b")])
    assert terms["aspirin ## mg"] == [1, 1] and not any("81" in term or "75" in term for term in terms)


def test_a_patient_with_both_labels_is_positive_by_the_positive_notes(tmp_path: Path) -> None:
    records = [example("cough", 0, "a"), example("rash", 1, "a"), example("cough", 0, "b")]
    found, terms = counted(tmp_path, records)
    assert terms == {"cough": [1, 0], "rash": [0, 1]}
    assert (found.both, found.positives, found.negatives, found.notes) == (1, 1, 1, 3)


def test_few_patients_are_left_out_even_with_many_notes(tmp_path: Path) -> None:
    records = [example("rash", 1, patient) for patient in "abcd" for _ in range(5)]
    records += [example("cough", 0, patient) for patient in "efghi"]
    _, terms = counted(tmp_path, records, min_patients=5)
    assert terms == {"cough": [5, 0]}


def test_groups_in_the_order_of_the_task(tmp_path: Path) -> None:
    records = [
        example("cough", 1, "a", sex="male", age=">=65"),
        example("cough", 0, "b", sex="female", age="<40"),
        example("rash", 0, "c", age="40-65"),
    ]
    found, _ = counted(tmp_path, records)
    names = [(group.feature, group.value, group.negatives, group.positives) for group in found.groups]
    assert names == [
        ("sex", "female", 1, 0),
        ("sex", "male", 0, 1),
        ("age_band", "<40", 1, 0),
        ("age_band", "40-65", 1, 0),
        ("age_band", ">=65", 0, 1),
    ]
    cough = [readable(term)[0] for term in found.terms].index("cough")
    assert [group.counts[cough].tolist() for group in found.groups] == [[1, 0], [0, 1], [1, 0], [0, 0], [0, 1]]


def test_label_words_are_counted_and_can_be_left_out(tmp_path: Path) -> None:
    records = [example("Galenic fever likely", 1, "a"), example("High fever", 1, "b"), example("Galenic fever", 1, "c")]
    found, terms = counted(tmp_path, records)
    hidden = dict(zip([readable(term)[0] for term in found.terms], found.only_masked.tolist(), strict=True))
    assert terms["fever"] == [0, 3] and hidden["fever"] == 2 and hidden["galenic fever"] == 2
    assert hidden["high fever"] == hidden["likely"] == 0
    found, terms = counted(tmp_path, records, mask=True)
    assert terms["fever"] == [0, 1] and "galenic" not in terms and not found.only_masked.any()


def test_as_counted_by_hand_over_files_and_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Patients lie across batches; hashed counters that collide all the time change nothing."""
    monkeypatch.setattr(reading, "CHUNK", 16)
    monkeypatch.setattr(reading, "MOST_NOTES", 32)
    monkeypatch.setattr(counting, "BUCKETS", 3)
    records = list(ward(150))
    np.random.default_rng(0).shuffle(records)
    task = make_task(features={**make_task().model_dump()["features"], "note": {"kind": "text"}})
    files = [write(tmp_path / f"{i}.gz", records[i::3]) for i in range(3)]
    steps: list[tuple[str, int]] = []
    found = count_terms(files, task, min_patients=8, progress=lambda step, notes: steps.append((step, notes)))
    expected = _by_hand(records)
    names = {" ".join(term): row for term, row in zip(found.terms, found.counts.tolist(), strict=True)}
    for term in ("chest", "rash", "discharge", "fever", "no_fever"):
        assert names[term] == [len(expected[term, 0]), len(expected[term, 1])]
    assert steps[-1] == ("patients", len(records)) and ("words", len(records)) in steps
    for feature in ("sex", "age_band", "site"):
        of_feature = [group.counts for group in found.groups if group.feature == feature]
        np.testing.assert_array_equal(sum(of_feature), found.counts)


def _by_hand(records: list[bytes]) -> dict[tuple[str, int], set[bytes]]:
    import tensorflow as tf

    found: dict[tuple[str, int], set[bytes]] = {}
    for record in records:
        values = tf.train.Example.FromString(record).features.feature
        label, patient = values["ill"].int64_list.value[0], values["patient"].bytes_list.value[0]
        note = values["note"].bytes_list.value[0].decode()
        for term, text in (("chest", "chest"), ("rash", "rash"), ("discharge", "discharge"), ("no_fever", "denies")):
            found.setdefault((term, label), set()).update({patient} if text in note else set())
        fever = "high fever" in note or "galenic fever" in note
        found.setdefault(("fever", label), set()).update({patient} if fever else set())
    return found


def test_a_full_vocabulary_leaves_out_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.patterns.phrases.MOST_WORDS", 3)
    found, terms = counted(tmp_path, [example("alpha beta gamma delta epsilon", 1, "a"), example("alpha", 0, "b")])
    assert found.words_left_out >= 2 and sum(" " not in term for term in terms) == 3


def test_empty_notes_and_notes_that_are_no_text(tmp_path: Path) -> None:
    records = [example("", 1, "a"), example(" .!? [NAME] ", 0, "b"), example("cough", 0, "c")]
    found, terms = counted(tmp_path, records)
    assert terms == {"cough": [1, 0]} and found.notes == 3


def test_examples_of_another_task(tmp_path: Path) -> None:
    file = write(tmp_path / "notes", [b"\x0a\x03abc", example("A secret note", 1, "a")])
    with pytest.raises(DataProblem, match="the examples cannot be read") as caught:
        count_terms([file], make_task(), min_patients=1)
    assert "secret" not in str(caught.value) and "galen run ward --to NotesExampleGen" in str(caught.value)


def test_words_of_many_notes_are_counted_per_note_only_once(tmp_path: Path) -> None:
    records = [example("cough " * 50, int(i < 4), str(i)) for i in range(9)]
    _, terms = counted(tmp_path, records)
    assert Counter(map(tuple, terms.values())) == {(5, 4): 3}  # cough, cough cough, cough cough cough
