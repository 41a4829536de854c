"""Confidence intervals of metrics by bootstrap over patients.

Patients are drawn with replacement and all rows of a patient go together (Efron and Tibshirani 1993, chapter 8;
Field and Welsh 2007), because two rows of one patient are not two pieces of evidence. Every model and every slice is
measured on the same resamples, so that differences between two models are paired and gaps between slices can be taken.
Intervals are percentiles of the resampled values. A slice is what the resampled patients have in it: its size varies,
as it would in a new sample.

A resample is a row of patient counts; a chunk of them is held at a time (`max_bytes`), and trainers.metrics measures a
whole chunk at once. A metric that is not defined on a resample (auroc on a single class) leaves that resample out and
is counted; where more than `MAX_UNDEFINED` of them are, there is no interval.

References:
    Efron B, Tibshirani RJ. An Introduction to the Bootstrap. Chapman and Hall 1993.
    Field CA, Welsh AH. Bootstrapping clustered data. Journal of the Royal Statistical Society B 2007.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trainers.metrics import ALL_METRICS, Scored

__all__ = ["MAX_UNDEFINED", "Interval", "Replicates", "Scores", "bootstrap", "patient_codes", "resamples"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
K = TypeVar("K", bound=Hashable)

MAX_UNDEFINED = 0.1
"""Largest share of resamples without a value for which an interval is still given."""

EXACT_ROWS = 8192
"""Up to so many rows a resample is measured row by row, beyond it condensed (trainers.metrics.Scored.condensed).

What condensing changes on the rows themselves, where the exact value is known, is taken off every resample. On 10,000
to 200,000 rows the rest was below a thirtieth of a metric's standard error (auprc at a prevalence of 1 %: a twentieth),
at a sixth of the time for each model or slice.
"""

MAX_BYTES = 32 * 2**20
"""Bytes of weights held at a time."""


@dataclass(frozen=True)
class Interval:
    """A metric with its confidence interval.

    Attributes:
        value: The metric on the rows themselves; NaN where not defined.
        low: Lower bound; NaN where there is none.
        high: Upper bound; NaN where there is none.
        undefined: Resamples on which the metric was not defined.
    """

    value: float
    low: float
    high: float
    undefined: int = 0


@dataclass(frozen=True)
class Scores:
    """What one model says about some of the rows.

    Attributes:
        label: 0 or 1, shape [n].
        probability: Shape [n].
        rows: Which of all rows these are, shape [n]; None for all of them in order.
    """

    label: ArrayLike
    probability: ArrayLike
    rows: Ints | None = None


@dataclass(frozen=True)
class Replicates(Generic[K]):
    """Metrics of several models or slices on the same resamples.

    Attributes:
        values: By key and metric, on the rows themselves.
        replicates: By key and metric, on each resample, shape [resamples].
        confidence: Level of the intervals.
    """

    values: Mapping[K, Mapping[str, float]]
    replicates: Mapping[K, Mapping[str, Floats]]
    confidence: float

    def interval(self, key: K, metric: str) -> Interval:
        """Returns a metric of one model or slice with its interval."""
        return self._percentiles(self.values[key][metric], self.replicates[key][metric])

    def difference(self, key: K, other: K, metric: str) -> Interval:
        """Returns the metric of `key` minus that of `other`, paired: both on the same resampled patients."""
        value = self.values[key][metric] - self.values[other][metric]
        return self._percentiles(value, self.replicates[key][metric] - self.replicates[other][metric])

    def _percentiles(self, value: float, replicates: Floats) -> Interval:
        defined = replicates[np.isfinite(replicates)]
        undefined = int(replicates.size - defined.size)
        if not np.isfinite(value) or defined.size == 0 or undefined > MAX_UNDEFINED * replicates.size:
            return Interval(float(value), float("nan"), float("nan"), undefined)
        low, high = np.quantile(defined, [(1 - self.confidence) / 2, (1 + self.confidence) / 2])
        return Interval(float(value), float(low), float(high), undefined)


def patient_codes(patients: ArrayLike) -> Ints:
    """Numbers the patients from 0, in the order of rows where each has one: [n] of any sortable kind to int64 [n]."""
    names = np.asarray(patients).reshape(-1)
    distinct, codes = np.unique(names, return_inverse=True)
    return np.arange(names.size, dtype=np.int64) if distinct.size == names.size else codes.astype(np.int64)


def resamples(patients: Ints, count: int, seed: int, max_bytes: int = MAX_BYTES) -> Iterator[Floats]:
    """Draws resamples of patients.

    Args:
        patients: Number of each row's patient, 0 to p - 1, shape [n].
        count: How many resamples.
        seed: The same seed draws the same resamples, whatever `max_bytes`.
        max_bytes: Size of a chunk.

    Yields:
        How often each row is in each resample, shape [r, n], with all r adding up to `count`.
    """
    n = patients.size
    number = int(patients.max()) + 1 if n else 0
    if number == 0:
        return
    random = np.random.default_rng(seed)
    one_row_each = bool((patients == np.arange(n)).all())
    size = max(1, min(count, max_bytes // (8 * n)))
    for start in range(0, count, size):
        # One draw a resample, so that the stream of random numbers does not depend on the size of a chunk.
        drawn = (random.integers(0, number, number) for _ in range(min(size, count - start)))
        counts = np.stack([np.bincount(row, minlength=number) for row in drawn]).astype(np.float64)
        yield counts if one_row_each else np.take(counts, patients, axis=1)


def bootstrap(
    scores: Mapping[K, Scores],
    patients: ArrayLike,
    threshold: float,
    *,
    count: int = 500,
    confidence: float = 0.95,
    seed: int = 20,
    metrics: Iterable[str] = ALL_METRICS,
    max_bytes: int = MAX_BYTES,
) -> Replicates[K]:
    """Measures models and slices on the rows themselves and on resamples of the patients.

    Args:
        scores: By key (a model, a slice, a pair of both): labels, probabilities and which rows they are.
        patients: Identifier or pseudonym of each row's patient, shape [n], over all rows.
        threshold: Decision threshold.
        count: Number of resamples.
        confidence: Level of the intervals.
        seed: Of the random numbers.
        metrics: Names of the metrics.
        max_bytes: Memory for weights; some four times as much is used in all.

    Returns:
        Values and replicates; `interval` and `difference` summarise them.

    Raises:
        ValueError: Labels or probabilities are out of range, or shapes differ.
    """
    names = tuple(metrics)
    prepared = {key: Scored(given.label, given.probability, threshold) for key, given in scores.items()}
    codes = patient_codes(patients)
    for key, scored in prepared.items():
        rows = scores[key].rows
        if scored.n != (codes.size if rows is None else rows.size):
            raise ValueError("the number of predictions is not that of the rows")
    values = {
        key: {name: float(value[0]) for name, value in scored.metrics(np.ones((1, scored.n)), names).items()}
        for key, scored in prepared.items()
    }
    measures = {key: _Measure(scored, scores[key].rows, values[key]) for key, scored in prepared.items()}
    chunks: dict[K, list[dict[str, Floats]]] = {key: [] for key in prepared}
    for weights in resamples(codes, count, seed, max_bytes):
        for key, measure in measures.items():
            chunks[key].append(measure(weights, names))
    empty = np.empty(0)
    replicates = {
        key: {name: np.concatenate([chunk[name] for chunk in parts]) if parts else empty for name in names}
        for key, parts in chunks.items()
    }
    return Replicates(values, replicates, confidence)


class _Measure:
    """Metrics of some of the rows on resamples of all."""

    def __init__(self, scored: Scored, rows: Ints | None, values: Mapping[str, float]) -> None:
        self._scored, self._rows = scored, rows
        self._cells: Ints | None = None
        self._shift = dict.fromkeys(values, 0.0)
        if scored.n > EXACT_ROWS:
            self._scored, self._cells = scored.condensed()
            size = np.bincount(self._cells)[None, :].astype(np.float64)
            for name, found in self._scored.metrics(size, values).items():
                self._shift[name] = float(np.nan_to_num(values[name] - found[0]))

    def __call__(self, weights: Floats, names: tuple[str, ...]) -> dict[str, Floats]:
        chosen = weights if self._rows is None else np.take(weights, self._rows, axis=1)
        if self._cells is not None:
            cells, size = self._cells, self._scored.n
            chosen = np.stack([np.bincount(cells, row, minlength=size) for row in chosen])
        return {name: found + self._shift[name] for name, found in self._scored.metrics(chosen, names).items()}
