"""Reads Examples for training and evaluation: parsed and transformed in large batches by the graph that serves.

The transformed rows of a task are a float32 matrix that fits in memory (2,000,000 rows of 60 columns take 480 MB), so
that each file is read, parsed and transformed once, and every epoch only gathers rows.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
import tensorflow_transform as tft
from numpy.typing import NDArray

from pipeline_configs.errors import DataProblem, Problem
from pipeline_configs.feature import Feature
from pipeline_configs.task import PATIENT_FEATURE, Task
from trainers.datasets import CALLS, fixed
from trainers.share import WHOLE, Share
from transforms.layout import FEATURES
from transforms.tensors import MISSING, dense

__all__ = ["READ_BATCH", "Rows", "batches", "features_and_labels", "input_spec", "serialized", "slice_value"]

READ_BATCH = 4096
"""Examples parsed and transformed at a time."""

DTYPES = {"numeric": tf.float32, "categorical": tf.string, "flag": tf.int64, "image": tf.string, "text": tf.string}


class Rows(NamedTuple):
    """Examples of one or more splits, row by row.

    Attributes:
        features: float32 `[n, width]`, the output of the transform graph.
        labels: int64 `[n]`, 0 or 1.
        patients: bytes `[n]`, pseudonyms.
        slices: For each slice feature of the task, bytes `[n]`; b"" where missing. A flag is b"0" or b"1".
    """

    features: NDArray[np.float32]
    labels: NDArray[np.int64]
    patients: NDArray[np.bytes_]
    slices: dict[str, NDArray[np.bytes_]]


def input_spec(features: Mapping[str, Feature]) -> dict[str, tf.io.VarLenFeature]:
    """Returns how features are parsed from a tf.Example: each optional."""
    return {name: tf.io.VarLenFeature(DTYPES[feature.kind]) for name, feature in features.items()}


def features_and_labels(files: Sequence[str], transform_output: tft.TFTransformOutput, task: Task) -> Rows:
    """Reads, parses and transforms Examples.

    Args:
        files: TFRecord files or patterns; those that end in .gz are gzipped. Read in order of their names.
        transform_output: The transform graph.
        task: The task: its inputs, label and slice features.

    Returns:
        All rows, in order.

    Raises:
        DataProblem: A file cannot be read, or a record is no tf.Example, lacks the label, or holds a feature twice.
    """
    layer = transform_output.transform_features_layer()
    declared = {name: task.features[name] for name in task.slice_features if name in task.features}
    bands = {name: tf.io.VarLenFeature(tf.string) for name in task.band_features}
    spec = {**input_spec({**task.inputs, **declared}), **bands}
    spec[task.label.name] = tf.io.FixedLenFeature([], tf.int64)
    spec[PATIENT_FEATURE] = tf.io.FixedLenFeature([], tf.string, "")

    @tf.autograph.experimental.do_not_convert  # nothing to convert, and the search for it costs seconds
    def parse(serialized: tf.Tensor) -> dict[str, Any]:
        raw = tf.io.parse_example(serialized, spec)
        features = layer({name: raw[name] for name in task.inputs})[FEATURES]
        slices = {name: slice_value(raw[name], declared.get(name)) for name in task.slice_features}
        return {
            "features": features,
            "labels": raw[task.label.name],
            "patients": raw[PATIENT_FEATURE],
            "slices": slices,
        }

    dataset = serialized(files).batch(READ_BATCH).map(parse, num_parallel_calls=CALLS).prefetch(2)
    try:
        parts = list(dataset.as_numpy_iterator())
    except (tf.errors.OpError, UnicodeDecodeError) as error:
        # The message quotes the record, and is a UnicodeDecodeError of its own where that is no text.
        expected = f"TFRecords of tf.Examples with the label '{task.label.name}' and at most one value a feature"
        raise DataProblem(
            Problem("the examples cannot be read", ", ".join(files), expected, type(error).__name__)
        ) from None
    if not parts:
        width = transform_output.transformed_feature_spec()[FEATURES].shape[0]
        none = np.array([], np.bytes_)
        slices = dict.fromkeys(task.slice_features, none)
        return Rows(np.zeros((0, width), np.float32), np.zeros(0, np.int64), none, slices)
    return Rows(
        np.concatenate([part["features"] for part in parts]),
        np.concatenate([part["labels"] for part in parts]),
        np.concatenate([part["patients"] for part in parts]).astype(np.bytes_),
        {n: np.concatenate([part["slices"][n] for part in parts]).astype(np.bytes_) for n in task.slice_features},
    )


def batches(
    features: NDArray[np.float32],
    labels: NDArray[np.int64],
    weights: NDArray[np.float32],
    batch_size: int,
    shuffle_seed: int | None = None,
    share: Share = WHOLE,
) -> tf.data.Dataset:
    """Makes a dataset of batches for `trainers.loop.train`.

    Args:
        features: float32 `[n, width]`.
        labels: int64 `[n]`.
        weights: float32 `[n]`, weight of each row in the loss.
        batch_size: Rows in a batch, over all replicas.
        shuffle_seed: Shuffles anew for each epoch, the same way for the same seed, and leaves out the incomplete last
            batch. None keeps the order and every row.
        share: What of it this process sees. The batches of all workers together are those of one process.

    Returns:
        Batches of (features float32 `[batch, width]`, label float32 `[batch, 1]`, weight float32 `[batch]`).
    """
    x, y, w = tf.constant(features), tf.constant(labels.astype(np.float32)[:, np.newaxis]), tf.constant(weights)
    steps = len(labels) // batch_size
    if shuffle_seed is None and not share.whole:
        numbers, counts = share.padded(len(labels), batch_size)
        w = tf.concat([w, tf.zeros(1)], 0)  # the last one is that of what only fills up
        places = np.where(counts, numbers, len(labels))
        order = tf.data.Dataset.from_tensor_slices((numbers, places))
        rows = order.map(lambda i, j: (tf.gather(x, i), tf.gather(y, i), tf.gather(w, j)), num_parallel_calls=1)
        return fixed(rows.repeat().prefetch(2))
    if shuffle_seed is None:
        order = tf.data.Dataset.range(len(labels)).batch(batch_size)
    else:

        def epoch(seed: tf.Tensor) -> tf.data.Dataset:
            # One shuffle of all row numbers a pass: element by element it took as long as training.
            rows = tf.random.experimental.stateless_shuffle(tf.range(len(labels)), [seed, shuffle_seed])
            return tf.data.Dataset.from_tensor_slices(
                share.of(tf.reshape(rows[: steps * batch_size], [steps, batch_size]))
            )

        order = tf.data.Dataset.random(shuffle_seed, rerandomize_each_iteration=True).take(1).flat_map(epoch)
        # Several workers count the steps themselves: to ask each other at each whether there is more takes time.
        cardinality = tf.data.experimental.assert_cardinality(steps)
        order = order.apply(cardinality) if share.whole else order.repeat()
    rows = order.map(lambda i: (tf.gather(x, i), tf.gather(y, i), tf.gather(w, i)), num_parallel_calls=1)
    return fixed(rows.prefetch(2))


def serialized(files: Sequence[str]) -> tf.data.Dataset:
    """Returns a dataset of the serialized examples of files and patterns, in order of their names."""
    names = tf.constant(sorted({name for pattern in files for name in tf.io.gfile.glob(pattern)}), tf.string)

    def read(name: tf.Tensor) -> tf.data.Dataset:
        compression = tf.where(tf.strings.regex_full_match(name, r".*\.gz"), "GZIP", "")
        return tf.data.TFRecordDataset(name, compression_type=compression, buffer_size=8 << 20)

    return fixed(tf.data.Dataset.from_tensor_slices(names).flat_map(read))


def slice_value(value: tf.SparseTensor, feature: Feature | None) -> tf.Tensor:
    """Returns a slice feature as string `[batch]`; a band has no declaration of its own."""
    kind = feature.kind if feature else "categorical"
    flat = dense(value, MISSING[kind])
    return tf.where(flat < 0, "", tf.strings.as_string(flat)) if kind == "flag" else flat
