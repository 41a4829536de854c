"""Metrics of a binary probabilistic prediction, exact and for many weightings of the rows at once.

A `Scored` sorts the rows once; `Scored.metrics` then computes every metric for each row of a weight matrix with
cumulative sums. A weight of one everywhere gives the plain metrics, a row of counts gives a bootstrap resample
(trainers.bootstrap), and zeros leave rows out.

| metric | definition |
|---|---|
| auroc | probability that a positive scores above a negative, ties count half (Hanley and McNeil 1982) |
| auprc | average precision: mean over positives of the precision at their score, no interpolation |
| brier | mean squared error of the probability (Brier 1950) |
| sensitivity, specificity, ppv, npv, accuracy | positive where probability >= threshold |
| net_benefit | TP/n - FP/n * t/(1-t) at the threshold t (Vickers and Elkin 2006) |
| ece | mean absolute gap of mean probability and rate in ten bins of equal width, weighted by size (Naeini 2015) |
| calibration_slope | slope of a logistic regression of the label on the logit of the probability (Cox 1958) |
| calibration_intercept | its intercept with the slope held at one: calibration in the large (Van Calster 2019) |

What is not defined is NaN: ppv without a predicted positive, auroc with a single class, a slope on separated classes.

References:
    Brier GW. Verification of forecasts expressed in terms of probability. Monthly Weather Review 1950.
    Cox DR. Two further applications of a model for binary regression. Biometrika 1958.
    Hanley JA, McNeil BJ. The meaning and use of the area under a ROC curve. Radiology 1982.
    Naeini MP, Cooper GF, Hauskrecht M. Obtaining well calibrated probabilities using Bayesian binning. AAAI 2015.
    Van Calster B et al. Calibration: the Achilles heel of predictive analytics. BMC Medicine 2019.
    Vickers AJ, Elkin EB. Decision curve analysis. Medical Decision Making 2006.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline_configs.training import METRICS

__all__ = ["ALL_METRICS", "CALIBRATION_BINS", "HIGHER_IS_BETTER", "LIMITS", "Scored", "binary_metrics"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HIGHER_IS_BETTER: dict[str, bool | None] = {
    **METRICS,
    "net_benefit": True,
    "ece": False,
    "calibration_slope": None,
    "calibration_intercept": None,
}
"""Each metric with whether more is better; None where a target (slope 1, intercept 0) is best."""

ALL_METRICS = tuple(HIGHER_IS_BETTER)

LIMITS: dict[str, tuple[float, float]] = {
    **dict.fromkeys(ALL_METRICS, (0.0, 1.0)),
    "net_benefit": (-np.inf, 1.0),
    "calibration_slope": (-np.inf, np.inf),
    "calibration_intercept": (-np.inf, np.inf),
}
"""Smallest and largest value that each metric can take."""

CALIBRATION_BINS = 10
"""Bins of the expected calibration error and of calibration plots."""

LOGIT_CLIP = 1e-7
"""Probabilities are held this far from 0 and 1 before the logit is taken."""

GROUPS = 2048
"""Groups of neighbouring probabilities that many rows are condensed into."""

FIT_GROUPS = 512
"""Groups in the calibration fits of many weightings; the fit of a single one is exact.

On 66,000 rows the slope moves by less than a twentieth of its standard error, the same way for every weighting.
"""

_DISCRIMINATION = {"auroc", "auprc"}
_CALIBRATION_FIT = {"calibration_slope", "calibration_intercept"}


class Scored:
    """Labels and probabilities of one model on one set of rows, sorted once.

    Args:
        label: 0 or 1, shape [n].
        probability: Predicted probability of label 1, shape [n], finite, in 0..1.
        threshold: Decision threshold; a probability equal to it counts as positive.

    Raises:
        ValueError: The shapes differ, or a label or a probability is out of range. The message holds no value.
    """

    def __init__(self, label: ArrayLike, probability: ArrayLike, threshold: float) -> None:
        y = np.asarray(label).reshape(-1)
        p = np.asarray(probability, dtype=np.float64).reshape(-1)
        if y.shape != p.shape:
            raise ValueError(f"labels and probabilities differ in number: {y.size} and {p.size}")
        if not np.isin(y, (0, 1)).all():
            raise ValueError("labels must be 0 or 1")
        if not (np.isfinite(p).all() and ((p >= 0) & (p <= 1)).all()):
            raise ValueError("probabilities must be finite and lie in 0..1")
        self.n = int(y.size)
        self.threshold = threshold
        order = np.argsort(p, kind="stable")
        positive = y[order] == 1
        self._pos_rows: Ints = order[positive]
        self._neg_rows: Ints = order[~positive]
        self._pos, self._neg = p[self._pos_rows], p[self._neg_rows]
        self.positives, self.negatives = int(self._pos.size), int(self._neg.size)
        # Of each positive: how many negatives score lower, how many score at most the same, how many positives lower.
        self._neg_below = np.searchsorted(self._neg, self._pos, side="left")
        self._neg_up_to = np.searchsorted(self._neg, self._pos, side="right")
        self._pos_below = np.searchsorted(self._pos, self._pos, side="left")
        self._edges = np.linspace(0, 1, CALIBRATION_BINS + 1)[1:-1]
        self._distinct, self._fit_groups = _logit_groups(p, p.size), _logit_groups(p, FIT_GROUPS)

    def condensed(self) -> tuple["Scored", Ints]:
        """Puts neighbours together, for resamples of many rows.

        Rows of one label whose probabilities are neighbours become one row with their mean probability; no group
        reaches across the decision threshold or the edge of a calibration bin. A resample's weights are then sums over
        groups.

        Returns:
            The condensed rows, and for each row the number of the one it went into, int64 [n].
        """
        p = np.empty(self.n)
        p[self._pos_rows], p[self._neg_rows] = self._pos, self._neg
        positive = np.zeros(self.n, dtype=np.int64)
        positive[self._pos_rows] = 1
        tops, _ = _logit_groups(p, GROUPS, np.append(self._edges, self.threshold))
        group = np.searchsorted(tops, p, side="left")
        mean = np.bincount(group, p) / np.bincount(group)
        cells, cell = np.unique(2 * group + positive, return_inverse=True)
        return Scored(cells % 2, mean[cells // 2], self.threshold), cell.astype(np.int64)

    def metrics(self, weights: Floats, names: Iterable[str] = ALL_METRICS) -> dict[str, Floats]:
        """Computes metrics for each weighting of the rows.

        Args:
            weights: Non-negative, shape [r, n]: one weighting a row.
            names: The metrics wanted.

        Returns:
            By name, shape [r]; NaN where a metric is not defined.
        """
        wanted = set(names)
        unknown = wanted - set(ALL_METRICS)
        if unknown:
            raise ValueError(f"unknown metrics: {sorted(unknown)}")
        # take, not fancy indexing: it keeps the result C-contiguous, which halves the time of what follows.
        wp, wn = np.take(weights, self._pos_rows, axis=1), np.take(weights, self._neg_rows, axis=1)
        cp, cn = _cumulated(wp), _cumulated(wn)
        out: dict[str, Floats] = {}
        with np.errstate(divide="ignore", invalid="ignore"):
            out |= self._at_threshold(cp, cn)
            if "brier" in wanted:
                squares = wp @ (1 - self._pos) ** 2 + wn @ self._neg**2
                out["brier"] = squares / (cp[:, -1] + cn[:, -1])
            if wanted & _DISCRIMINATION:
                out |= self._discrimination(wp, cp, cn)
            if "ece" in wanted:
                out["ece"] = self._ece(wp, wn, cp, cn)
            if wanted & _CALIBRATION_FIT:
                out |= self._calibration(cp, cn)
        return {name: out[name] for name in ALL_METRICS if name in wanted}

    def _at_threshold(self, cp: Floats, cn: Floats) -> dict[str, Floats]:
        t = self.threshold
        fn, tn = (c[:, np.searchsorted(p, t, side="left")] for c, p in ((cp, self._pos), (cn, self._neg)))
        tp, fp = cp[:, -1] - fn, cn[:, -1] - tn
        total = tp + fp + fn + tn
        return {
            "sensitivity": tp / (tp + fn),
            "specificity": tn / (tn + fp),
            "ppv": tp / (tp + fp),
            "npv": tn / (tn + fn),
            "accuracy": (tp + tn) / total,
            "net_benefit": (tp - fp * t / (1 - t)) / total,
        }

    def _discrimination(self, wp: Floats, cp: Floats, cn: Floats) -> dict[str, Floats]:
        positives, negatives = cp[:, -1], cn[:, -1]
        below, up_to = np.take(cn, self._neg_below, axis=1), np.take(cn, self._neg_up_to, axis=1)
        wins = np.einsum("ri,ri->r", wp, below) + np.einsum("ri,ri->r", wp, up_to)
        auroc = wins / (2 * positives * negatives)
        true = positives[:, None] - np.take(cp, self._pos_below, axis=1)
        false = negatives[:, None] - below
        precision = true / np.maximum(true + false, np.finfo(np.float64).tiny)
        auprc = np.where(negatives > 0, np.einsum("ri,ri->r", wp, precision) / positives, np.nan)
        return {"auroc": auroc, "auprc": auprc}

    def _ece(self, wp: Floats, wn: Floats, cp: Floats, cn: Floats) -> Floats:
        expected = wp @ self._binned(self._pos) + wn @ self._binned(self._neg)
        observed = np.diff(cp[:, self._bounds(self._pos)], axis=1)
        gaps: Floats = np.abs(expected - observed).sum(axis=1) / (cp[:, -1] + cn[:, -1])
        return gaps

    def _bounds(self, p: Floats) -> Ints:
        return np.concatenate(([0], np.searchsorted(p, self._edges, side="left"), [p.size]))

    def _binned(self, p: Floats) -> Floats:
        """Probabilities spread over the bins: shape [n, bins], zero outside a row's own bin."""
        spread = np.zeros((p.size, CALIBRATION_BINS))
        spread[np.arange(p.size), np.searchsorted(self._edges, p, side="right")] = p
        return spread

    def _calibration(self, cp: Floats, cn: Floats) -> dict[str, Floats]:
        tops, logits = self._distinct if len(cp) == 1 else self._fit_groups
        ends_p, ends_n = (np.searchsorted(p, tops, side="right") for p in (self._pos, self._neg))
        positive = np.diff(cp[:, ends_p], axis=1, prepend=0)
        total = positive + np.diff(cn[:, ends_n], axis=1, prepend=0)
        intercept = _fits(positive, total, np.ones((1, logits.size)), logits, [0.0])[:, 0]
        columns = np.stack([np.ones_like(logits), logits])
        slope = _fits(positive, total, columns, np.zeros_like(logits), [0.0, 1.0])[:, 1]
        return {"calibration_slope": slope, "calibration_intercept": intercept}


def binary_metrics(label: ArrayLike, probability: ArrayLike, threshold: float = 0.5) -> dict[str, float]:
    """Returns all metrics of one model on one set of rows, by name; see the module for their definitions.

    Args:
        label: 0 or 1, shape [n].
        probability: Predicted probability of label 1, shape [n].
        threshold: Decision threshold.
    """
    scored = Scored(label, probability, threshold)
    return {name: float(value[0]) for name, value in scored.metrics(np.ones((1, scored.n))).items()}


def _cumulated(weights: Floats) -> Floats:
    """Cumulative sums along rows with a leading zero: shape [r, n] to [r, n + 1]."""
    out = np.empty((weights.shape[0], weights.shape[1] + 1))
    out[:, 0] = 0
    np.cumsum(weights, axis=1, out=out[:, 1:])
    return out


def _logit_groups(p: Floats, number: int, edges: Floats | None = None) -> tuple[Floats, Floats]:
    """Groups of neighbouring probabilities; each distinct one by itself where there are no more than `number`.

    Args:
        p: Probabilities, shape [n].
        number: About how many groups.
        edges: Probabilities at which a new group begins.

    Returns:
        The largest probability of each group and the mean logit in it.
    """
    distinct, counts = np.unique(p, return_counts=True)
    clipped = np.clip(distinct, LOGIT_CLIP, 1 - LOGIT_CLIP)
    logit = np.log(clipped) - np.log1p(-clipped)
    if distinct.size <= number:
        return distinct, logit
    # Half of the groups by rank and half by logit: narrow groups in the middle and in the tails.
    half = number // 2
    rank = np.cumsum(counts) / counts.sum()
    spread = (logit - logit[0]) / (logit[-1] - logit[0])
    key = np.minimum(rank * half, half - 1).astype(np.int64) + np.minimum(spread * half, half - 1).astype(np.int64)
    if edges is not None:
        key += np.searchsorted(np.sort(edges), distinct, side="right")
    starts = np.flatnonzero(np.diff(key, prepend=-1))
    mean = np.add.reduceat(logit * counts, starts) / np.add.reduceat(counts, starts)
    return distinct[np.append(starts[1:], distinct.size) - 1], mean


def _fits(positive: Floats, total: Floats, columns: Floats, offset: Floats, start: list[float]) -> Floats:
    """Fits each weighting from the solution of all together, which is a step or two away: shape [r, k]."""
    together = _logistic(
        positive.sum(0, keepdims=True), total.sum(0, keepdims=True), columns, offset, np.array([start])
    )
    begin = together if np.isfinite(together).all() else np.array([start])
    return _logistic(positive, total, columns, offset, np.tile(begin, (positive.shape[0], 1)))


def _logistic(positive: Floats, total: Floats, columns: Floats, offset: Floats, start: Floats) -> Floats:
    """Fits many logistic regressions of one or two coefficients on the same points by Newton's method.

    Args:
        positive: Weight of positives at each point, shape [r, g].
        total: Weight of all at each point, shape [r, g].
        columns: Regressors, shape [k, g] with k of 1 or 2.
        offset: Part of the linear predictor that is not fitted, shape [g].
        start: First coefficients, shape [r, k].

    Returns:
        Coefficients, shape [r, k]; NaN where there is no finite optimum (one class, separated classes).
    """
    beta, k = start.copy(), columns.shape[0]
    active = np.arange(beta.shape[0])
    converged = np.zeros(beta.shape[0], dtype=bool)
    for _ in range(50):
        eta = beta[active] @ columns + offset
        mu = 1 / (1 + np.exp(-np.clip(eta, -40, 40)))
        gradient = (positive[active] - total[active] * mu) @ columns.T
        curvature = total[active] * mu * (1 - mu)
        hessian = np.stack([(curvature * column) @ columns.T for column in columns], axis=1)
        step = _solved(hessian, gradient, k)
        ok = np.isfinite(step).all(axis=1)
        # A step is cut short, so that a start far from the optimum cannot overshoot.
        beta[active[ok]] += np.clip(step[ok], -2, 2)
        done = ok & (np.abs(step).max(axis=1, initial=0) < 1e-6)
        converged[active[done]] = True
        active = active[ok & ~done & (np.abs(beta[active]).max(axis=1) < 1e3)]
        if active.size == 0:
            break
    beta[~converged] = np.nan
    return beta


def _solved(hessian: Floats, gradient: Floats, k: int) -> Floats:
    if k == 1:
        return gradient / hessian[:, 0]
    (a, b), d = (hessian[:, 0, 0], hessian[:, 0, 1]), hessian[:, 1, 1]
    determinant = a * d - b * b
    # A curvature lost to rounding (separated classes, one point) has no solution worth having.
    determinant = np.where(determinant > 1e-12 * a * d, determinant, np.nan)
    first = (d * gradient[:, 0] - b * gradient[:, 1]) / determinant
    second = (a * gradient[:, 1] - b * gradient[:, 0]) / determinant
    return np.stack([first, second], axis=1)
