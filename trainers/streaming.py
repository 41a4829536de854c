"""Reads Examples in batches, for images and notes, which are never all in memory.

The same parsing and the same transform graph as for records (trainers.input_fn); what the graph gives by name is called
a view here: `image`, `tfidf`, `features`.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal, NamedTuple

import numpy as np
import tensorflow as tf
import tensorflow_transform as tft
from numpy.typing import NDArray

from pipeline_configs.errors import DataProblem, Problem
from pipeline_configs.task import PATIENT_FEATURE, Task
from trainers.datasets import CALLS, fixed
from trainers.input_fn import READ_BATCH, input_spec, serialized, slice_value
from trainers.share import WHOLE, Share

__all__ = ["Batch", "batches", "labels_of", "read_batch", "stream"]

SHUFFLED = 64 << 20
"""Bytes of serialized examples held to shuffle them."""

LARGE_BATCH = 256
"""Examples read at a time where each holds an image or a note."""

View = NDArray[Any] | Any
"""An array `[n, ...]`, or a scipy.sparse.csr_matrix `[n, width]` where the graph gives a sparse tensor."""


class Batch(NamedTuple):
    """Some consecutive examples.

    Attributes:
        views: What the transform graph makes of them, by name.
        labels: int64 `[n]`, 0 or 1.
        patients: bytes `[n]`, pseudonyms.
        slices: For each slice feature of the task, bytes `[n]`; b"" where missing.
        serialized: The tf.Examples themselves, string tensor `[n]`.
    """

    views: Mapping[str, View]
    labels: NDArray[np.int64]
    patients: NDArray[np.bytes_]
    slices: Mapping[str, NDArray[np.bytes_]]
    serialized: tf.Tensor


def read_batch(task: Task) -> int:
    """Returns how many examples of a task are read at a time."""
    return READ_BATCH if task.modality == "records" else LARGE_BATCH


def batches(
    files: Sequence[str], transform_output: tft.TFTransformOutput, task: Task, views: Sequence[str] | None = None
) -> Iterator[Batch]:
    """Reads, parses and transforms Examples, batch by batch in order.

    Args:
        files: TFRecord files or patterns; those that end in .gz are gzipped. Read in order of their names.
        transform_output: The transform graph.
        task: The task: its features, label and slice features.
        views: The outputs of the graph that are wanted; all where left out.

    Raises:
        DataProblem: A file cannot be read, or a record is no tf.Example or lacks the label.
    """
    parse = _parser(transform_output, task, views)
    dataset = serialized(files).batch(read_batch(task))
    dataset = dataset.map(lambda records: (records, parse(records)), num_parallel_calls=2).prefetch(1)
    with _reading(files, task):
        for records, found in dataset:
            yield Batch(
                {name: _as_array(view) for name, view in found["views"].items()},
                found["labels"].numpy(),
                found["patients"].numpy().astype(np.bytes_),
                {name: values.numpy().astype(np.bytes_) for name, values in found["slices"].items()},
                records,
            )


def stream(
    files: Sequence[str],
    transform_output: tft.TFTransformOutput,
    task: Task,
    views: Sequence[str],
    batch_size: int,
    *,
    weights: tuple[float, float] = (1.0, 1.0),
    shuffle_seed: int | None = None,
    cache: Literal["none", "memory", "disk"] = "none",
    cache_folder: str = "",
    share: Share = WHOLE,
    rows: int = 0,
) -> tf.data.Dataset:
    """Makes a dataset of batches for `trainers.loop.train`.

    Args:
        files: As for `batches`.
        transform_output: The transform graph.
        task: The task.
        views: The outputs of the graph that the model sees.
        batch_size: Examples in a batch, over all replicas.
        weights: Weight of a negative and of a positive example in the loss.
        shuffle_seed: Shuffles anew for each epoch, the same way for the same seed, within a buffer of 64 MB, and leaves
            out the incomplete last batch. None keeps the order and every example.
        cache: Keeps the stored examples in memory or in files of `cache_folder` after the first pass.
        cache_folder: Where; local.
        share: What this process sees: with several workers every n-th example, so that each parses, decodes and caches
            its own, and no example is seen by two; the files are passed over by all.
        rows: Number of examples in the files; needed with several workers.

    Returns:
        Batches of ({view: tensor}, label float32 `[batch, 1]`, weight float32 `[batch]`).
    """
    parse, negative, positive = _parser(transform_output, task, views), *weights
    dataset, size, steps = serialized(files), batch_size // share.replicas, 0
    if not share.whole and shuffle_seed is None:
        # As many for each worker, and the same number of batches: the first ones again, without weight, fill up.
        steps, size = share.steps(rows, batch_size)
        dataset = dataset.repeat().take(steps * share.replicas * size)
    dataset = dataset.enumerate().shard(share.workers, share.worker)
    if cache != "none":
        dataset = dataset.cache(f"{cache_folder.rstrip('/')}/examples" if cache == "disk" else "")
    if shuffle_seed is not None:
        dataset = dataset.shuffle(_shuffled_examples(files), shuffle_seed, reshuffle_each_iteration=True)

    def prepared(numbers: tf.Tensor, records: tf.Tensor) -> tuple[dict[str, Any], tf.Tensor, tf.Tensor]:
        found = parse(records)
        label = found["labels"]
        weight = tf.where(label == 1, tf.constant(positive, tf.float32), tf.constant(negative, tf.float32))
        if steps:
            weight = tf.where(numbers < rows, weight, 0.0)
        return found["views"], tf.cast(label, tf.float32)[:, tf.newaxis], weight

    dataset = dataset.batch(size, drop_remainder=not share.whole or shuffle_seed is not None)
    dataset = dataset.map(prepared, num_parallel_calls=CALLS)
    if not share.whole:
        dataset = dataset.repeat()
    return fixed(dataset.prefetch(2))


def labels_of(files: Sequence[str], task: Task) -> NDArray[np.int64]:
    """Returns the labels of Examples, int64 `[n]`, without parsing the rest.

    Raises:
        DataProblem: A file cannot be read, or a record is no tf.Example or lacks the label.
    """
    spec = {task.label.name: tf.io.FixedLenFeature([], tf.int64)}
    dataset = serialized(files).batch(LARGE_BATCH).map(lambda records: tf.io.parse_example(records, spec))
    with _reading(files, task):
        parts = [found[task.label.name].numpy() for found in dataset]
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def _parser(transform_output: tft.TFTransformOutput, task: Task, views: Sequence[str] | None) -> Any:
    """Returns a function from serialized examples to views, labels, pseudonyms and slices."""
    layer = transform_output.transform_features_layer()
    wanted = {**task.inputs, **task.probed, **{n: task.features[n] for n in task.slice_features if n in task.features}}
    fed = {name: wanted[name] for name in (*task.inputs, *task.probed)}
    bands = {name: tf.io.VarLenFeature(tf.string) for name in task.band_features}
    spec: dict[str, Any] = {**input_spec(wanted), **bands}
    spec[task.label.name] = tf.io.FixedLenFeature([], tf.int64)
    spec[PATIENT_FEATURE] = tf.io.FixedLenFeature([], tf.string, "")

    @tf.autograph.experimental.do_not_convert
    def parse(records: tf.Tensor) -> dict[str, Any]:
        raw = tf.io.parse_example(records, spec)
        found = layer({name: raw[name] for name in fed})
        return {
            "views": {name: view for name, view in found.items() if views is None or name in views},
            "labels": raw[task.label.name],
            "patients": raw[PATIENT_FEATURE],
            "slices": {name: slice_value(raw[name], task.features.get(name)) for name in task.slice_features},
        }

    return parse


def _shuffled_examples(files: Sequence[str]) -> int:
    """How many examples fit into the buffer, by the size of the first one."""
    first = next(iter(serialized(files).take(1).as_numpy_iterator()), b"")
    return max(1000, SHUFFLED // max(1, len(first)))


def _as_array(view: tf.Tensor | tf.SparseTensor) -> View:
    if not isinstance(view, tf.SparseTensor):
        return view.numpy()
    from scipy.sparse import csr_matrix

    indices = view.indices.numpy()
    shape = tuple(view.dense_shape.numpy())
    return csr_matrix((view.values.numpy(), (indices[:, 0], indices[:, 1])), shape=shape)


@contextmanager
def _reading(files: Sequence[str], task: Task) -> Iterator[None]:
    """Turns what TensorFlow raises, which quotes the record, into a DataProblem."""
    try:
        yield
    except (tf.errors.OpError, UnicodeDecodeError) as error:
        expected = f"TFRecords of tf.Examples with the label '{task.label.name}'"
        problem = Problem("the examples cannot be read", ", ".join(files), expected, type(error).__name__)
        raise DataProblem(problem) from None
