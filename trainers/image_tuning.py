"""The space of hyperparameters for images, searched by trainers.tuning."""

from collections.abc import Sequence
from typing import Any

import keras
import keras_tuner

from pipeline_configs.training import Training
from trainers.image_fitting import ImageSplits, fit_images
from trainers.tuning import OBJECTIVE

__all__ = ["ImageSpace", "in_image_space"]


def in_image_space(hp: keras_tuner.HyperParameters, training: Training) -> Training:
    """Draws one set of hyperparameters.

    Args:
        hp: KerasTuner's hyperparameters; each is registered under its key in the task's training section.
        training: The task's training section, which gives all others.

    Returns:
        The training section with what was drawn.
    """
    drawn = {
        "learning_rate": hp.Float("learning_rate", 5e-4, 1e-2, sampling="log", default=3e-3),
        "dropout": hp.Float("dropout", 0.0, 0.5, step=0.1, default=0.2),
    }
    if training.image.backbone == "small":
        drawn["hidden_units"] = hp.Choice("hidden_units", [16, 32, 48, 64], default=32)
    return Training.model_validate({**training.model_dump(), **drawn})


class ImageSpace(keras_tuner.HyperModel):  # type: ignore[misc]  # KerasTuner has no types
    """The network over the space of `in_image_space`.

    Args:
        splits: What each trial is trained on, stopped and judged by.
        training: The task's training section.
        devices: GPUs to train on.
    """

    def __init__(self, splits: ImageSplits, training: Training, devices: Sequence[str] = ()) -> None:
        super().__init__()
        self.splits, self.training, self.devices = splits, training, devices

    def build(self, hp: keras_tuner.HyperParameters) -> keras.Model:
        """Registers the hyperparameters; the network itself is built where it is trained, within its strategy."""
        in_image_space(hp, self.training)
        return keras.Sequential()

    def fit(self, hp: keras_tuner.HyperParameters, model: keras.Model, *args: Any, **kwargs: Any) -> dict[str, float]:
        """Trains one trial and returns what it is judged by."""
        fitted = fit_images(self.splits, in_image_space(hp, self.training), devices=self.devices)
        return {OBJECTIVE: fitted.record["best_log_loss"]}
