"""Trains a compiled model: Keras' `fit` in one process, and epoch by epoch together with other workers.

Keras 3.15's `fit` does not run under MultiWorkerMirroredStrategy: it takes what the strategy gives for tensors
("Attempt to convert a value (PerReplica) with an unsupported type"). The model's own `train_step` and `test_step` do,
optimiser, loss scaling and metrics included, so that only the loop around them is done here.

Workers agree: they begin with the chief's weights, apply the same summed gradients, and read the same sums of all their
metrics, by which the same callbacks decide the same. What a replica keeps for itself, which are Keras' moving means and
variances of batches, is averaged at the end of each epoch.
"""

import logging
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pipeline_configs.errors import Problem, RunFailed
from trainers.devices import Place
from trainers.share import WHOLE, Share

__all__ = ["Batches", "share_of", "train"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Batches:
    """A dataset of (views, label, weight).

    Attributes:
        data: Whole batches that end, or without end this worker's share of them, see `Share`.
        steps: Batches of an epoch, over all replicas.
    """

    data: tf.data.Dataset
    steps: int


def share_of(place: Place) -> Share:
    """Returns this process's share of each batch."""
    workers = place.workers
    return WHOLE if workers.count == 1 else Share(workers.index, workers.count, place.local)


def train(
    model: keras.Model,
    place: Place,
    batches: Batches,
    held_out: Batches,
    last: int,
    done: int = 0,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> dict[str, list[float]]:
    """Trains a model that was made and compiled in the scope of its place's strategy.

    Args:
        model: The compiled model.
        place: Where.
        batches: What it learns from.
        held_out: What the callbacks judge it by.
        last: Epoch to end with, counted from 1.
        done: Epochs that were trained before.
        callbacks: Told of epochs; of batches only where there is one process.

    Returns:
        By name, the metrics of each epoch. With several workers there is no `val_loss`, which rows that only fill up
        the last batch would change.

    Raises:
        RunFailed: Another worker was lost.
    """
    if place.workers.count == 1:
        return dict(
            model.fit(
                batches.data,
                epochs=last,
                initial_epoch=done,
                shuffle=False,  # the dataset shuffles
                validation_data=held_out.data,
                callbacks=list(callbacks),
                verbose=0,
            ).history
        )
    try:
        return _together(model, place, batches, held_out, range(done, last), callbacks)
    except (
        tf.errors.UnavailableError,
        tf.errors.AbortedError,
        tf.errors.CancelledError,
        tf.errors.DeadlineExceededError,
        tf.errors.InternalError,
    ) as error:
        what = "another worker was lost, and without it training cannot go on"
        fix = "look at the logs of the others for the first error; then start all of them again"
        where, all_ = f"Trainer, {place.workers}", f"{place.workers.count} workers until the end"
        raise RunFailed(Problem(what, where, all_, f"{type(error).__name__}: {_first_line(error)}", fix)) from error


def _together(
    model: keras.Model,
    place: Place,
    batches: Batches,
    held_out: Batches,
    epochs: range,
    callbacks: Sequence[keras.callbacks.Callback],
) -> dict[str, list[float]]:
    strategy = place.strategy
    summed = _summing(place)
    _begin_as_the_chief(model, summed)
    told = keras.callbacks.CallbackList(list(callbacks), add_history=True, model=model)
    learn, judge = _step(strategy, model.train_step), _step(strategy, model.test_step)
    train_data = iter(strategy.distribute_datasets_from_function(lambda context: batches.data))
    held_out_data = iter(strategy.distribute_datasets_from_function(lambda context: held_out.data))
    model.stop_training = False
    told.on_train_begin()
    logs: dict[str, float] = {}
    for epoch in epochs:
        began = time.monotonic()
        told.on_epoch_begin(epoch)
        logs = _pass(model, learn, train_data, batches.steps)
        _average(model, summed)
        judged = _pass(model, judge, held_out_data, held_out.steps)
        logs |= {f"val_{name}": value for name, value in judged.items() if name != "loss"}
        told.on_epoch_end(epoch, logs)
        _log.info("%s, epoch %d in %.1f s: %s", place.workers, epoch + 1, time.monotonic() - began, logs)
        if model.stop_training or not math.isfinite(logs["loss"]):
            break
    told.on_train_end(logs)
    return dict(model.history.history)


def _pass(model: keras.Model, step: Any, data: Any, steps: int) -> dict[str, float]:
    model.reset_metrics()
    for _ in range(steps):
        step(data)
    return {name: float(value) for name, value in model.get_metrics_result().items()}


def _step(strategy: tf.distribute.Strategy, on_replica: Any) -> Any:
    @tf.function
    @tf.autograph.experimental.do_not_convert
    def step(data: Any) -> None:
        strategy.run(on_replica, args=(next(data),))

    return step


def _begin_as_the_chief(model: keras.Model, summed: Any) -> None:
    """Gives every worker the chief's weights: those from a file, a regression or a random draw need not be the same."""
    if model.weights:
        _assign(model.weights, summed([variable.numpy() for variable in model.weights], chief=True))


def _average(model: keras.Model, summed: Any) -> None:
    """Sets the weights that no gradient changes to their mean over all workers."""
    if model.non_trainable_weights:
        values = [variable.numpy() for variable in model.non_trainable_weights]
        _assign(model.non_trainable_weights, summed(values, chief=False))


def _assign(variables: Sequence[keras.Variable], values: Sequence[NDArray[Any]]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _summing(place: Place) -> Any:
    """Returns a function that takes one process's arrays and returns the chief's, or the mean of all workers'."""

    @tf.function
    @tf.autograph.experimental.do_not_convert
    def reduced(values: list[tf.Tensor], by_replica: tf.Tensor) -> Any:
        def on_replica() -> Any:
            context = tf.distribute.get_replica_context()
            factor = by_replica[context.replica_id_in_sync_group]
            return context.all_reduce(tf.distribute.ReduceOp.SUM, [value * factor for value in values])

        return [place.strategy.experimental_local_results(found)[0] for found in place.strategy.run(on_replica)]

    def summed(values: Sequence[NDArray[Any]], *, chief: bool) -> list[NDArray[Any]]:
        # A worker's replicas follow one another, and the first of each speaks for it.
        first = np.arange(place.replicas) % place.local == 0
        by_replica = np.arange(place.replicas) == 0 if chief else first / place.workers.count
        tensors = [tf.constant(value, tf.float32) for value in values]
        return [found.numpy() for found in reduced(tensors, tf.constant(by_replica, tf.float32))]

    return summed


def _first_line(error: Exception) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[0][:300] if lines else ""
