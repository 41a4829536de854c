"""How strongly terms go with a diagnosis: odds ratios with intervals, exact tests, false discovery, and a ranking.

References:
    Woolf B. On estimating the relation between blood group and disease. Ann Hum Genet 1955. (The interval.)
    Haldane JBS. Ann Hum Genet 1956; Anscombe FJ. Biometrika 1956. (1/2 in each cell, so that none is 0.)
    Fisher RA. The logic of inductive inference. JRSS 1935. (The exact test.)
    Benjamini Y, Hochberg Y. Controlling the false discovery rate. JRSS B 1995.
    Monroe BL, Colaresi MP, Quinn KM. Fightin' words. Political Analysis 2008. (The ranking.)
    Cochran WG. The combination of estimates from different experiments. Biometrics 1954. (Heterogeneity.)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "OddsRatios",
    "false_discovery",
    "fisher_exact",
    "heterogeneity",
    "log_odds_z",
    "odds_ratios",
]

Z_95 = 1.959963984540054

TIES = 1e-7
"""Relative room in which two probabilities of the exact test count as equal, as in R and scipy."""

PRIOR_PATIENTS = 10
"""How many patients of average habits the prior of the ranking is worth."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class OddsRatios:
    """Odds ratios.

    Attributes:
        log: float64 `[n]`, natural logarithms.
        error: float64 `[n]`, their standard errors.
    """

    log: Floats
    error: Floats

    @cached_property
    def value(self) -> Floats:
        """The odds ratios."""
        return np.exp(self.log)

    @cached_property
    def low(self) -> Floats:
        """Lower bounds of the 95 % intervals."""
        return np.exp(self.log - Z_95 * self.error)

    @cached_property
    def high(self) -> Floats:
        """Upper bounds of the 95 % intervals."""
        return np.exp(self.log + Z_95 * self.error)

    @cached_property
    def direction(self) -> NDArray[np.int64]:
        """1 where the interval lies above 1, -1 where it lies below, else 0."""
        sure = np.abs(self.log) > Z_95 * self.error
        return (np.sign(self.log) * sure).astype(np.int64)


def odds_ratios(
    counts: NDArray[np.int64], negatives: int | NDArray[np.int64], positives: int | NDArray[np.int64]
) -> OddsRatios:
    """Returns the odds of the diagnosis with a term, over those without it; with 1/2 added to each cell of each table.

    Args:
        counts: int `[n, 2]`, patients with the term among negatives and positives.
        negatives: All negatives; one number, or int `[n]`.
        positives: All positives, likewise.
    """
    with_negative, with_positive = counts[:, 0] + 0.5, counts[:, 1] + 0.5
    without_negative, without_positive = negatives - counts[:, 0] + 0.5, positives - counts[:, 1] + 0.5
    log = np.log(with_positive * without_negative / (with_negative * without_positive))
    error = np.sqrt(1 / with_positive + 1 / with_negative + 1 / without_positive + 1 / without_negative)
    return OddsRatios(log, error)


def fisher_exact(counts: NDArray[np.int64], negatives: int, positives: int) -> Floats:
    """Returns the two-sided p of Fisher's exact test: the tables as improbable as this one, or more so.

    Args:
        counts: int `[n, 2]`, as for `odds_ratios`.
        negatives: All negatives.
        positives: All positives.

    Returns:
        float64 `[n]`.
    """
    from scipy.special import gammaln

    factorial = gammaln(np.arange(negatives + positives + 2, dtype=np.float64) + 1)

    def choose(n: int, k: NDArray[np.int64]) -> Floats:
        return np.asarray(factorial[n] - factorial[k] - factorial[n - k])

    patients = counts.sum(axis=1)
    p = np.ones(len(counts))
    everyone = negatives + positives
    for number in np.unique(patients):
        rows = patients == number
        support = np.arange(max(0, number - negatives), min(number, positives) + 1)
        log = choose(positives, support) + choose(negatives, number - support) - choose(everyone, np.array([number]))
        probability = np.exp(log)
        order = np.sort(probability)
        total = np.cumsum(order)
        here = probability[counts[rows, 1] - support[0]]
        p[rows] = total[np.searchsorted(order, here * (1 + TIES), side="right") - 1]
    return np.minimum(p, 1.0)


def false_discovery(p: Floats) -> Floats:
    """Returns the smallest false discovery rate at which each test counts (Benjamini and Hochberg), float64 `[n]`."""
    from scipy.stats import false_discovery_control

    return np.asarray(false_discovery_control(p, method="bh")) if p.size else p


def log_odds_z(counts: NDArray[np.int64], negatives: int, positives: int) -> Floats:
    """Returns the z-score of each term's log-odds ratio with an informative Dirichlet prior (Monroe et al.).

    A term is compared with all terms of its class, so that longer notes of one class do not count for it; the prior,
    the terms of both classes together, holds rare terms back.

    Args:
        counts: int `[n, 2]`, as for `odds_ratios`.
        negatives: All negatives.
        positives: All positives.

    Returns:
        float64 `[n]`, positive where a term goes with the diagnosis.
    """
    in_class = counts.sum(axis=0).astype(np.float64)
    of_term = counts.sum(axis=1).astype(np.float64)
    prior = PRIOR_PATIENTS * of_term / max(negatives + positives, 1)
    whole = prior.sum()
    observed = counts + prior[:, np.newaxis]
    rest = np.maximum(in_class + whole - observed, np.finfo(np.float64).tiny)
    logit = np.log(observed) - np.log(rest)
    return np.asarray((logit[:, 1] - logit[:, 0]) / np.sqrt((1 / observed).sum(axis=1)))


def heterogeneity(groups: Sequence[OddsRatios]) -> tuple[Floats, Floats]:
    """Tests whether the odds ratio is the same in all groups (Cochran's Q on log-odds ratios, Woolf's weights).

    Args:
        groups: At least two, each of the same terms.

    Returns:
        Q and its p (chi-square with one degree of freedom less than groups), float64 `[n]`.
    """
    from scipy.stats import chi2

    log = np.stack([group.log for group in groups])
    weight = np.stack([group.error**-2 for group in groups])
    mean = (weight * log).sum(axis=0) / weight.sum(axis=0)
    q = (weight * (log - mean) ** 2).sum(axis=0)
    return q, np.asarray(chi2.sf(q, len(groups) - 1))
