"""Decides of all notes of a span in which split each stands, and which are left out."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from components.ingest.reasons import Reason
from components.ingest.splits import assign
from components.notes_example_gen.table import NoteTable
from pipeline_configs.task import Task
from transforms.text.clusters import clusters, joined
from transforms.text.reasons import NoteReason

__all__ = ["COPY", "QUARANTINED", "Decision", "decide"]

QUARANTINED = -1
"""In place of a split: the note goes to quarantine."""
COPY = -2
"""In place of a split: the note is left out, as a copy of a note of another patient in another split."""

COPY_REASON = "a near copy of a note of a patient in another split"


@dataclass(frozen=True)
class Decision:
    """What becomes of each note.

    Attributes:
        splits: int8[notes]; number of the split in `SPLITS`, or `QUARANTINED` or `COPY`.
        reasons: Of each note in quarantine, by its place.
        clusters: Number of clusters of near-duplicates.
        moved: Number of patients who stand in another split than their hash says.
        kept_out: Number of patients whose notes are left out, as `COPY`.
        both: Number of patients with notes of both labels.
    """

    splits: npt.NDArray[np.int8]
    reasons: dict[int, str]
    clusters: int
    moved: int
    kept_out: int
    both: int


def decide(table: NoteTable, task: Task) -> Decision:
    """Decides.

    - The same note of the same patient, with the same label, is taken once: the first in order of file and line.
    - Where a patient has one row, the first note stays.
    - Near-duplicates may be of several patients, where notes are copied forward or made from templates. All patients
      that are linked so stand in one split: that of the patient whose place between 0 and 1 is smallest.

    A patient without such copies always stands where the hash puts him. One with copies stands there in every span in
    which the copies are not; so with a window of several spans, where that would let one patient into two splits, no
    patient moves: the notes of those who would are left out of the span.

    Args:
        table: All notes.
        task: The declaration.
    """
    splits = assign(task.splits, table.positions)
    reasons = _repeated(table, task.rows_per_patient == "one")
    splits[list(reasons)] = QUARANTINED
    kept = np.flatnonzero(splits != QUARANTINED)
    own, patients = splits[kept], table.patients[kept]
    alike = clusters(table.bands[kept], table.signatures[kept], task.text[1].near_duplicate)
    groups = joined(alike, patients)
    order = np.lexsort((table.positions[kept], groups))
    together = own[order[np.unique(groups[order], return_index=True)[1]]][groups]
    moving = together != own
    stay = task.data.window > 1
    splits[kept] = np.where(moving, COPY, own) if stay else together
    number = len(np.unique(patients[moving]))
    moved, kept_out = (0, number) if stay else (number, 0)
    return Decision(splits, reasons, _sizes(alike), moved, kept_out, _both(table, splits >= 0))


def _repeated(table: NoteTable, one_each: bool) -> dict[int, str]:
    """Reasons of the notes that were there before, by place."""
    # Files in the order of their names, as they were listed; a file's notes by line, whatever share they were in.
    names = np.argsort(np.argsort(np.array(table.names))) if table.names else np.empty(0, np.int64)
    order = np.lexsort((table.lines, names[table.files]))
    reasons: dict[int, str] = {}
    same = np.rec.fromarrays([table.patients[order], table.digests[order], table.labels[order]])
    for keys, reason in ((table.patients[order], Reason.REPEATED_PATIENT), (same, NoteReason.REPEATED)):
        if reason is NoteReason.REPEATED or one_each:
            later = np.ones(len(order), bool)
            later[np.unique(keys, return_index=True)[1]] = False
            reasons.update({int(place): str(reason) for place in order[later]})
    return reasons


def _sizes(alike: npt.NDArray[np.int64]) -> int:
    """The number of clusters of more than one note."""
    _, counts = np.unique(alike, return_counts=True)
    return int((counts > 1).sum())


def _both(table: NoteTable, written: npt.NDArray[np.bool_]) -> int:
    positive = np.unique(table.patients[written & (table.labels == 1)])
    return len(np.intersect1d(positive, table.patients[written & (table.labels == 0)]))
