"""The known signal: how ill a patient is, what each modality shows of it, and the best AUROC that can come of it.

Severity z is standard normal, and `REFERRAL_SHIFT` higher at the site that is sent the severe cases. The label
is drawn from `P(pneumonia | z) = sigmoid(SLOPE z + INTERCEPT)`. A modality shows `z + noise`, with noise of its own,
normal with the standard deviation `NOISE[modality]`. No model orders patients better than z does, and none that sees
one modality better than that modality's view does: the AUROC of z and of the views are ceilings.

References:
    Hanley JA, McNeil BJ. The meaning and use of the area under a receiver operating characteristic (ROC) curve.
        Radiology 1982. (AUROC as the probability that a positive ranks above a negative.)
    Mann HB, Whitney DR. On a test of whether one of two random variables is stochastically larger than the other.
        Annals of Mathematical Statistics 1947. (Its estimate from a sample.)
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtr
from scipy.stats import rankdata

__all__ = [
    "INTERCEPT",
    "NOISE",
    "REFERRAL_SHARE",
    "REFERRAL_SHIFT",
    "SLOPE",
    "Ceiling",
    "auroc",
    "expected_auroc",
    "expected_prevalence",
    "label_probability",
]

SLOPE = 2.6
"""Change of the log odds of pneumonia for one unit of severity."""

INTERCEPT = -1.56
"""Log odds of pneumonia at severity 0."""

REFERRAL_SHARE = 0.25
"""Share of patients at the site with the higher prevalence."""

REFERRAL_SHIFT = 0.5
"""How much higher severity is there, on average."""

NOISE = {"records": 0.55, "images": 0.55, "notes": 0.68}
"""Standard deviation of each modality's noise, in units of severity."""

_STEPS = 1501


@dataclass(frozen=True)
class Ceiling:
    """The best AUROC that can be reached.

    Attributes:
        formula: Of the population, by numerical integration.
        drawn: Of the patients that were drawn.
    """

    formula: float
    drawn: float


def label_probability(severity: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the probability of pneumonia for each severity."""
    return np.asarray(expit(SLOPE * severity + INTERCEPT))


def expected_prevalence() -> float:
    """Returns the prevalence of the population."""
    _, positive, _ = _densities()
    return float(positive.sum())


def expected_auroc(noise: float) -> float:
    """Returns the AUROC of `z + noise` in the population: the chance that a positive's view exceeds a negative's.

    Given the two severities, the difference of the views is normal with variance `2 noise^2`.

    Args:
        noise: Standard deviation of the noise; 0 for severity itself.
    """
    severity, positive, negative = _densities()
    difference = severity[:, None] - severity[None, :]
    wins = ndtr(difference / (noise * np.sqrt(2))) if noise else 0.5 * (np.sign(difference) + 1)
    return float(positive @ wins @ negative / (positive.sum() * negative.sum()))


def auroc(score: NDArray[np.float64], label: NDArray[np.integer]) -> float:
    """Returns the AUROC of a sample by the rank sum; ties count half.

    Args:
        score: `[n]`, higher for positives.
        label: `[n]`, 0 or 1, both of them present.
    """
    positives = int(np.sum(label == 1))
    negatives = int(label.size - positives)
    ranks = rankdata(score)
    return float((ranks[label == 1].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def _densities() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Returns severities and, at each, the mass of positives and of negatives; together they sum to 1."""
    severity = np.linspace(-7.0, 8.0, _STEPS)
    mass = (1 - REFERRAL_SHARE) * np.exp(-0.5 * severity**2) + REFERRAL_SHARE * np.exp(
        -0.5 * (severity - REFERRAL_SHIFT) ** 2
    )
    mass /= mass.sum()
    probability = label_probability(severity)
    return severity, mass * probability, mass * (1 - probability)
