"""Starts training from the last model's weights, where they still fit."""

import hashlib
import json
import logging
import tempfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
import tensorflow_transform as tft
from numpy.typing import NDArray

from pipeline_configs.training import Training
from transforms.layout import Layout

__all__ = ["EXTRA", "MODEL", "described", "keep", "previous_weights", "save_model", "vocabulary_sizes"]

EXTRA = "assets.extra"
"""Folder inside a SavedModel that TensorFlow Serving leaves alone; holds the Keras model and what its weights mean."""

MODEL = "model.keras"
DESCRIPTION = "model.json"

_log = logging.getLogger(__name__)


def vocabulary_sizes(layout: Layout, transform_output: tft.TFTransformOutput) -> list[int]:
    """Returns the number of ids of each categorical feature with a learnt vocabulary: missing, other, its values."""
    return [int(transform_output.vocabulary_size_by_name(name)) + 2 for name in layout.ids]


def described(layout: Layout, transform_output: tft.TFTransformOutput, training: Training) -> dict[str, Any]:
    """Returns what the weights of a model mean: two models with the same description may exchange them."""
    vocabularies = {
        name: hashlib.sha256(b"\n".join(transform_output.vocabulary_by_name(name))).hexdigest() for name in layout.ids
    }
    return {
        "columns": list(layout.names),
        "vocabularies": vocabularies,
        "members": training.members,
        "hidden_units": training.hidden_units,
    }


def save_model(model: keras.Model, folder: str) -> None:
    """Writes `model.keras` into a folder, local or remote."""
    with tempfile.TemporaryDirectory() as local:
        model.save(Path(local) / MODEL)
        tf.io.gfile.makedirs(folder)
        tf.io.gfile.copy(str(Path(local) / MODEL), f"{folder.rstrip('/')}/{MODEL}", overwrite=True)


def keep(model: keras.Model, description: dict[str, Any], saved_model: str) -> None:
    """Puts the Keras model and its description into a SavedModel, for a later warm start."""
    folder = f"{saved_model.rstrip('/')}/{EXTRA}"
    save_model(model, folder)
    with tf.io.gfile.GFile(f"{folder}/{DESCRIPTION}", "w") as file:
        file.write(json.dumps(description, indent=1))


def previous_weights(saved_model: str | None, description: dict[str, Any]) -> tuple[list[NDArray[Any]] | None, str]:
    """Reads the weights to start from.

    Args:
        saved_model: Folder of the last model; None without one.
        description: What the new model's weights will mean, from `described`.

    Returns:
        The members' weights, or None where there are none that fit, and one sentence that says which and why.
    """
    if not saved_model:
        return None, "starts anew: there is no earlier model to start from"
    folder = f"{saved_model.rstrip('/')}/{EXTRA}"
    try:
        with tf.io.gfile.GFile(f"{folder}/{DESCRIPTION}") as file:
            earlier = json.loads(file.read())
        different = [key for key in description if earlier.get(key) != description[key]]
        if different:
            return _anew(f"the earlier model has other {', '.join(different)}")
        with tempfile.TemporaryDirectory() as local:
            tf.io.gfile.copy(f"{folder}/{MODEL}", str(Path(local) / MODEL))
            weights = keras.models.load_model(Path(local) / MODEL, compile=False).get_layer("ensemble").get_weights()
    except (OSError, ValueError, tf.errors.OpError) as error:
        return _anew(f"the earlier model cannot be read ({type(error).__name__})")
    if not all(np.all(np.isfinite(weight)) for weight in weights):
        return _anew("the earlier model's weights are not finite")
    _log.info("warm start: from the weights of %s", saved_model)
    return weights, "starts from the earlier model's weights"


def _anew(why: str) -> tuple[None, str]:
    _log.warning("warm start: starts anew, %s", why)
    return None, f"starts anew: {why}"
