"""Trains the ensemble on terms: class weights, early stopping on the calibration split.

On one processor of each worker: a step takes milliseconds, and to spread a sparse product over several GPUs of one
process would cost more than it saves.
"""

import time
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from pipeline_configs.errors import DataProblem, Problem
from pipeline_configs.training import Training
from trainers import epochs, loop
from trainers.devices import Place
from trainers.epochs import Fitted, adam
from trainers.fitting import class_weights
from trainers.hyperparameters import batch_size_for
from trainers.loop import share_of
from trainers.models.ensemble import mean_logit_log_loss, member_log_loss
from trainers.models.note_terms import EMBEDDING, Widths, start_at_regression, term_ensemble
from trainers.note.regression import coefficients, term_regression
from trainers.note.rows import NoteRows, batch, note_batches
from trainers.note.semantics import latent_semantics
from transforms.note_views import TFIDF

__all__ = ["check_terms", "fit_notes", "logits_of_notes", "seen_by"]

PREDICT_BATCH = 1024


def check_terms(train: NoteRows) -> None:
    """Refuses notes that share no words, which nothing can be learnt from.

    Raises:
        DataProblem: No note has a term of the vocabulary.
    """
    # An empty vocabulary is one line long, and that is no word.
    if not train.views[TFIDF].nnz:
        expected = "words that at least five notes of the training split have"
        fix = "look at the notes, at the sections left out and at the words masked, or give more notes"
        raise DataProblem(Problem("the notes have no words in common", "Trainer", expected, "none", fix))


def seen_by(widths: Widths) -> list[str]:
    """Returns the names of the views that the model sees."""
    return list(widths.inputs())


def fit_notes(
    train: NoteRows,
    calibration: NoteRows,
    widths: Widths,
    training: Training,
    start: Sequence[NDArray[Any]] | None = None,
    place: Place | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> Fitted:
    """Trains the members and keeps the weights of the best epoch.

    Args:
        train: Notes to learn from, of both classes.
        calibration: Notes that decide when to stop.
        widths: What the model sees.
        training: Hyperparameters.
        start: Weights to start from, as `keras.Model.get_weights` gives them; drawn anew where left out.
        place: Where to train; TensorFlow's default where left out.
        callbacks: Further callbacks, such as TensorBoard.

    Returns:
        The trained ensemble.

    Raises:
        RunFailed: The loss became NaN or infinite.
    """
    began, names = time.monotonic(), seen_by(widths)
    weights = class_weights(train.labels, training)
    place = place or Place()
    replicas, share = place.replicas, share_of(place)
    batch_size = batch_size_for(len(train.labels) // replicas, training) * replicas
    with place.strategy.scope():
        model = term_ensemble(widths, training)
        if start is not None:
            model.set_weights(start)
        elif place.workers.chief:  # the others get its weights
            model.set_weights(_first_weights(model, train, training, weights))
        watched = keras.metrics.MeanMetricWrapper(mean_logit_log_loss, name="log_loss")
        model.compile(adam(training.learning_rate), loss=member_log_loss, weighted_metrics=[watched], jit_compile=False)
    steps, dropped = len(train.labels) // batch_size, training.notes.term_dropout
    data = note_batches(train, names, weights, batch_size, training.seed, dropped, share)
    held_out = note_batches(calibration, names, weights, PREDICT_BATCH, share=share)
    history = loop.train(
        model,
        place,
        loop.Batches(data, steps),
        loop.Batches(held_out, share.steps(len(calibration.labels), PREDICT_BATCH)[0]),
        training.epochs,
        callbacks=epochs.callbacks(training, callbacks),
    )
    found = place.described("float32", False)
    record = epochs.record(epochs.finite(model, history), weights, batch_size, steps, began, **found)
    # The compiled model names Galen's loss, without which it would not load.
    plain = term_ensemble(widths, training)
    plain.set_weights(model.get_weights())
    return Fitted(plain, weights, record)


def logits_of_notes(model: keras.Model, rows: NoteRows, widths: Widths) -> NDArray[np.float64]:
    """Returns the mean logit of each note, float64 `[n]`."""
    names, parts = seen_by(widths), [np.zeros((0, 1))]
    for start in range(0, len(rows.labels), PREDICT_BATCH):
        inputs = batch(rows, slice(start, start + PREDICT_BATCH), names)
        parts.append(np.asarray(model(inputs, training=False), np.float64).mean(axis=1, keepdims=True))
    return np.concatenate(parts)[:, 0]


def _first_weights(
    model: keras.Model, train: NoteRows, training: Training, weights: tuple[float, float]
) -> list[NDArray[Any]]:
    """The linear part as a logistic regression has it, whose best weights are known exactly; the rest as drawn."""
    regression = term_regression(train.views[TFIDF], train.labels, train.patients, weights)
    by_term, intercept = coefficients(regression)
    start_at_regression(model, by_term, intercept)
    embeddings = latent_semantics(train.views[TFIDF], training.notes.embedding, training.seed)
    model.get_layer(EMBEDDING).set_weights([embeddings])
    return list(model.get_weights())
