"""Writes the SavedModel that serves: raw Examples or plain named tensors in, calibrated probabilities out."""

from collections.abc import Mapping

import keras
import tensorflow as tf
import tensorflow_transform as tft

from pipeline_configs.task import Task
from trainers.input_fn import DTYPES, input_spec
from transforms.layout import FEATURES
from transforms.tensors import MISSING

__all__ = ["export", "named_inputs", "present"]


def named_inputs(task: Task) -> dict[str, tf.TensorSpec]:
    """Returns the inputs of the `predict` signature.

    Returns:
        By feature: float32, string or int64 of shape `[batch, 1]`; NaN, "" and -1 mean missing.
    """
    return {name: tf.TensorSpec([None, 1], DTYPES[f.kind], name=name) for name, f in task.inputs.items()}


def export(model: keras.Model, transform_output: tft.TFTransformOutput, task: Task, uri: str) -> None:
    """Writes the model with the transform graph inside.

    Signatures, both to {"probability": float32 `[batch, 1]`, "logit": float32 `[batch, 1]`}:
        serving_default: `examples`, string `[batch]`, serialized tf.Examples; label and patient may be absent.
        predict: one tensor for each input feature, see `named_inputs`.

    Args:
        model: The calibrated model on transformed features.
        transform_output: The transform graph.
        task: The task.
        uri: Folder to write.
    """
    layer = transform_output.transform_features_layer()
    spec = input_spec(task.inputs)

    def serving_default(examples: tf.Tensor) -> dict[str, tf.Tensor]:
        return dict(model(layer(tf.io.parse_example(examples, spec))[FEATURES], training=False))

    def predict(inputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        raw = {name: present(inputs[name], feature.kind) for name, feature in task.inputs.items()}
        return dict(model(layer(raw)[FEATURES], training=False))

    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.track(layer)
    examples = tf.TensorSpec([None], tf.string, name="examples")
    archive.add_endpoint("serving_default", serving_default, input_signature=[examples])
    archive.add_endpoint("predict", predict, input_signature=[named_inputs(task)])
    archive.write_out(uri, verbose=False)


def present(value: tf.Tensor, kind: str) -> tf.SparseTensor:
    """Leaves the missing values of a `[batch, 1]` tensor of a kind of feature out."""
    known = ~tf.math.is_nan(value) if value.dtype.is_floating else value != MISSING[kind]
    indices = tf.where(known)
    return tf.SparseTensor(indices, tf.gather_nd(value, indices), tf.shape(value, out_type=tf.int64))
