"""The transformed notes of a split, kept in files of a scratch folder, so that the text is transformed only once.

A note's terms take some two kilobytes. They are written as they are read, batch by batch, and mapped into memory, which
the operating system takes back where it is short: never are all notes in memory, and every epoch gathers rows.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
import tensorflow_transform as tft
from numpy.typing import NDArray

from pipeline_configs.task import Task
from trainers import streaming
from trainers.datasets import fixed
from trainers.input_fn import Rows
from trainers.models.note_terms import VECTOR
from trainers.note.encoder import Encoder
from trainers.share import WHOLE, Share
from transforms.note_views import NOTE, TFIDF

__all__ = ["NoteRows", "batch", "note_batches", "read_notes", "scratch"]


class NoteRows(NamedTuple):
    """Notes of a split, row by row.

    Attributes:
        views: What the transform graph gives, and the encoder's vector: scipy.sparse.csr_matrix or array `[n, width]`.
        labels: int64 `[n]`, 0 or 1.
        patients: bytes `[n]`, pseudonyms.
    """

    views: Mapping[str, Any]
    labels: NDArray[np.int64]
    patients: NDArray[np.bytes_]

    @property
    def bare(self) -> Rows:
        """Labels and patients alone, for what counts them."""
        return Rows(np.zeros((len(self.labels), 0), np.float32), self.labels, self.patients, {})

    def of(self, view: str) -> Rows:
        """One view, which is an array."""
        return self.bare._replace(features=np.asarray(self.views[view]))


@contextmanager
def scratch() -> Iterator[Path]:
    """Gives a folder that is gone afterwards, even where files of it are still mapped."""
    with tempfile.TemporaryDirectory(prefix="galen_notes_", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def read_notes(
    files: Sequence[str],
    transform_output: tft.TFTransformOutput,
    task: Task,
    folder: Path,
    encoder: Encoder | None = None,
) -> NoteRows:
    """Reads, parses, transforms and encodes the notes of a split, once.

    Args:
        files: TFRecord files or patterns, as for `streaming.batches`.
        transform_output: The transform graph.
        task: The task.
        folder: Where the rows are kept; used for nothing else. Numbers only: no text is written.
        encoder: What makes a vector of a note, where the task has one.

    Raises:
        DataProblem: A file cannot be read, or a record is no tf.Example or lacks the label.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kept: dict[str, _Kept] = {}
    labels, patients = [np.zeros(0, np.int64)], [np.zeros(0, "S1")]
    for read in streaming.batches(files, transform_output, task):
        views = dict(read.views)
        notes = views.pop(NOTE, None)
        if encoder is not None:
            views[VECTOR] = np.asarray(encoder(tf.constant(notes)))
        for name, view in views.items():
            kept.setdefault(name, _Kept(folder / name, view)).append(view)
        labels.append(read.labels)
        patients.append(read.patients)
    return NoteRows(
        {name: one.mapped() for name, one in kept.items()}, np.concatenate(labels), np.concatenate(patients)
    )


def batch(rows: NoteRows, places: NDArray[np.int64] | slice, names: Sequence[str]) -> dict[str, Any]:
    """Returns some rows as the model takes them: tensors `[b, width]` by name, the terms as a SparseTensor."""
    found: dict[str, Any] = {}
    for name in names:
        part = rows.views[name][places]
        if name == TFIDF:
            part = part.tocoo()
            indices = np.stack([part.row, part.col], axis=1).astype(np.int64)
            found[name] = tf.SparseTensor(indices, part.data, part.shape)
        else:
            found[name] = tf.constant(part)
    return found


def note_batches(
    rows: NoteRows,
    names: Sequence[str],
    weights: tuple[float, float],
    batch_size: int,
    shuffle_seed: int | None = None,
    term_dropout: float = 0.0,
    share: Share = WHOLE,
) -> tf.data.Dataset:
    """Makes a dataset of batches for `trainers.loop.train`.

    Args:
        rows: The notes.
        names: The views that the model sees.
        weights: Weight of a negative and of a positive example in the loss.
        batch_size: Notes in a batch.
        shuffle_seed: Shuffles anew for each epoch, the same way for the same seed, and leaves out the incomplete last
            batch. None keeps the order and every note.
        term_dropout: Share of a note's terms that are left out; the others weigh as much more.
        share: What of it this process sees.

    Returns:
        Batches of ({view: tensor}, label float32 `[b, 1]`, weight float32 `[b]`).
    """
    count, epochs = len(rows.labels), iter(range(1_000_000))
    steps = count // batch_size if shuffle_seed is not None else -(-count // batch_size)
    cost = np.where(rows.labels == 1, weights[1], weights[0]).astype(np.float32)

    def parts(rng: np.random.Generator) -> Iterator[tuple[NDArray[np.int64], NDArray[np.bool_]]]:
        """Row numbers of one batch after the other, and which of them count."""
        if shuffle_seed is None and not share.whole:
            yield from zip(*share.padded(count, batch_size), strict=True)
            return
        order = np.arange(count) if shuffle_seed is None else rng.permutation(count)
        for start in range(0, steps * batch_size, batch_size):
            places = order[start : start + batch_size]
            for part in [places] if share.whole else share.of(places[np.newaxis]):
                yield part, np.ones(len(part), np.bool_)

    def epoch() -> Iterator[Any]:
        rng = np.random.default_rng([shuffle_seed or 0, next(epochs)])
        for places, counted in parts(rng):
            views = batch(rows, places, names)
            if term_dropout:
                views[TFIDF] = _thinned(views[TFIDF], term_dropout, rng)
            yield views, rows.labels[places].astype(np.float32)[:, np.newaxis], cost[places] * counted

    shapes = {name: rows.views[name].shape[1] for name in names}
    views = {
        name: tf.SparseTensorSpec([None, width], tf.float32) if name == TFIDF else tf.TensorSpec([None, width])
        for name, width in shapes.items()
    }
    signature = (views, tf.TensorSpec([None, 1]), tf.TensorSpec([None]))
    dataset = tf.data.Dataset.from_generator(epoch, output_signature=signature)
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(steps)) if share.whole else dataset.repeat()
    return fixed(dataset.prefetch(2))


def _thinned(terms: tf.SparseTensor, share: float, rng: np.random.Generator) -> tf.SparseTensor:
    kept = rng.random(len(terms.values)) >= share
    values = terms.values.numpy()[kept] / np.float32(1 - share)
    return tf.SparseTensor(terms.indices.numpy()[kept], values, terms.dense_shape)


class _Kept:
    """A view in files: the values of an array, or the three arrays of a sparse matrix."""

    def __init__(self, path: Path, view: Any) -> None:
        self.path, self.width, self.sparse, self.lengths = path, view.shape[1], hasattr(view, "tocsr"), [0]

    def append(self, view: Any) -> None:
        """Writes some rows behind those before."""
        if not self.sparse:
            return self._write("values", view.astype(np.float32, copy=False))
        rows = view.tocsr()
        self._write("values", rows.data)
        self._write("columns", rows.indices.astype(np.int32, copy=False))
        self.lengths.extend(np.diff(rows.indptr).tolist())

    def mapped(self) -> Any:
        """Returns all rows, mapped into memory."""
        values = self._read("values", np.float32)
        if not self.sparse:
            return values.reshape(-1, self.width)
        from scipy.sparse import csr_matrix

        starts = np.cumsum(self.lengths, dtype=np.int64)
        return csr_matrix((values, self._read("columns", np.int32), starts), (len(starts) - 1, self.width))

    def _write(self, part: str, values: NDArray[Any]) -> None:
        with self.path.with_suffix(f".{part}").open("ab") as file:
            values.tofile(file)

    def _read(self, part: str, dtype: Any) -> NDArray[Any]:
        path = self.path.with_suffix(f".{part}")
        return np.asarray(np.memmap(path, dtype, "r")) if path.stat().st_size else np.zeros(0, dtype)
