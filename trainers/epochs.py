"""What is the same in every training: what is watched, when it stops, what may not become of it, what is kept of it."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from pipeline_configs.errors import Problem, RunFailed
from pipeline_configs.training import Training
from trainers.calibration import prior_shift

__all__ = ["MONITORED", "Fitted", "adam", "callbacks", "finite", "record"]

MONITORED = "val_log_loss"
"""What early stopping and the Tuner watch: weighted log loss of the mean logit on the calibration split, in nats."""

LEAST_GAIN = 1e-4
"""A smaller gain of what is watched does not count."""

History = dict[str, list[float]]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Fitted:
    """A trained network.

    Attributes:
        model: Views to logits `[batch, members]`, with the weights of the best epoch, in float32.
        weights: Weight of a negative and of a positive example.
        record: Epochs, history, batch size, devices and seconds, as training.json holds them.
    """

    model: keras.Model
    weights: tuple[float, float]
    record: dict[str, Any] = field(repr=False)

    @property
    def shift(self) -> float:
        """Intercept that takes the class weights back out of a logit."""
        return prior_shift(self.weights[1], self.weights[0])


def adam(rate: float, policy: str = "float32") -> keras.optimizers.Optimizer:
    """Returns Adam, with the loss scaled where gradients are of 16 bits."""
    optimizer = keras.optimizers.Adam(rate)
    return keras.optimizers.LossScaleOptimizer(optimizer) if policy == "mixed_float16" else optimizer


def callbacks(training: Training, further: Sequence[keras.callbacks.Callback] = ()) -> list[keras.callbacks.Callback]:
    """Returns what halves the learning rate and stops where the calibration split gets no better.

    The weights of the best epoch stay.

    Args:
        training: Hyperparameters.
        further: Callbacks that come after them.
    """
    stop = keras.callbacks.EarlyStopping(
        MONITORED, LEAST_GAIN, training.patience, mode="min", restore_best_weights=True
    )
    slower = keras.callbacks.ReduceLROnPlateau(
        MONITORED, factor=0.5, patience=max(1, training.patience // 3), min_delta=LEAST_GAIN, mode="min"
    )
    return [keras.callbacks.TerminateOnNaN(), stop, slower, *further]


def finite(model: keras.Model, history: dict[str, list[Any]], done: int = 0) -> History:
    """Returns the history as plain numbers, if they and the weights are some.

    Args:
        model: The trained model.
        history: What `keras.Model.fit` gives.
        done: Epochs that were trained before.

    Raises:
        RunFailed: The loss, what is watched or a weight became NaN or infinite.
    """
    found = {name: [float(value) for value in values] for name, values in history.items()}
    numbers = [value for name in ("loss", MONITORED) for value in found.get(name, [])]
    weights = all(np.all(np.isfinite(weight)) for weight in model.get_weights())
    if MONITORED in found and np.all(np.isfinite(numbers)) and weights:
        return found
    what = f"the loss became NaN or infinite in epoch {done + max(1, len(found.get('loss', [])))}"
    fix = "lower training.learning_rate, or switch training.mixed_precision off"
    raise RunFailed(Problem(what, "Trainer", "a finite loss", "NaN or infinity", fix))


def record(
    history: History, weights: tuple[float, float], batch_size: int, steps: int, began: float, **further: Any
) -> dict[str, Any]:
    """Describes a training for training.json.

    Args:
        history: From `finite`.
        weights: Weight of a negative and of a positive example.
        batch_size: Examples in a batch, over all replicas.
        steps: Batches in an epoch.
        began: When it began, by `time.monotonic`, in seconds.
        further: What else there is to say.
    """
    watched, seconds = history[MONITORED], time.monotonic() - began
    best = int(np.argmin(watched))
    of = (len(watched), seconds, best + 1, MONITORED, watched[best])
    _log.info("trained %d epochs in %.1f s, best %d with %s %.4f", *of)
    return {
        "epochs_run": len(watched),
        "best_epoch": best + 1,
        "best_log_loss": watched[best],
        "history": history,
        "batch_size": batch_size,
        "steps_per_epoch": steps,
        "class_weights": {"negative": weights[0], "positive": weights[1]},
        **further,
        "seconds": round(seconds, 3),
    }
