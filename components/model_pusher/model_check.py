"""Asks a SavedModel once before it becomes visible, and reads its signatures."""

from typing import Any

import numpy as np
import tensorflow as tf

from pipeline_configs.errors import Problem, RunFailed

__all__ = ["check_model"]

SIGNATURE = "serving_default"


def check_model(path: str) -> dict[str, Any]:
    """Loads a model and asks it about a patient of whom nothing is known, which every model of Galen must bear.

    Args:
        path: Folder of the SavedModel.

    Returns:
        By signature, `inputs` and `outputs`: dtype and shape by name, -1 for the number of rows.

    Raises:
        RunFailed: The model does not load, lacks the signature, or gives no probability.
    """
    try:
        model = tf.saved_model.load(path)
        empty = tf.constant([tf.train.Example().SerializeToString()])
        answer = np.asarray(model.signatures[SIGNATURE](examples=empty)["probability"])
    except (OSError, KeyError, TypeError, ValueError, tf.errors.OpError) as error:
        raise _refused(path, type(error).__name__) from None
    if answer.shape != (1, 1) or not np.isfinite(answer).all() or not 0 <= answer[0, 0] <= 1:
        raise _refused(path, "something else than one probability")
    return {
        name: {
            "inputs": _specs(signature.structured_input_signature[1]),
            "outputs": _specs(signature.structured_outputs),
        }
        for name, signature in model.signatures.items()
    }


def _refused(path: str, found: str) -> RunFailed:
    return RunFailed(
        Problem(
            "the model does not answer and is not pushed",
            path,
            f"signature '{SIGNATURE}' that takes 'examples' and gives 'probability' in 0..1",
            found,
        )
    )


def _specs(specs: dict[str, tf.TensorSpec]) -> dict[str, Any]:
    return {
        name: {"dtype": spec.dtype.name, "shape": [-1 if size is None else size for size in spec.shape]}
        for name, spec in specs.items()
    }
