"""Reads notes, labels, pseudonyms and slices from Examples, a few megabytes at a time."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pipeline_configs.errors import DataProblem, Problem
from pipeline_configs.task import PATIENT_FEATURE, Task
from trainers.input_fn import input_spec, serialized, slice_value

__all__ = ["Notes", "read_notes"]

CHUNK = 64
MOST_NOTES = 1024
MOST_BYTES = 4 << 20
"""Size of a batch, whichever comes first, to within a chunk of records: the notes of some tasks are long."""


class Notes(NamedTuple):
    """Some consecutive notes.

    Attributes:
        texts: string tensor `[n]`, UTF-8, de-identified.
        labels: int64 `[n]`, 0 or 1.
        patients: Pseudonyms, n of them.
        slices: For each slice feature of the task its n values; b"" where missing.
    """

    texts: tf.Tensor
    labels: NDArray[np.int64]
    patients: list[bytes]
    slices: Mapping[str, list[bytes]]


def read_notes(files: Sequence[str], task: Task) -> Iterator[Notes]:
    """Reads Examples of a task on notes in order of the files' names.

    Args:
        files: TFRecord files or patterns; those that end in .gz are gzipped.
        task: The task: its text, label and slice features.

    Yields:
        At most 1024 notes, of about 4 MB.

    Raises:
        DataProblem: A file cannot be read, or a record is no example of the task.
    """
    name, _ = task.text
    declared = {slice_: task.features[slice_] for slice_ in task.slice_features if slice_ in task.features}
    spec: dict[str, Any] = {
        **input_spec(declared),
        **{band: tf.io.VarLenFeature(tf.string) for band in task.band_features},
        name: tf.io.FixedLenFeature([], tf.string),
        task.label.name: tf.io.FixedLenFeature([], tf.int64),
        PATIENT_FEATURE: tf.io.FixedLenFeature([], tf.string),
    }
    try:
        for records in _batched(files):
            found = tf.io.parse_example(records, spec)
            slices = {
                slice_: slice_value(found[slice_], task.features.get(slice_)).numpy().tolist()
                for slice_ in task.slice_features
            }
            yield Notes(found[name], found[task.label.name].numpy(), found[PATIENT_FEATURE].numpy().tolist(), slices)
    except tf.errors.OpError as error:  # its text quotes the record
        expected = f"TFRecords of tf.Examples with '{name}', '{task.label.name}' and '{PATIENT_FEATURE}'"
        fix = f"galen run {task.name} --to NotesExampleGen, if the task has changed since it ran"
        problem = Problem("the examples cannot be read", ", ".join(files), expected, type(error).__name__, fix)
        raise DataProblem(problem) from None


def _batched(files: Sequence[str]) -> Iterator[tf.Tensor]:
    held: list[tf.Tensor] = []
    size = 0
    for records in serialized(files).batch(CHUNK):
        held.append(records)
        size += int(tf.reduce_sum(tf.strings.length(records)))
        if len(held) * CHUNK >= MOST_NOTES or size >= MOST_BYTES:
            yield tf.concat(held, 0)
            held, size = [], 0
    if held:
        yield tf.concat(held, 0)
