"""Writes the SavedModel that serves notes: raw Examples or plain named tensors in, calibrated probabilities out."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf
import tensorflow_transform as tft

from pipeline_configs.task import Task
from trainers.input_fn import input_spec
from trainers.models.note_terms import VECTOR, Widths
from trainers.note.encoder import Encoder
from trainers.signatures import named_inputs, present
from transforms.note_views import NOTE, TFIDF

__all__ = ["export_notes"]


def export_notes(
    model: keras.Model,
    widths: Widths,
    transform_output: tft.TFTransformOutput,
    encoder: Encoder | None,
    task: Task,
    uri: str,
) -> None:
    """Writes the model with the transform graph and the encoder inside.

    Signatures, both to {"probability": float32 `[batch, 1]`, "logit": float32 `[batch, 1]`}:
        serving_default: `examples`, string `[batch]`, serialized tf.Examples; label and patient may be absent.
        predict: one tensor `[batch, 1]` for each input: the note, and the other values that the model sees.

    Args:
        model: The calibrated model on the views.
        widths: What it sees.
        transform_output: The transform graph.
        encoder: The task's encoder.
        task: The task.
        uri: Folder to write.
    """
    layer = transform_output.transform_features_layer()
    spec, names = input_spec(task.inputs), list(widths.inputs())

    def answered(raw: Mapping[str, tf.SparseTensor]) -> dict[str, tf.Tensor]:
        return dict(model(_seen(layer(raw), names, widths, encoder), training=False))

    def serving_default(examples: tf.Tensor) -> dict[str, tf.Tensor]:
        return answered(tf.io.parse_example(examples, spec))

    def predict(inputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        return answered({n: present(inputs[n], feature.kind) for n, feature in task.inputs.items()})

    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.track(layer)
    if encoder is not None:
        archive.track(encoder.resource)
    examples = tf.TensorSpec([None], tf.string, name="examples")
    archive.add_endpoint("serving_default", serving_default, input_signature=[examples])
    archive.add_endpoint("predict", predict, input_signature=[named_inputs(task)])
    archive.write_out(uri, verbose=False)


def _seen(views: Mapping[str, Any], names: Sequence[str], widths: Widths, encoder: Encoder | None) -> dict[str, Any]:
    """What the model sees of the transform graph's views; the graph does not know how many terms there are."""
    terms = views[TFIDF]
    shape = tf.stack([terms.dense_shape[0], tf.constant(widths.terms, tf.int64)])
    seen = {name: views[name] for name in names if name in views}
    seen[TFIDF] = tf.SparseTensor(terms.indices, terms.values, shape)
    if encoder is not None:
        seen[VECTOR] = encoder(views[NOTE])
    return seen
