"""Trains the ensemble: class weights, early stopping on the calibration split, every GPU there is."""

import math
import time
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from pipeline_configs.errors import DataProblem, Problem
from pipeline_configs.training import Training
from trainers import epochs, loop
from trainers.devices import Place, policy_for, xla_for
from trainers.epochs import Fitted, adam
from trainers.hyperparameters import batch_size_for
from trainers.input_fn import Rows, batches
from trainers.loop import share_of
from trainers.models.ensemble import ensemble, mean_logit_log_loss, member_log_loss

__all__ = ["check_rows", "class_weights", "fit", "logits_of"]

PREDICT_BATCH = 16_384


def check_rows(train: Rows, calibration: Rows, label: str) -> None:
    """Refuses splits that nothing can be learnt from.

    Raises:
        DataProblem: The training split is empty or its label constant, or the calibration split is empty.
    """
    problems = []
    classes = np.unique(train.labels)
    if not len(train.labels):
        problems.append(Problem("the training split is empty", "Trainer", "at least one row of each class", "no rows"))
    elif len(classes) < 2:
        problems.append(
            Problem(
                f"the label '{label}' is the same in every row of the training split",
                "Trainer",
                "rows of both classes, 0 and 1",
                f"{len(train.labels)} rows, all of one class",
                "look at label.positive in the task, and at how many rows there are of each class",
            )
        )
    if not len(calibration.labels):
        fix = "raise splits.calibration, or give more data"
        problems.append(Problem("the calibration split is empty", "Trainer", "at least one row", "no rows", fix))
    if problems:
        raise DataProblem(*problems)


def class_weights(labels: NDArray[np.int64], training: Training) -> tuple[float, float]:
    """Returns the weight of a negative and of a positive example; together the rows weigh as much as their number."""
    if training.class_weights == "none":
        return 1.0, 1.0
    share = float(np.mean(labels))
    return 0.5 / (1 - share), 0.5 / share


def fit(
    train: Rows,
    calibration: Rows,
    vocabularies: Sequence[int],
    training: Training,
    start: Sequence[NDArray[Any]] | None = None,
    place: Place | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> Fitted:
    """Trains the members and keeps the weights of the best epoch.

    Args:
        train: Rows to learn from, of both classes.
        calibration: Rows that decide when to stop.
        vocabularies: Number of ids of each categorical feature with a learnt vocabulary.
        training: Hyperparameters.
        start: Weights to start from, as `keras.Model.get_weights` gives them; drawn anew where left out.
        place: Where to train; TensorFlow's default where left out.
        callbacks: Further callbacks, such as TensorBoard.

    Returns:
        The trained ensemble.

    Raises:
        RunFailed: The loss became NaN or infinite.
    """
    began = time.monotonic()
    negative, positive = class_weights(train.labels, training)
    place = place or Place()
    policy, xla, share = (
        policy_for(training.mixed_precision, place.devices),
        xla_for(training.xla, place),
        share_of(place),
    )
    replicas = place.replicas
    batch_size = batch_size_for(len(train.labels) // replicas, training) * replicas
    prior = positive * float(np.mean(train.labels))
    bias = math.log(prior / (1 - prior))
    width = train.features.shape[1]
    with place.strategy.scope():
        model = ensemble(width, vocabularies, training, bias, policy)
        if start is not None:
            model.set_weights(start)
        watched = keras.metrics.MeanMetricWrapper(mean_logit_log_loss, name="log_loss")
        steps = max(1, len(train.labels) // batch_size)
        model.compile(
            adam(training.learning_rate, policy),
            loss=member_log_loss,
            weighted_metrics=[watched],
            # Small steps are mostly overhead, so that several go in one call. Keras 3.15 cannot do it on several
            # replicas (INVALID_ARGUMENT "You must feed a value for placeholder tensor").
            steps_per_execution=min(steps, 32) if replicas == 1 else 1,
            jit_compile=xla,  # off by default: on a CPU it took twenty times as long for these products
        )
    learnt, judged = _weights(train, negative, positive), _weights(calibration, negative, positive)
    data = batches(train.features, train.labels, learnt, batch_size, training.seed, share)
    held_out = batches(calibration.features, calibration.labels, judged, PREDICT_BATCH, share=share)
    history = loop.train(
        model,
        place,
        loop.Batches(data, steps),
        loop.Batches(held_out, share.steps(len(calibration.labels), PREDICT_BATCH)[0]),
        training.epochs,
        callbacks=epochs.callbacks(training, callbacks),
    )
    record = epochs.record(
        epochs.finite(model, history),
        (negative, positive),
        batch_size,
        steps,
        began,
        **place.described(policy, xla),
    )
    return Fitted(_in_float32(model, width, vocabularies, training), (negative, positive), record)


def logits_of(model: keras.Model, features: NDArray[np.float32]) -> NDArray[np.float64]:
    """Returns the mean logit of each row, float64 `[n]`."""
    if not len(features):
        return np.zeros(0)
    parts = [
        np.asarray(model(features[start : start + PREDICT_BATCH], training=False))
        for start in range(0, len(features), PREDICT_BATCH)
    ]
    return np.concatenate(parts).astype(np.float64).mean(axis=1)


def _weights(rows: Rows, negative: float, positive: float) -> NDArray[np.float32]:
    return np.where(rows.labels == 1, positive, negative).astype(np.float32)


def _in_float32(model: keras.Model, width: int, vocabularies: Sequence[int], training: Training) -> keras.Model:
    """The same weights, outside any strategy and in float32, as they are exported."""
    plain = ensemble(width, vocabularies, training)
    plain.set_weights(model.get_weights())
    return plain
