"""Which split each note stands in, and which are left out."""

from typing import Any

import numpy as np
import pytest

from components.ingest.reasons import Reason
from components.ingest.splits import assign
from components.notes_example_gen.decide import COPY, QUARANTINED, decide
from components.notes_example_gen.table import NoteTable
from pipeline_configs.task import Task
from tests.components.notes_example_gen.notes import body, make_notes_task
from transforms.text.min_hash import MinHash
from transforms.text.reasons import NoteReason

TRAIN, CALIBRATION, EVAL = 0.1, 0.7, 0.9
"""Places of patients in each split."""


def table_of(*notes: tuple[int, float, int, str]) -> NoteTable:
    """A table of (patient, place, label, text)."""
    signatures = [MinHash(0.8)(text) for _, _, _, text in notes]
    count = len(notes)
    return NoteTable(
        patients=np.array([patient for patient, _, _, _ in notes], np.uint64),
        positions=np.array([place for _, place, _, _ in notes]),
        labels=np.array([label for _, _, label, _ in notes], np.int8),
        files=np.zeros(count, np.int32),
        lines=np.arange(2, count + 2),
        digests=np.array([hash(text) & (2**63 - 1) for _, _, _, text in notes], np.uint64),
        missing=np.zeros((count, 2), bool),
        bands=np.array([signature.bands for signature in signatures]),
        signatures=np.array([signature.bytes for signature in signatures]),
        names=["n.csv"],
    )


def task_of(**changes: Any) -> Task:
    return make_notes_task(changes.pop("path", "x"), **{"rows_per_patient": "many", **changes})


def near(text: str) -> str:
    return f"{text[:-20]} and one thing more"


def test_patients_without_copies_stand_where_the_hash_puts_them() -> None:
    table = table_of((1, TRAIN, 0, body(1)), (2, CALIBRATION, 1, body(2)), (3, EVAL, 0, body(3)))
    decision = decide(table, task_of())
    assert decision.splits.tolist() == assign(task_of().splits, table.positions).tolist() == [0, 1, 2]
    assert (decision.clusters, decision.moved, decision.kept_out, decision.both) == (0, 0, 0, 0)


def test_all_patients_of_a_copy_stand_where_the_first_by_place_stands() -> None:
    text = body(1, 300)
    table = table_of(
        (1, EVAL, 0, text),
        (1, EVAL, 0, body(5)),
        (2, CALIBRATION, 1, near(text)),
        (3, EVAL, 0, body(3)),
        (4, TRAIN, 1, body(4)),
    )
    decision = decide(table, task_of())
    assert decision.splits.tolist() == [1, 1, 1, 2, 0]  # the other note of patient 1 moves as well
    assert (decision.clusters, decision.moved) == (1, 1)


def test_copies_are_followed_over_several_patients() -> None:
    one, two = body(1, 300), body(2, 300)
    table = table_of((1, EVAL, 0, one), (2, EVAL, 0, near(one)), (2, EVAL, 1, two), (3, TRAIN, 0, near(two)))
    decision = decide(table, task_of())
    assert decision.splits.tolist() == [0, 0, 0, 0]
    assert (decision.clusters, decision.moved, decision.both) == (2, 2, 1)


def test_with_a_window_of_spans_nobody_moves() -> None:
    text = body(1, 300)
    table = table_of((1, EVAL, 0, text), (2, TRAIN, 1, near(text)), (3, CALIBRATION, 0, body(3)))
    decision = decide(table, task_of(path="x/{SPAN}/n.csv", **{"data.window": 2}))
    assert decision.splits.tolist() == [COPY, 0, 1]
    assert (decision.moved, decision.kept_out) == (0, 1)


def test_the_same_note_of_a_patient_is_taken_once() -> None:
    text = body(1)
    table = table_of((1, TRAIN, 0, text), (1, TRAIN, 0, text), (1, TRAIN, 1, text), (2, EVAL, 0, body(2)))
    decision = decide(table, task_of())
    assert decision.splits.tolist() == [0, QUARANTINED, 0, 2]
    assert decision.reasons == {1: NoteReason.REPEATED}
    assert decision.both == 1


def test_the_first_by_line_stays_whatever_share_it_was_in() -> None:
    text = body(1)
    table = table_of((1, TRAIN, 0, text), (1, TRAIN, 0, text), (1, TRAIN, 0, body(7)))
    table.lines = np.array([9, 5, 7])
    assert decide(table, task_of()).reasons == {0: NoteReason.REPEATED}
    one = decide(table, task_of(rows_per_patient="one"))
    assert one.reasons == {0: NoteReason.REPEATED, 2: Reason.REPEATED_PATIENT}


def test_a_note_in_quarantine_links_nobody() -> None:
    text = body(1, 300)
    table = table_of((1, EVAL, 0, body(2)), (1, EVAL, 0, text), (2, TRAIN, 0, near(text)))
    decision = decide(table, task_of(rows_per_patient="one"))
    assert decision.splits.tolist() == [2, QUARANTINED, 0]


@pytest.mark.parametrize("count", [0, 1])
def test_hardly_any_notes(count: int) -> None:
    tables = [table_of((1, EVAL, 0, body(1)))]
    table = NoteTable.joined(tables) if count else table_of()
    if not count:
        table.bands, table.signatures = np.empty((0, 14), np.uint64), np.empty((0, 128), np.uint8)
    assert decide(table, task_of()).splits.tolist() == [2] * count
