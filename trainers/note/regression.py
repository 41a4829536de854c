"""Logistic regression on the terms of notes: a baseline, and where the network starts."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainers.baselines import FEW_ROWS, STRENGTHS

__all__ = ["coefficients", "term_regression"]


def term_regression(
    terms: Any, labels: NDArray[np.int64], patients: NDArray[np.bytes_], weights: tuple[float, float]
) -> Any:
    """Fits a logistic regression with the penalty that is best for patients that it was not fitted on.

    Args:
        terms: Weighted terms, scipy.sparse.csr_matrix `[n, vocabulary]`.
        labels: int64 `[n]`, of both classes.
        patients: bytes `[n]`, pseudonyms; cross-validation keeps a patient's notes together.
        weights: Weight of a negative and of a positive example.

    Returns:
        The fitted classifier of scikit-learn.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold

    model: Any = LogisticRegression(max_iter=2000, class_weight={0: weights[0], 1: weights[1]})
    folds = min(5, *(len(np.unique(patients[labels == label])) for label in (0, 1)))
    if len(labels) <= FEW_ROWS and folds >= 2:
        split = StratifiedGroupKFold(folds).split(labels, labels, patients)
        # A fold may lack a class where one patient has most of it.
        both = [(a, b) for a, b in split if len(np.unique(labels[a])) == len(np.unique(labels[b])) == 2]
        if both:
            model = GridSearchCV(model, {"C": list(STRENGTHS)}, scoring="neg_log_loss", cv=both)
    with warnings.catch_warnings():
        # scikit-learn 1.5 hands scipy 1.16 an option (iprint) that it no longer knows; it changes nothing.
        warnings.filterwarnings("ignore", message="Unknown solver options: iprint")
        return model.fit(terms, labels)


def coefficients(fitted: Any) -> tuple[NDArray[np.float64], float]:
    """Returns the weights of the terms, float64 `[vocabulary]`, and the intercept of what `term_regression` gives."""
    best = getattr(fitted, "best_estimator_", fitted)
    return best.coef_[0], float(best.intercept_[0])
