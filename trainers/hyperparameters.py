"""Hyperparameters: those of the task, those that the Tuner found, and where it looks."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipeline_configs.training import Training

if TYPE_CHECKING:
    import keras_tuner

__all__ = ["batch_size_for", "chosen", "in_image_space", "in_space"]

SMALLEST_BATCH, LARGEST_BATCH = 32, 4096


def batch_size_for(rows: int, training: Training) -> int:
    """Returns the examples in a batch on each replica.

    Where the task does not say, a power of two that makes sixteen steps or more of an epoch, from 32 to 4,096: on few
    rows small batches step often enough, on many rows large ones keep a processor busy.

    Args:
        rows: Rows of the training split that one replica sees in an epoch.
        training: The task's training section.
    """
    if training.batch_size is not None:
        return max(1, min(training.batch_size, rows))
    power = 1 << max(0, (rows // 16).bit_length() - 1)
    return max(1, min(max(power, SMALLEST_BATCH), LARGEST_BATCH, rows))


def in_space(hp: "keras_tuner.HyperParameters", training: Training) -> Training:
    """Draws one set of hyperparameters of an ensemble on records or on the terms of notes.

    Args:
        hp: KerasTuner's hyperparameters; each is registered under its key in the task's training section.
        training: The task's training section, which gives all others.

    Returns:
        The training section with what was drawn.
    """
    drawn = {
        "hidden_units": hp.Choice("hidden_units", [8, 16, 32, 64, 128], default=32),
        "dropout": hp.Float("dropout", 0.0, 0.6, step=0.1, default=0.2),
        "l2": hp.Float("l2", 1e-5, 1e-1, sampling="log", default=1e-3),
        "learning_rate": hp.Float("learning_rate", 5e-4, 2e-2, sampling="log", default=3e-3),
    }
    return Training.model_validate({**training.model_dump(), **drawn})


def in_image_space(hp: "keras_tuner.HyperParameters", training: Training) -> Training:
    """Draws one set of hyperparameters of a network on images, see `in_space`."""
    drawn = {
        "learning_rate": hp.Float("learning_rate", 5e-4, 1e-2, sampling="log", default=3e-3),
        "dropout": hp.Float("dropout", 0.0, 0.5, step=0.1, default=0.2),
    }
    if training.image.backbone == "small":
        drawn["hidden_units"] = hp.Choice("hidden_units", [16, 32, 48, 64], default=32)
    return Training.model_validate({**training.model_dump(), **drawn})


def chosen(training: Training, found: Mapping[str, Any] | None) -> Training:
    """Returns the training section with what the Tuner found.

    Args:
        training: The task's training section.
        found: `keras_tuner.HyperParameters.get_config()` of the best trial, as TFX hands it on; None without a Tuner.
    """
    values = dict(found.get("values", {})) if found else {}
    return Training.model_validate({**training.model_dump(), **values})
