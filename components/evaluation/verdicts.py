"""Thresholds on slices that have three answers: passed, failed, not enough evidence.

A threshold of TFMA on a slice refuses the model because of a group of three patients, or passes it. A verdict is a
metric of its own beside the one it judges, so that the evaluation says openly which groups could not be judged: they
neither pass nor refuse the model.
"""

from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["COUNTS", "FAILED", "LOWEST_ALLOWED", "PASSED", "UNDECIDED", "Verdict"]

COUNTS = ("example_count", "positive_count", "negative_count")
"""Names of the counts of rows in a slice."""

FAILED, UNDECIDED, PASSED = 0.0, 0.5, 1.0
"""Values of a verdict; UNDECIDED is "not enough evidence"."""

LOWEST_ALLOWED = 0.25
"""The bound that TFMA checks: anything but FAILED is above."""


@dataclass(frozen=True)
class Verdict:
    """A bound that every group of a slice feature must reach, where it has enough patients.

    Attributes:
        metric: The metric that is judged.
        feature: The slice feature.
        bound: Smallest value allowed, or the largest where less is better.
        min_examples: Rows that a group must have to be judged.
        min_positives: Positives, and negatives, that it must have.
    """

    metric: str
    feature: str
    bound: float
    min_examples: int
    min_positives: int

    @property
    def name(self) -> str:
        """Name of the verdict among the metrics."""
        return f"{self.metric}_verdict_{self.feature}"

    def as_config(self) -> dict[str, Any]:
        """Returns the verdict as the JSON of an EvalConfig holds it."""
        return asdict(self)
