"""Which numbers of a group are not shown because too few patients stand behind them.

A cell of 1 to 4 patients is suppressed, with the term or without it, as statistical offices do. Where that leaves a
single suppressed group of a slice feature, whose number the others and the total would give away, the next smallest is
suppressed besides it (complementary suppression: Hundepool A et al. Statistical Disclosure Control. 2012, 4.2).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["SMALLEST_CELL", "suppressed"]

SMALLEST_CELL = 5


def suppressed(counts: Sequence[NDArray[np.int64]], totals: Sequence[int]) -> NDArray[np.bool_]:
    """Says what is not shown, for one slice feature and one class.

    Args:
        counts: For each group, int `[terms]`: patients of the class with the term.
        totals: For each group, all patients of the class.

    Returns:
        bool `[groups, terms]`.
    """
    with_term = np.stack(counts)
    without = np.array(totals)[:, np.newaxis] - with_term
    hidden = _small(with_term) | _small(without)
    alone = np.flatnonzero(hidden.sum(axis=0) == 1)
    if len(counts) > 1 and alone.size:
        open_counts = np.where(hidden, np.iinfo(np.int64).max, with_term)[:, alone]
        hidden[open_counts.argmin(axis=0), alone] = True
    return hidden


def _small(cells: NDArray[np.int64]) -> NDArray[np.bool_]:
    return (cells > 0) & (cells < SMALLEST_CELL)
