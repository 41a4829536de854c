"""Counts patients by term, label and slice, in two passes over the notes.

The first pass learns the words and who the patients are, and counts phrases in hashed counters of fixed size (a
count-min sketch of one row: Cormode G, Muthukrishnan S. J Algorithms 2005), which count too many and never too few. The
second counts patients exactly, for the terms that may have enough of them. A term counts once a patient, however many
notes repeat it, so the terms of a patient wait until the last note of that patient has been read.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from components.patterns.phrases import Packed, Vocabulary, packed, unpacked
from components.patterns.reading import Notes, read_notes
from pipeline_configs.task import Task
from transforms import note_tensors
from transforms.note_masking import masked, whole_words

__all__ = ["Counts", "Group", "count_terms"]

BUCKETS = 24
"""Binary logarithm of the number of hashed counters: 64 MB."""

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # Knuth's multiplicative hashing, 2**64 over the golden ratio

Progress = Callable[[str, int], None]


@dataclass(frozen=True)
class Group:
    """Patients with one value of a slice feature.

    Attributes:
        feature: Slice feature.
        value: Its value.
        negatives: Patients without the diagnosis.
        positives: Patients with it.
        counts: int64 `[terms, 2]`, patients with the term among negatives and positives.
    """

    feature: str
    value: str
    negatives: int
    positives: int
    counts: NDArray[np.int64] = field(repr=False)


@dataclass(frozen=True)
class Counts:
    """Patients by term.

    Attributes:
        terms: Each term as its words.
        counts: int64 `[terms, 2]`, patients with the term among negatives and positives.
        only_masked: int64 `[terms]`, patients who have the term only inside a label phrase that the task masks.
        negatives: Patients without the diagnosis.
        positives: Patients with it.
        groups: The same by slice.
        notes: Notes read.
        both: Patients with notes of both labels.
        words_left_out: Words that came after the vocabulary was full.
    """

    terms: list[tuple[str, ...]]
    counts: NDArray[np.int64]
    only_masked: NDArray[np.int64]
    negatives: int
    positives: int
    groups: list[Group]
    notes: int
    both: int
    words_left_out: int


def count_terms(
    files: Sequence[str],
    task: Task,
    *,
    min_patients: int,
    ngrams: int = 3,
    mask: bool = False,
    progress: Progress = lambda step, notes: None,
) -> Counts:
    """Counts the terms of all notes.

    A patient with notes of both labels is a positive, with the words of the positive notes. The value of a slice
    feature is that of the patient's first note.

    Args:
        files: TFRecord files or patterns.
        task: The task.
        min_patients: Terms of fewer patients are left out.
        ngrams: Words of the longest phrase, at most three.
        mask: Whether the label phrases of the task are masked first, as for the model.
        progress: Called with "words" or "patients" and the notes read in this pass.

    Raises:
        DataProblem: A file cannot be read, or a record is no example of the task.
    """
    graphs = _Graphs(task.text[1].masked, mask)
    first = _FirstPass(ngrams, graphs)
    for batch in read_notes(files, task):
        first.add(batch)
        progress("words", first.notes)
    second = _SecondPass(first, graphs, min_patients)
    read = 0
    for batch in read_notes(files, task):
        second.add(batch)
        read += len(batch.patients)
        progress("patients", read)
    return second.counts(task, min_patients)


class _Graphs:
    """Tensor functions as graphs: a third of the time of single operations."""

    def __init__(self, phrases: Sequence[str], mask: bool) -> None:
        texts = [tf.TensorSpec([None], tf.string)]

        @tf.function(input_signature=texts, autograph=False)
        def words(notes: tf.Tensor) -> note_tensors.Words:
            return note_tensors.words(masked(notes, phrases) if mask else notes)

        @tf.function(input_signature=texts, autograph=False)
        def changed(notes: tf.Tensor) -> tuple[tf.Tensor, note_tensors.Words]:
            hidden = masked(notes, phrases)
            rows = tf.where(hidden != whole_words(notes))[:, 0]
            return rows, note_tensors.words(tf.gather(hidden, rows))

        self.words = words
        self.changed = changed if phrases and not mask else None


class _FirstPass:
    """Learns words, patients and slices, and counts terms too often rather than too seldom."""

    def __init__(self, ngrams: int, graphs: _Graphs) -> None:
        self.ngrams = ngrams
        self._graphs = graphs
        self.vocabulary = Vocabulary()
        self.hashed = np.zeros(1 << BUCKETS, np.uint32)
        self.notes = 0
        self.patients: dict[bytes, int] = {}
        self.by_label: list[list[int]] = []  # notes of each patient, negative and positive
        self.slices: list[tuple[bytes, ...]] = []

    def add(self, batch: Notes) -> None:
        """Takes in notes."""
        found = self._graphs.words(batch.texts)
        numbers = self.vocabulary.learn(found.values.numpy().tolist())
        terms = packed(found, numbers, self.vocabulary.kinds(), self.ngrams)
        np.add.at(self.hashed, _bucket(terms.keys), np.uint32(1))
        values = list(zip(*batch.slices.values(), strict=True)) or [()] * len(batch.patients)
        for patient, label, of_note in zip(batch.patients, batch.labels.tolist(), values, strict=True):
            number = self.patients.setdefault(patient, len(self.patients))
            if number == len(self.by_label):
                self.by_label.append([0, 0])
                self.slices.append(of_note)
            self.by_label[number][label] += 1
        self.notes += len(batch.patients)


class _SecondPass:
    """Counts patients."""

    def __init__(self, first: _FirstPass, graphs: _Graphs, min_patients: int) -> None:
        self._first = first
        self._graphs = graphs
        self._kinds = first.vocabulary.kinds()
        self._enough = first.hashed >= min_patients
        by_label = np.array(first.by_label, np.int64).reshape(-1, 2)
        self._labels = (by_label[:, 1] > 0).astype(np.int64)
        self._both = int(np.count_nonzero(by_label.all(axis=1)))
        self._to_come = np.where(self._labels == 1, by_label[:, 1], by_label[:, 0])
        self._groups: dict[tuple[int, bytes], int] = {}
        self._of_patient = self._columns()
        self._width = 3 + 2 * len(self._groups)  # overall by label, only masked, groups by label
        self._numbers: dict[int, int] = {}
        self._table = np.zeros((1 << 12, self._width), np.int32)
        self._waiting: dict[int, list[tuple[NDArray[np.int32], NDArray[np.int32]]]] = {}

    def add(self, batch: Notes) -> None:
        """Takes in notes."""
        found = self._terms(self._graphs.words(batch.texts))
        without = self._terms_without(batch.texts)
        for row, name in enumerate(batch.patients):
            patient = self._first.patients[name]
            if batch.labels[row] < self._labels[patient]:
                continue
            self._waiting.setdefault(patient, []).append((found[row], without.get(row, found[row])))
            self._to_come[patient] -= 1
            if not self._to_come[patient]:
                self._count(patient)

    def counts(self, task: Task, min_patients: int) -> Counts:
        """Returns the terms that enough patients have, the most frequent first."""
        table = self._table[: len(self._numbers)].astype(np.int64)
        patients = table[:, 0] + table[:, 1]
        kept = np.flatnonzero(patients >= min_patients)
        keys = np.fromiter(self._numbers, np.int64, len(self._numbers))
        kept = kept[np.lexsort((keys[kept], -patients[kept]))]
        words = self._first.vocabulary.words()
        names = list(task.slice_features)
        groups = []
        for (feature, value), column in self._groups.items():
            inside = (self._of_patient == column).any(axis=1)
            positives = int(self._labels[inside].sum())
            group = (names[feature], value.decode("utf-8", "replace"), int(inside.sum()) - positives, positives)
            groups.append(Group(*group, table[kept, column : column + 2]))
        positives = int(self._labels.sum())
        return Counts(
            terms=[tuple(words[number] for number in unpacked(int(keys[term]))) for term in kept],
            counts=table[kept, :2],
            only_masked=table[kept, 2],
            negatives=int(self._labels.size) - positives,
            positives=positives,
            groups=_ordered(groups, task),
            notes=self._first.notes,
            both=self._both,
            words_left_out=self._first.vocabulary.left_out,
        )

    def _columns(self) -> NDArray[np.int64]:
        """Returns the first column of each patient's groups, int64 `[patients, slice features]`; -1 without one."""
        slices, width = self._first.slices, len(self._first.slices[0]) if self._first.slices else 0
        columns = np.full((len(slices), width), -1, np.int64)
        for patient, values in enumerate(slices):
            for feature, value in enumerate(values):
                if value:
                    number = self._groups.setdefault((feature, value), 3 + 2 * len(self._groups))
                    columns[patient, feature] = number
        return columns

    def _terms(self, found: note_tensors.Words) -> list[NDArray[np.int32]]:
        """Returns the numbers of the terms of each note, each once."""
        numbers = self._first.vocabulary.numbers(found.values.numpy().tolist())
        terms = packed(found, numbers, self._kinds, self._first.ngrams)
        kept = self._enough[_bucket(terms.keys)]
        terms = Packed(terms.keys[kept], terms.rows[kept])
        distinct, where = np.unique(terms.keys, return_inverse=True)
        known = self._numbers
        numbers = np.fromiter((known.setdefault(key, len(known)) for key in distinct.tolist()), np.int64, distinct.size)
        while len(known) > len(self._table):
            self._table = np.concatenate([self._table, np.zeros_like(self._table)])
        pairs = np.unique(terms.rows << 32 | numbers[where])
        count = int(found.notes)
        ends = np.searchsorted(pairs, np.arange(1, count + 1, dtype=np.int64) << 32)
        return np.split((pairs & 0xFFFFFFFF).astype(np.int32), ends[:-1])

    def _terms_without(self, texts: tf.Tensor) -> dict[int, NDArray[np.int32]]:
        """Returns the terms of the notes in which something is masked, by row."""
        if not self._graphs.changed:
            return {}
        rows, found = self._graphs.changed(texts)
        return dict(zip(rows.numpy().tolist(), self._terms(found), strict=True)) if len(rows) else {}

    def _count(self, patient: int) -> None:
        parts = self._waiting.pop(patient)
        terms, label = _union([part for part, _ in parts]), self._labels[patient]
        self._table[terms, label] += 1
        for column in self._of_patient[patient]:
            if column >= 0:
                self._table[terms, column + label] += 1
        if any(part is not left for part, left in parts):
            left = _union([left for _, left in parts])
            self._table[np.setdiff1d(terms, left, assume_unique=True), 2] += 1


def _bucket(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    return (keys.astype(np.uint64) * _GOLDEN >> np.uint64(64 - BUCKETS)).astype(np.int64)


def _union(parts: list[NDArray[np.int32]]) -> NDArray[np.int32]:
    return parts[0] if len(parts) == 1 else np.unique(np.concatenate(parts))


def _ordered(groups: list[Group], task: Task) -> list[Group]:
    """Orders groups as the task does: by slice feature, bands from low to high, other values by name."""
    features = list(task.slice_features)
    bands = {
        (name, label): place
        for name, feature in task.slice_features.items()
        for place, label in enumerate(task.sensitive[feature].labels())
    }
    return sorted(groups, key=lambda g: (features.index(g.feature), bands.get((g.feature, g.value), -1), g.value))
