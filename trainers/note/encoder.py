"""An encoder of notes from a local path: frozen, read once, and exported inside the model."""

from collections.abc import Callable
from typing import Any, NoReturn

import keras
import tensorflow as tf

from pipeline_configs.errors import ConfigError, Problem

__all__ = ["Encoder", "load_encoder"]

KEY = "training.notes.encoder"
EXPECTED = "a SavedModel folder or .keras file that takes notes (string, [batch]) to vectors (float32, [batch, width])"


class Encoder:
    """Turns notes into vectors.

    Args:
        resource: What holds the weights and tables, to be tracked by whoever exports it.
        call: From string `[batch]` to float32 `[batch, width]`.
        width: Columns of the vector.
    """

    def __init__(self, resource: Any, call: Callable[[tf.Tensor], tf.Tensor], width: int) -> None:
        self.resource, self.width, self._call = resource, width, call

    def __call__(self, notes: tf.Tensor) -> tf.Tensor:
        """Returns the vector of each note, float32 `[batch, width]`; 0 where it is not finite."""
        vectors = tf.cast(self._call(notes), tf.float32)
        return tf.where(tf.math.is_finite(vectors), tf.ensure_shape(vectors, [None, self.width]), 0.0)


def load_encoder(path: str) -> Encoder | None:
    """Loads the encoder of a task; nothing is downloaded.

    Args:
        path: The task's `training.notes.encoder`; "" where there is none.

    Raises:
        ConfigError: There is nothing to load, it cannot be loaded, or it takes or gives something else.
    """
    if not path:
        return None
    if not tf.io.gfile.exists(path):
        _refuse("the encoder is not there", path, "nothing at this path")
    try:
        if path.endswith(".keras"):
            model = keras.models.load_model(path, compile=False)
            model.trainable = False
            resource, call, rank = model, lambda notes: model(notes, training=False), len(model.inputs[0].shape)
            takes, count = tf.as_dtype(model.inputs[0].dtype), len(model.inputs)
        else:
            resource = tf.saved_model.load(path)
            signature = resource.signatures["serving_default"]
            ((argument, spec),) = signature.structured_input_signature[1].items()
            ((output, _),) = signature.structured_outputs.items()
            rank, takes, count = spec.shape.rank, spec.dtype, 1

            def call(notes: tf.Tensor) -> tf.Tensor:
                return signature(**{argument: notes})[output]
    except (OSError, KeyError, ValueError, TypeError, AttributeError, tf.errors.OpError) as error:
        _refuse("the encoder cannot be loaded", path, type(error).__name__)
    if count != 1 or takes != tf.string or rank not in (1, 2):
        _refuse("the encoder takes something else than notes", path, f"{count} input(s), the first {takes.name}")
    # A layer for text in Keras usually takes one column.
    shaped = (lambda notes: call(notes[:, tf.newaxis])) if rank == 2 else call
    try:
        answer = shaped(tf.constant(["", "a note"]))
    except (ValueError, TypeError, tf.errors.OpError) as error:
        _refuse("the encoder does not answer", path, type(error).__name__)
    if not tf.is_tensor(answer) or not answer.dtype.is_floating or answer.shape.rank != 2 or answer.shape[0] != 2:
        _refuse("the encoder gives something else than one vector a note", path, _described(answer))
    return Encoder(resource, shaped, int(answer.shape[1]))


def _described(answer: Any) -> str:
    return f"{answer.dtype.name} of shape {answer.shape.as_list()}" if tf.is_tensor(answer) else type(answer).__name__


def _refuse(what: str, path: str, found: str) -> NoReturn:
    raise ConfigError(Problem(what, f"{KEY}: {path}", EXPECTED, found, "give another path, or leave it out")) from None
