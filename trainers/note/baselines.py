"""Honest baselines of a task on notes, on the very terms that the network sees, and two that show a shortcut.

`logistic_regression_with_label_words` sees the note as it stands: where it is much better, the notes name the label,
and the words masked are the right ones. `acquisition_probe` sees only how and where the note was taken: where it comes
close to the network, the network may have learnt the source.
"""

import logging
from collections.abc import Mapping
from typing import Any

from pipeline_configs.task import Task
from trainers.baselines import PROBE, WITH_LABEL_WORDS, Baseline
from trainers.calibration import fit_calibrator, prior_shift
from trainers.fitting import class_weights
from trainers.note.regression import term_regression
from trainers.note.rows import NoteRows
from trainers.probe import fit_probe
from transforms.layout import ACQUISITION
from transforms.note_views import TFIDF, UNMASKED

__all__ = ["fit_note_baselines"]

DIRECTIONS = 32
"""Directions of the singular value decomposition that gradient boosting sees: it takes no sparse matrix."""

_log = logging.getLogger(__name__)


def fit_note_baselines(train: NoteRows, calibration: NoteRows, task: Task) -> dict[str, Baseline]:
    """Fits the baselines for which there are views.

    Args:
        train: Notes to learn from, with the views of transforms.notes.
        calibration: Notes to calibrate on.
        task: The task, for its training section and what it probes.

    Returns:
        logistic_regression and gradient_boosting on the terms, logistic_regression_with_label_words where label words
        are masked, acquisition_probe where the task probes for shortcuts.
    """
    negative, positive = class_weights(train.labels, task.training)
    weights, shift = {0: negative, 1: positive}, prior_shift(positive, negative)
    estimators: dict[str, tuple[str, Any]] = {}
    for name, view in (("logistic_regression", TFIDF), (WITH_LABEL_WORDS, UNMASKED)):
        if _width(train, view):
            fitted = term_regression(train.views[view], train.labels, train.patients, (negative, positive))
            estimators[name] = view, fitted
    if _width(train, TFIDF) > 1:
        model = _gradient_boosting(_width(train, TFIDF), weights, task.training.seed)
        estimators["gradient_boosting"] = TFIDF, model.fit(train.views[TFIDF], train.labels)
    beside = {
        name: Baseline(
            estimator,
            fit_calibrator(estimator.decision_function(calibration.views[view]), calibration.labels, shift),
            view,
        )
        for name, (view, estimator) in estimators.items()
    }
    if _width(train, ACQUISITION):
        beside[PROBE] = fit_probe(train.of(ACQUISITION), calibration.of(ACQUISITION), task)
    _log.info("fitted the baselines %s", ", ".join(beside))
    return beside


def _width(rows: NoteRows, view: str) -> int:
    return int(rows.views[view].shape[1]) if view in rows.views else 0


def _gradient_boosting(width: int, weights: Mapping[int, float], seed: int) -> Any:
    from sklearn.decomposition import TruncatedSVD
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import make_pipeline

    return make_pipeline(
        TruncatedSVD(min(DIRECTIONS, width - 1), random_state=seed),
        HistGradientBoostingClassifier(class_weight=dict(weights), random_state=seed),
    )
