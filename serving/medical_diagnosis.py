"""Asks a pushed model about clinical notes: calibrated probabilities, and the phrases that they rest on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline_configs.errors import DataProblem, Problem
from pipeline_configs.task import Task
from serving.named_values import named_values
from serving.phrases import Phrase, driving_phrases
from serving.pushed_model import PushedModel, load_pushed
from transforms.text.prepared import Prepared, prepared
from transforms.text.reasons import NoteReason, Unread

__all__ = ["Diagnosis", "perform_medical_diagnosis"]

BATCH, BATCH_CHARACTERS = 256, 2_000_000
"""Notes, and their characters, that the model is asked about at a time."""

ClinicalNote = str | Mapping[str, Any]


@dataclass(frozen=True)
class Diagnosis:
    """What the model says about one note.

    Attributes:
        probabilities: Calibrated, by class: the label's name, and "no " before it; they add up to 1.
        positive: Whether the label's probability reaches the task's decision threshold.
        threshold: That threshold.
        phrases: What speaks most for or against the label, the strongest first; offsets are into `text`. They show what
            the model rests on, not why it is right.
        text: The note as the model was given it: cleaned and de-identified.
        removed: How many identifiers were taken out, by category.
        note: Place of the note among those given, from 0 on.
        task: Name of the task.
        version: Version of the model.
    """

    probabilities: Mapping[str, float]
    positive: bool
    threshold: float
    phrases: tuple[Phrase, ...] = field(repr=False)
    text: str = field(repr=False)
    removed: Mapping[str, int]
    note: int
    task: str
    version: int


def perform_medical_diagnosis(
    clinical_notes_data: ClinicalNote | Sequence[ClinicalNote],
    model: str | PathLike[str] | PushedModel,
    *,
    phrases: int = 10,
    known_names: str | Sequence[str] = (),
) -> Diagnosis | list[Diagnosis]:
    """Asks a pushed model about one note or several.

    A note is cleaned, rid of the sections that the task leaves out, and de-identified before anything else, as when
    data is ingested; nothing is written. It is always de-identified as in `safe_harbor`: shifted dates need the
    ingest's key, so that a model of a limited data set sees no dates here.

        >>> found = perform_medical_diagnosis("Fever and cough since Monday ...", "serving/pneumonia_notes")
        >>> found.probabilities
        {'pneumonia': 0.71, 'no pneumonia': 0.29}
        >>> [(phrase.text, round(phrase.effect, 2)) for phrase in found.phrases[:2]]
        [('Fever', 0.64), ('no crackles', -0.31)]

    Args:
        clinical_notes_data: One note or a sequence of them. A note is its text, or a mapping from the task's features
            to values: the note under its own name, and the other values that the model sees, written as in the task's
            source; what is left out is missing.
        model: A pushed model, the folder of one of its versions, or the task's folder, of which the newest is taken.
        phrases: Most phrases for each note; with 0 the model is asked only once.
        known_names: Names of patients, relatives and staff, which are then found wherever they stand; or one of them.

    Returns:
        One diagnosis for one note, else a list in the order of the notes.

    Raises:
        ConfigError: There is no such model, or it is no model of notes.
        DataProblem: A note is no text, empty or too long, or a value is not as declared; it says which note by its
            place, and quotes nothing of it.
    """
    pushed = model if isinstance(model, PushedModel) else load_pushed(model)
    if pushed.task.modality != "notes":
        pushed = load_pushed(pushed.path, "notes")
    if isinstance(phrases, bool) or not isinstance(phrases, int) or phrases < 0:
        raise DataProblem(Problem("there is no such number of phrases", "phrases", "a whole number from 0 on"))
    names = _names(known_names)
    single = isinstance(clinical_notes_data, str | Mapping) or not isinstance(clinical_notes_data, Sequence)
    given: Sequence[Any] = [clinical_notes_data] if single else clinical_notes_data  # type: ignore[assignment]
    if isinstance(given, bytes | bytearray):
        raise DataProblem(_no_text("note 1", given))
    task = pushed.task
    rows = [_row(note, place, task) for place, note in enumerate(given)]
    notes = [_prepared(text, place, task, names) for place, (text, _) in enumerate(rows)]
    others = named_values(task, [values for _, values in rows])
    _, probability = _asked(pushed, [note.text for note in notes], others)
    threshold, label = task.evaluation.decision_threshold, task.label.name
    found = []
    for place, note in enumerate(notes):
        own = {name: values[place : place + 1] for name, values in others.items()}
        p = float(probability[place])
        found.append(
            Diagnosis(
                probabilities={label: p, f"no {label}": 1 - p},
                positive=p >= threshold,
                threshold=threshold,
                phrases=tuple(_phrases(pushed, note.text, own, phrases)),
                text=note.text,
                removed=dict(sorted(note.removed.items())),
                note=place,
                task=task.name,
                version=pushed.version,
            )
        )
    return found[0] if single else found


def _names(known_names: Any) -> Sequence[str]:
    names = [known_names] if isinstance(known_names, str) else known_names
    if not isinstance(names, Sequence) or not all(isinstance(name, str) for name in names):
        raise DataProblem(Problem("these are no names", "known_names", "a text, or a sequence of texts"))
    return names


def _row(note: Any, place: int, task: Task) -> tuple[str, dict[str, Any]]:
    """The text of a note, and the other values."""
    name, where = task.text[0], f"note {place + 1}"
    if isinstance(note, Mapping):
        if name not in note:
            raise DataProblem(Problem("there is no note", where, f"a text under '{name}'", "a mapping without it"))
        values = {str(key): value for key, value in note.items() if key != name}
        note = note[name]
    else:
        values = {}
    if not isinstance(note, str):
        raise DataProblem(_no_text(where, note))
    return note, values


def _no_text(where: str, note: Any) -> Problem:
    fix = "decode bytes first, as in content.decode('utf-8')"
    return Problem("this is no note", where, "text, or a mapping with one", type(note).__name__, fix)


def _prepared(text: str, place: int, task: Task, names: Sequence[str]) -> Prepared:
    """The note as the ingest would store it."""
    declared, where = task.text[1], f"note {place + 1}"
    try:
        return prepared(text, declared, task.privacy, names)
    except Unread as problem:
        least = max(1, declared.min_characters)
        limits: dict[str, tuple[str, str]] = {
            NoteReason.TOO_LONG: (f"at most {declared.max_characters:,} characters", f"{len(text):,}"),
            NoteReason.EMPTY: (f"at least {least} characters, sections left out not counted", ""),
            NoteReason.DIGITS: (f"at most {declared.max_digit_share:.0%} digits", ""),
        }
        expected, found = limits.get(problem.reason, ("text", ""))
        raise DataProblem(Problem(str(problem), where, expected, found)) from None


def _asked(
    pushed: PushedModel, notes: Sequence[str], others: Mapping[str, NDArray[Any]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Logit and calibrated probability of each note, `[n]`."""
    import tensorflow as tf

    name = pushed.task.text[0]
    most = max(1, min(BATCH, BATCH_CHARACTERS // max(1, max(map(len, notes), default=1))))
    logits, probabilities = [np.zeros(0)], [np.zeros(0)]
    for start in range(0, len(notes), most):
        part = slice(start, start + most)
        inputs = {name: tf.constant([[note.encode()] for note in notes[part]], tf.string)}
        inputs |= {key: tf.constant(values[part]) for key, values in others.items()}
        answer = pushed.signatures["predict"](**inputs)
        logits.append(np.asarray(answer["logit"], np.float64)[:, 0])
        probabilities.append(np.asarray(answer["probability"], np.float64)[:, 0])
    return np.concatenate(logits), np.concatenate(probabilities)


def _phrases(pushed: PushedModel, text: str, own: Mapping[str, NDArray[Any]], most: int) -> list[Phrase]:
    def asked(texts: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return _asked(pushed, texts, {name: np.repeat(values, len(texts), axis=0) for name, values in own.items()})

    if most < 1:
        return []
    slope = _slope(*asked(["", text]))
    return driving_phrases(text, lambda texts: slope * asked(texts)[0], most)


def _slope(logit: NDArray[np.float64], probability: NDArray[np.float64]) -> float:
    """The calibrator's slope, from two answers; 1 where they are the same, or one is certain in float32."""
    between = float(logit[1] - logit[0])
    if abs(between) < 1e-3 or np.min(probability) < 1e-6 or np.max(probability) > 1 - 1e-6:
        return 1.0
    odds = np.log(probability / (1 - probability))
    return float(odds[1] - odds[0]) / between
