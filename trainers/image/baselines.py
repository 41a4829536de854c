"""Honest baselines for images: logistic regression on a thumbnail, and the shortcut probe (trainers.probe).

Both are calibrated as the network is (trainers.baselines).
"""

import os
import warnings

import numpy as np

from pipeline_configs.task import Task
from trainers.baselines import PROBE, Baseline
from trainers.calibration import fit_calibrator, prior_shift
from trainers.fitting import class_weights
from trainers.image.rows import ImageRows
from trainers.input_fn import Rows
from trainers.probe import fit_probe
from transforms.image_views import THUMBNAIL

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
        fitted[PROBE] = fit_probe(train.acquisition, calibration.acquisition, task)
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
