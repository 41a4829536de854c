"""Honest baselines: logistic regression and gradient boosting on the very features that the network sees.

They are trained on the same rows with the same class weights and calibrated on the same calibration split in the same
way, so that their probabilities may be compared too.
"""

import logging
import os
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline_configs.training import Training
from trainers.calibration import Calibrator, fit_calibrator, prior_shift
from trainers.fitting import class_weights
from trainers.input_fn import Rows
from transforms.layout import FEATURES

__all__ = ["FILE", "PROBE", "WITH_LABEL_WORDS", "Baseline", "fit_baselines", "load", "predict", "save"]

PROBE = "acquisition_probe"
"""Name of the shortcut probe: it sees how and where the data was taken, nothing of pixels or words."""

WITH_LABEL_WORDS = "logistic_regression_with_label_words"
"""Name of the model that sees the words that the task masks: no rival, but the measure of what the mask takes away."""

FILE = "baselines.joblib"

STRENGTHS = (0.01, 0.1, 1.0, 10.0)
"""Inverse penalties of the logistic regression among which cross-validation chooses."""

FEW_ROWS = 20_000
"""Beyond it the penalty hardly matters, and is 1 without a search."""

MOST_CATEGORIES = 254
"""Gradient boosting holds so many values of a categorical column; rarer ones share the last place."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Baseline:
    """A fitted scikit-learn classifier with its calibrator.

    Attributes:
        estimator: The classifier, on features as the transform graph gives them.
        calibrator: The line from its logit to a probability.
        view: Which output of the transform graph it reads.
    """

    estimator: Any
    calibrator: Calibrator
    view: str = FEATURES

    def predict(self, features: Any) -> NDArray[np.float64]:
        """Returns the calibrated probability of each row of an array or sparse matrix, `[n]`."""
        return self.calibrator(self.estimator.decision_function(features)) if features.shape[0] else np.zeros(0)


def fit_baselines(train: Rows, calibration: Rows, id_columns: int, training: Training) -> dict[str, Baseline]:
    """Fits both baselines.

    Args:
        train: Rows to learn from.
        calibration: Rows to calibrate on.
        id_columns: Number of columns at the end of the features that hold ids.
        training: The task's training section, for class weights and seed.

    Returns:
        {"logistic_regression": ..., "gradient_boosting": ...}.
    """
    from threadpoolctl import threadpool_limits

    negative, positive = class_weights(train.labels, training)
    weights = {0: negative, 1: positive}
    shift = prior_shift(positive, negative)
    estimators = {
        "logistic_regression": _logistic_regression(train, id_columns, weights),
        "gradient_boosting": _gradient_boosting(train, id_columns, weights, training.seed),
    }
    fitted = {}
    for name, estimator in estimators.items():
        # On few rows, or on cores that others use too, more threads only wait for one another.
        threads = threadpool_limits(1 if len(train.labels) <= FEW_ROWS else max(1, (os.cpu_count() or 1) // 2))
        with threads, warnings.catch_warnings():
            # scikit-learn 1.5 hands scipy 1.16 an option (iprint) that it no longer knows; it changes nothing.
            warnings.filterwarnings("ignore", message="Unknown solver options: iprint")
            estimator.fit(train.features, train.labels)
        logit = estimator.decision_function(calibration.features)
        fitted[name] = Baseline(estimator, fit_calibrator(logit, calibration.labels, shift))
        _log.info("fitted the baseline %s", name)
    return fitted


def predict(baselines: Mapping[str, Baseline], views: Mapping[str, Any]) -> dict[str, NDArray[np.float64]]:
    """Returns the calibrated probability of each row by each baseline.

    Args:
        baselines: From `fit_baselines` or `load`.
        views: What the transform graph gives, by name: arrays or sparse matrices `[n, width]`.
    """
    return {name: baseline.predict(views[baseline.view]) for name, baseline in baselines.items()}


def save(baselines: Mapping[str, Baseline], folder: str) -> None:
    """Writes `baselines.joblib` into a folder, local or remote."""
    import joblib
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as local:
        joblib.dump(dict(baselines), Path(local) / FILE)
        tf.io.gfile.copy(str(Path(local) / FILE), f"{folder.rstrip('/')}/{FILE}", overwrite=True)


def load(folder: str) -> dict[str, Baseline]:
    """Reads `baselines.joblib` from a folder, local or remote. Like any pickle it is code: only read your own."""
    import joblib
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as local:
        tf.io.gfile.copy(f"{folder.rstrip('/')}/{FILE}", str(Path(local) / FILE))
        loaded: dict[str, Baseline] = joblib.load(Path(local) / FILE)
    return loaded


def _logistic_regression(train: Rows, id_columns: int, weights: Mapping[int, float]) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, StratifiedKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    model = make_pipeline(
        _encoded(OneHotEncoder(handle_unknown="ignore"), train.features.shape[1], id_columns),
        LogisticRegression(
            max_iter=2000,
            class_weight=dict(weights),
            # Newton's method is exact and quick on a small dense matrix; learnt vocabularies make a wide sparse one.
            solver="lbfgs" if id_columns or len(train.labels) > FEW_ROWS else "newton-cholesky",
        ),
    )
    folds = min(5, int(np.min(np.bincount(train.labels, minlength=2))))
    if len(train.labels) > FEW_ROWS or folds < 2:
        return model
    grid = {"logisticregression__C": list(STRENGTHS)}
    return GridSearchCV(model, grid, scoring="neg_log_loss", cv=StratifiedKFold(folds))


def _gradient_boosting(train: Rows, id_columns: int, weights: Mapping[int, float], seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    width = train.features.shape[1]
    places = list(range(width - id_columns, width))
    return make_pipeline(
        _encoded(FunctionTransformer(_capped), width, id_columns),
        HistGradientBoostingClassifier(
            class_weight=dict(weights), categorical_features=places or None, random_state=seed
        ),
    )


def _capped(ids: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.minimum(ids, MOST_CATEGORIES - 1)


def _encoded(encoder: Any, width: int, id_columns: int) -> Any:
    """Encodes the ids in the last columns and leaves the dense ones as they are."""
    from sklearn.compose import ColumnTransformer

    dense: Sequence[int] = range(width - id_columns)
    ids = list(range(width - id_columns, width))
    steps = [("dense", "passthrough", list(dense)), *([("ids", encoder, ids)] if ids else [])]
    return ColumnTransformer(steps)
