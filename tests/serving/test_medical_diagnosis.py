"""serving.medical_diagnosis: a really trained model, asked about notes that hold identifiers."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline_configs.errors import ConfigError, DataProblem
from serving.medical_diagnosis import Diagnosis, perform_medical_diagnosis
from serving.phrases import driving_phrases
from tests.samples.files import make_sample
from tests.samples.notes import sample_notes, sample_notes_task
from trainers.notes import run_fn

NOTE = "Patient: Martha Collins\nDOB: 03/04/1961\n\nReports cough. Reports fever. Reports rigors. Denies crackles."


@pytest.fixture(scope="session")
def pushed_notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a task with one version, as the Pusher leaves it."""
    folder, task = tmp_path_factory.mktemp("pushed"), sample_notes_task()
    run_fn(make_sample(task, sample_notes(500, seed=5), folder).fn_args(folder))
    version = folder / "serving" / "sample_notes" / "7"
    version.parent.mkdir(parents=True)
    (folder / "Format-Serving").rename(version)
    description = {"version": 7, "declaration": task.model_dump(mode="json")}
    (version / "model_metadata.json").write_text(json.dumps(description))
    return version.parent


def asked(note: object, model: Path, **options: int) -> Diagnosis:
    found = perform_medical_diagnosis(note, model, **options)  # type: ignore[arg-type]
    assert isinstance(found, Diagnosis)
    return found


def test_probabilities_by_class_and_the_decision(pushed_notes: Path) -> None:
    ill = asked(NOTE, pushed_notes)
    well = asked("Denies cough. Denies fever. Denies rigors. Denies dyspnoea. Denies crackles.", pushed_notes)
    assert set(ill.probabilities) == {"ill", "no ill"}
    assert sum(ill.probabilities.values()) == pytest.approx(1)
    assert ill.probabilities["ill"] > 0.5 > well.probabilities["ill"]
    assert (ill.positive, well.positive, ill.threshold) == (True, False, 0.5)
    assert (ill.task, ill.version, ill.note) == ("sample_notes", 7, 0)


def test_identifiers_are_gone_before_the_model_is_asked(pushed_notes: Path) -> None:
    found = asked(NOTE, pushed_notes)
    assert "Martha" not in found.text and "Collins" not in found.text and "03/04" not in found.text
    assert found.removed["NAME"] >= 1
    assert found.removed["DATE"] == 1
    assert "Collins" not in repr(found)
    known = perform_medical_diagnosis("xantippa coughs. Reports fever today.", pushed_notes, known_names=["Xantippa"])
    assert isinstance(known, Diagnosis) and "xantippa" not in known.text


def test_one_known_name_need_not_stand_in_a_list(pushed_notes: Path) -> None:
    found = perform_medical_diagnosis("xantippa coughs. Reports fever today.", pushed_notes, known_names="Xantippa")
    assert isinstance(found, Diagnosis) and "xantippa" not in found.text


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ({"known_names": None}, "known_names: these are no names"),
        ({"known_names": [5]}, "known_names: these are no names"),
        ({"phrases": 2.5}, "phrases: there is no such number"),
        ({"phrases": -1}, "phrases: there is no such number"),
    ],
)
def test_options_that_are_none(pushed_notes: Path, option: dict[str, Any], words: str) -> None:
    with pytest.raises(DataProblem, match=words):
        perform_medical_diagnosis(NOTE, pushed_notes, **option)


def test_phrases_are_signed_sorted_and_stand_where_they_say(pushed_notes: Path) -> None:
    found = asked(NOTE, pushed_notes, phrases=4)
    assert 1 <= len(found.phrases) <= 4
    assert all(found.text[p.start : p.end] == p.text for p in found.phrases)
    strengths = [abs(p.effect) for p in found.phrases]
    assert strengths == sorted(strengths, reverse=True)
    for_it = " ".join(p.text for p in found.phrases if p.effect > 0)
    assert {"cough", "fever", "rigors"} & set(for_it.replace(".", " ").split())
    assert not any(sign in p.text for p in found.phrases if p.effect < 0 for sign in ("cough", "fever", "rigors"))
    assert asked(NOTE, pushed_notes, phrases=0).phrases == ()


def test_an_effect_is_the_change_of_the_calibrated_log_odds(pushed_notes: Path) -> None:
    found = asked(NOTE, pushed_notes)
    phrase = found.phrases[0]
    without = asked(f"{found.text[: phrase.start]} {found.text[phrase.end :]}", pushed_notes, phrases=0)
    odds = [np.log(one.probabilities["ill"] / one.probabilities["no ill"]) for one in (found, without)]
    assert phrase.effect == pytest.approx(odds[0] - odds[1], abs=0.02)


def test_several_notes_and_other_values(pushed_notes: Path) -> None:
    found = perform_medical_diagnosis([NOTE, {"note": NOTE, "age": "70"}, {"note": NOTE, "age": None}], pushed_notes)
    assert isinstance(found, list)
    assert [one.note for one in found] == [0, 1, 2]
    assert found[0].probabilities == pytest.approx(found[2].probabilities, abs=1e-6)
    assert perform_medical_diagnosis([], pushed_notes) == []


@pytest.mark.parametrize(
    ("note", "message"),
    [
        ("", "the note is empty or nearly so"),
        ("   \n ", "the note is empty or nearly so"),
        ("x" * 1_000_001, "the note is longer than the task allows"),
        ("7342 " * 20, "the note is mostly digits"),
        ("\x00\x01\x02 secret" * 10, "binary"),
        (b"Reports secret cough and fever", "this is no note"),
        (7, "this is no note"),
        ({"age": "70"}, "there is no note"),
        ({"note": "Reports cough and fever.", "secret": 1}, "values are given that the model does not take"),
        ({"note": "Reports cough and fever.", "age": "secret"}, "age"),
        (["Reports cough and fever.", None], "note 2: this is no note"),
    ],
)
def test_a_note_that_cannot_be_taken_is_a_data_problem_without_its_text(
    pushed_notes: Path, note: object, message: str
) -> None:
    with pytest.raises(DataProblem, match=message) as problem:
        perform_medical_diagnosis(note, pushed_notes)  # type: ignore[arg-type]
    assert "secret" not in str(problem.value)


def test_no_model_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no pushed model"):
        perform_medical_diagnosis(NOTE, tmp_path)


def test_phrases_of_a_linear_model_are_its_weights() -> None:
    weights = {"cough": 1.0, "severe": 0.5, "well": -2.0}

    def log_odds(texts: list[str]) -> np.ndarray:
        return np.array([sum(weights.get(word.strip("."), 0.0) for word in text.split()) for text in texts])

    found = driving_phrases("A severe cough. [NAME] is well today.", log_odds, 5)
    assert [(p.text, p.effect) for p in found] == [("well", -2.0), ("severe cough", 1.5)]
    assert driving_phrases("", log_odds, 5) == driving_phrases("[NAME]. ...", log_odds, 5) == []


def test_a_long_note_costs_no_more_questions() -> None:
    questions = []

    def log_odds(texts: list[str]) -> np.ndarray:
        questions.append(len(texts))
        return np.array([float("cough" in text) for text in texts])

    text = "Nothing new here at all. " * 5_000 + "A cough."
    assert [p.text for p in driving_phrases(text, log_odds, 5)] == ["cough"]
    assert sum(questions) < 1_000
