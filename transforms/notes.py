"""Preprocessing of notes: one graph for training and for serving, named by the pipeline's Transform node."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf
import tensorflow_transform as tft

from pipeline_configs.task import Task
from pipeline_configs.text import Text
from transforms import note_tensors
from transforms.layout import ACQUISITION, FEATURES, Layout
from transforms.note_masking import masked
from transforms.note_views import NOTE, TFIDF, UNMASKED
from transforms.tensors import MISSING, dense
from transforms.vector import RARE, vector

__all__ = ["preprocessing_fn"]


def preprocessing_fn(inputs: Mapping[str, Any], custom_config: Mapping[str, Any]) -> dict[str, Any]:
    """Turns a note into weighted terms, and the other inputs into a vector.

    Args:
        inputs: Raw features by name, of shape `[batch, at most 1]`: the note string, others float32, string or int64.
        custom_config: {"task": JSON of the task}.

    Returns:
        tfidf: SparseTensor float32 `[batch, vocabulary]` of the note without the label words, rows of length 1 or 0.
        tfidf_unmasked: The same of the note as it stands; only where the task masks label words.
        note: string `[batch]`, without the label words; only where the task has an encoder.
        features: float32 `[batch, Layout(task.input_values).width]`; only where the model sees other values.
        acquisition: float32 `[batch, Layout(task.probed).width]`; only where the task probes for shortcuts.
    """
    task = Task.model_validate_json(custom_config["task"])
    name, text = task.text
    as_it_stands = dense(inputs[name], MISSING["text"])
    note = masked(as_it_stands, text.masked)
    views: dict[str, Any] = {TFIDF: _tfidf(note, text, TFIDF)}
    if text.masked:
        views[UNMASKED] = _tfidf(as_it_stands, text, UNMASKED)
    if task.training.notes.encoder:
        views[NOTE] = note
    if task.input_values:
        views[FEATURES] = vector(inputs, Layout(task.input_values))
    if task.probed:
        views[ACQUISITION] = vector(inputs, Layout(task.probed), prefix=f"{ACQUISITION}_")
    return views


def _tfidf(notes: tf.Tensor, text: Text, vocabulary: str) -> tf.SparseTensor:
    """Learns a vocabulary of terms that enough notes have, and how many notes have each."""
    found = note_tensors.terms(note_tensors.words(notes), text.ngrams)
    path = tft.vocabulary(
        note_tensors.distinct(found),
        top_k=text.max_vocabulary,
        frequency_threshold=RARE,
        vocab_filename=vocabulary,
    )
    ids = tft.apply_vocabulary(found.values, path, default_value=-1)
    size = tft.experimental.get_vocabulary_size_by_name(vocabulary)
    counts = note_tensors.counted(found, ids, text.max_vocabulary + 1, size)
    present = tf.math.unsorted_segment_sum(tf.ones_like(counts.indices[:, 1]), counts.indices[:, 1], size)
    notes_with_term = tft.sum(present[tf.newaxis], reduce_instance_dims=False)
    inverse = note_tensors.inverse_frequency(notes_with_term, tft.sum(found.notes[tf.newaxis]))
    return note_tensors.weighted(counts, inverse)
