"""Honest baselines for images: logistic regression on a thumbnail, and the shortcut probe.

The probe sees how and where an image was made and nothing of it. Where it comes close to the network, the network has
likely learnt the source. Both are calibrated as the network is (trainers.baselines).
"""

import os
import warnings

import numpy as np

from pipeline_configs.task import Task
from trainers.baselines import PROBE, Baseline, fit_baselines
from trainers.calibration import fit_calibrator, prior_shift
from trainers.fitting import class_weights
from trainers.image_rows import ImageRows
from trainers.input_fn import Rows
from transforms.image_views import ACQUISITION, THUMBNAIL
from transforms.layout import Layout

__all__ = ["LOGISTIC", "fit_image_baselines"]

LOGISTIC = "logistic_regression"

STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
"""Inverse penalties among which cross-validation chooses; strong ones, since neighbouring pixels say the same."""

FOLDS = 5


def fit_image_baselines(train: ImageRows, calibration: ImageRows, task: Task) -> dict[str, Baseline]:
    """Fits the baselines.

    Args:
        train: Images to learn from, of both classes.
        calibration: Images to calibrate on.
        task: The task, for its training section and what it probes.

    Returns:
        {"logistic_regression": on the view thumbnail} and, where the task probes, {"acquisition_probe": on the view
        acquisition}.
    """
    fitted = {LOGISTIC: _logistic_regression(train.thumbnails, calibration.thumbnails, task)}
    if train.acquisition is not None and calibration.acquisition is not None:
        fitted[PROBE] = _probe(train.acquisition, calibration.acquisition, task)
    return fitted


def _logistic_regression(train: Rows, calibration: Rows, task: Task) -> Baseline:
    """Cross-validated on patients, because two images of one patient are alike."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    negative, positive = class_weights(train.labels, task.training)
    regression = LogisticRegression(C=STRENGTHS[1], max_iter=2000, class_weight={0: negative, 1: positive})
    model = make_pipeline(StandardScaler(), regression)
    fewest = min(len(np.unique(train.patients[train.labels == label])) for label in (0, 1))
    if fewest >= FOLDS:
        grid = {"logisticregression__C": list(STRENGTHS)}
        folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=task.training.seed)
        model = GridSearchCV(model, grid, scoring="neg_log_loss", cv=folds)
    with threadpool_limits(max(1, (os.cpu_count() or 1) // 2)), warnings.catch_warnings():
        # scikit-learn 1.5 hands scipy 1.16 an option (iprint) that it no longer knows; it changes nothing.
        warnings.filterwarnings("ignore", message="Unknown solver options: iprint")
        groups = {"groups": train.patients} if fewest >= FOLDS else {}
        model.fit(train.features, train.labels, **groups)
    logit = model.decision_function(calibration.features) if len(calibration.labels) else np.zeros(0)
    calibrator = fit_calibrator(logit, calibration.labels, prior_shift(positive, negative))
    return Baseline(model, calibrator, THUMBNAIL)


def _probe(train: Rows, calibration: Rows, task: Task) -> Baseline:
    """The better of logistic regression and gradient boosting by the log loss on the calibration split.

    A probe that is too weak would let a shortcut pass; that the choice flatters it a little is on the safe side.
    """
    found = fit_baselines(train, calibration, len(Layout(task.probed).ids), task.training)

    def loss(baseline: Baseline) -> float:
        probability = np.clip(baseline.predict(calibration.features), 1e-7, 1 - 1e-7)
        return float(-np.mean(np.log(np.where(calibration.labels == 1, probability, 1 - probability))))

    best = min(found.values(), key=loss)
    return Baseline(best.estimator, best.calibrator, ACQUISITION)
