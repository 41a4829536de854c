"""Turns logits into probabilities that mean what they say, with a line fitted on the calibration split.

`probability = sigmoid(slope * logit + intercept)`. Class weights shift a network's logits on purpose; this takes the
shift back out, and corrects over- and underconfidence, without changing the order of patients (the slope is positive).

References:
    Platt J. Probabilistic outputs for support vector machines. 1999. (The line; targets that are not quite 0 and 1.)
    Lin H-T, Lin C-J, Weng RC. A note on Platt's probabilistic outputs. Machine Learning 2007. (Newton's method.)
    Guo C et al. On calibration of modern neural networks. ICML 2017. (Temperature scaling: this with intercept 0.)
"""

import logging
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["FEWEST", "Calibrator", "fit_calibrator", "prior_shift"]

FEWEST = 10
"""With fewer positives, or fewer negatives, only the intercept is fitted: a slope from so few is mostly chance."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Calibrator:
    """A line on the logit.

    Attributes:
        slope: Positive; below 1 where the logits were overconfident.
        intercept: Added after the slope.
        method: "platt"; "intercept" with few positives or negatives; "class weights" with a single class.
        positives: Number of positive examples it was fitted on.
        negatives: Number of negative examples it was fitted on.
    """

    slope: float
    intercept: float
    method: str
    positives: int
    negatives: int

    def __call__(self, logit: NDArray[np.floating]) -> NDArray[np.float64]:
        """Returns the probability of each logit."""
        return np.asarray(_sigmoid(self.slope * logit.astype(np.float64) + self.intercept))


def prior_shift(positive_weight: float, negative_weight: float) -> float:
    """Returns the intercept that takes class weights back out of a logit.

    Weighting the positives by w1 and the negatives by w0 multiplies the odds that a model learns by w1 / w0.
    """
    return -math.log(positive_weight / negative_weight)


def fit_calibrator(logit: NDArray[np.floating], label: NDArray[np.integer], shift: float) -> Calibrator:
    """Fits the line.

    Args:
        logit: `[n]` logits of the calibration split.
        label: `[n]` labels, 0 or 1.
        shift: What `prior_shift` gives for the class weights; used alone where the split has a single class.

    Returns:
        The calibrator; `method` says how much of it was fitted.
    """
    z = np.asarray(logit, np.float64).ravel()
    positives = int(np.sum(label == 1))
    negatives = int(label.size - positives)
    if not positives or not negatives:
        _log.warning("the calibration split has a single class; only the class weights are taken back out")
        return Calibrator(1.0, shift, "class weights", positives, negatives)
    target = np.where(label == 1, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    method = "platt" if min(positives, negatives) >= FEWEST else "intercept"
    slope, intercept = _newton(z, target, with_slope=method == "platt", start=shift)
    if slope <= 0:
        _log.warning("on the calibration split the logits do not rise with the label; the slope stays at 1")
        method = "intercept"
        slope, intercept = _newton(z, target, with_slope=False, start=shift)
    return Calibrator(slope, intercept, method, positives, negatives)


def _newton(z: NDArray[np.float64], target: NDArray[np.float64], with_slope: bool, start: float) -> tuple[float, float]:
    """Minimises the log loss against the targets; convex, and bounded because no target is 0 or 1."""
    columns = np.stack([z, np.ones_like(z)] if with_slope else [np.ones_like(z)], axis=1)
    offset = np.zeros_like(z) if with_slope else z
    weights = np.array([1.0, start] if with_slope else [start])

    def loss(w: NDArray[np.float64]) -> float:
        line = columns @ w + offset
        return float(np.sum(np.logaddexp(0, line) - target * line))

    for _ in range(100):
        probability = _sigmoid(columns @ weights + offset)
        gradient = columns.T @ (probability - target)
        if np.max(np.abs(gradient)) < 1e-9 * z.size:
            break
        curvature = columns.T @ (columns * (probability * (1 - probability))[:, None])
        step = np.linalg.solve(curvature + 1e-12 * np.eye(len(weights)), gradient)
        size, before = 1.0, loss(weights)
        while loss(weights - size * step) > before - 1e-4 * size * float(gradient @ step) and size > 1e-10:
            size /= 2
        weights = weights - size * step
    return (float(weights[0]), float(weights[1])) if with_slope else (1.0, float(weights[0]))


def _sigmoid(z: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.exp(-np.logaddexp(0, -z)))
