"""PatientMetric: metrics of trainers.metrics as a tfma.metrics.Metric, with intervals over patients.

However many PatientMetrics an EvalConfig names, TFMA computes them together: they share one combiner, which keeps the
arrays that the extractor made, and one derived computation, which measures each model, each difference to the baseline
and each verdict once for a slice.

Intervals are a grouped jackknife: patients fall into 20 groups, each is left out in turn, and the spread of the metric
gives its standard error (delete-a-group jackknife; Kott, Journal of Official Statistics 2001). They are rough, cheap
and symmetric, and TFMA writes them for 95 %. The report's bootstrap intervals (components.performance_report) are the
ones to quote.

Memory: 4 * models + 2 bytes for each row in each slice.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import apache_beam as beam
import numpy as np
import tensorflow_model_analysis as tfma
from numpy.typing import NDArray
from tensorflow_model_analysis.api.types import ValueWithTDistribution
from tensorflow_model_analysis.proto import config_pb2

from components.evaluation.extractors import GROUPS, SCORES_KEY
from components.evaluation.verdicts import COUNTS, FAILED, PASSED, UNDECIDED, Verdict
from trainers.metrics import ALL_METRICS, HIGHER_IS_BETTER, Scored

__all__ = ["PatientMetric"]

MetricKey = tfma.metrics.MetricKey
Arrays = tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.uint8]]

_SCORES = "_patient_scores"
"""Name of the combiner's result; TFMA drops names with an underscore before it writes."""

FEWEST_GROUPS = 10
"""Groups of patients that a slice must have for an interval."""


class PatientMetric(tfma.metrics.Metric):
    """One metric, count or verdict.

    Args:
        name: A metric of trainers.metrics, one of verdicts.COUNTS, or the name of a verdict.
        threshold: Decision threshold.
        verdicts: Every verdict of the evaluation, as verdicts.Verdict takes them; the same for each PatientMetric.
        code: Digest of the code; only makes the configuration differ where the code does.
    """

    def __init__(self, name: str, threshold: float, verdicts: Sequence[Mapping[str, Any]] = (), code: str = "") -> None:
        super().__init__(_computations, name=name, threshold=threshold, verdicts=list(verdicts), code=code)


def _computations(
    name: str,
    threshold: float,
    verdicts: Sequence[Mapping[str, Any]],
    code: str = "",
    eval_config: config_pb2.EvalConfig | None = None,
    example_weighted: bool = False,
) -> list[Any]:
    del name, code  # All metrics are computed together; TFMA removes the copies of the two computations.
    specs = eval_config.model_specs if eval_config else [config_pb2.ModelSpec()]
    models = [spec.name if len(specs) > 1 else "" for spec in specs]
    baseline = next((spec.name for spec in specs if spec.is_baseline), None)
    scores = MetricKey(_SCORES, example_weighted=example_weighted)
    measure = _Measure(models, baseline, threshold, [Verdict(**verdict) for verdict in verdicts], example_weighted)
    return [
        tfma.metrics.MetricComputation(keys=[scores], preprocessors=[_Scores()], combiner=_Collect(scores)),
        tfma.metrics.DerivedMetricComputation(keys=measure.keys, result=lambda found: measure(found[scores])),
    ]


class _Scores(tfma.metrics.Preprocessor):  # type: ignore[misc]  # TFMA is untyped.
    """Hands the arrays of an extract to the combiner."""

    def process(self, extracts: Mapping[str, Any]) -> Iterator[Arrays]:
        yield extracts[SCORES_KEY]


class _Collect(beam.CombineFn):
    """Keeps the arrays of a slice."""

    def __init__(self, key: Any) -> None:
        self._key = key

    def create_accumulator(self) -> list[Arrays]:
        return []

    def add_input(self, accumulator: list[Arrays], element: Arrays) -> list[Arrays]:
        accumulator.append(element)
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[list[Arrays]]) -> list[Arrays]:
        return [arrays for accumulator in accumulators for arrays in accumulator]

    def compact(self, accumulator: list[Arrays]) -> list[Arrays]:
        return [_joined(accumulator)] if len(accumulator) > 1 else accumulator

    def extract_output(self, accumulator: list[Arrays]) -> dict[Any, Arrays]:
        return {self._key: _joined(accumulator)}


def _joined(accumulator: list[Arrays]) -> Arrays:
    labels, probabilities, groups = zip(*accumulator, strict=True)
    return np.concatenate(labels), np.concatenate(probabilities), np.concatenate(groups)


class _Measure:
    """All metrics, differences and verdicts of a slice."""

    def __init__(
        self, models: list[str], baseline: str | None, threshold: float, verdicts: list[Verdict], example_weighted: bool
    ) -> None:
        self._models, self._baseline, self._threshold, self._verdicts = models, baseline, threshold, verdicts
        self._example_weighted = example_weighted

    def _key(self, name: str, model: str, is_diff: bool = False) -> Any:
        return MetricKey(name, model_name=model, example_weighted=self._example_weighted, is_diff=is_diff)

    @property
    def keys(self) -> list[Any]:
        """Keys of everything that a call returns, which is also how TFMA knows that two computations are the same."""
        names = [*ALL_METRICS, *COUNTS, *(verdict.name for verdict in self._verdicts)]
        return [self._key(name, model) for model in self._models for name in names] + [
            self._key(name, model, is_diff=True) for model in self._compared for name in ALL_METRICS
        ]

    @property
    def _compared(self) -> list[str]:
        return [model for model in self._models if self._baseline is not None and model != self._baseline]

    def __call__(self, arrays: Arrays) -> dict[Any, Any]:
        labels, probabilities, groups = arrays
        present = np.flatnonzero(np.bincount(groups, minlength=GROUPS))
        everyone = np.ones((1, labels.size))
        without = (groups[None, :] != present[:, None]).astype(np.float64)
        # Probabilities are float32: the threshold is compared as such.
        threshold = float(np.float32(self._threshold))
        values: dict[str, dict[str, NDArray[np.float64]]] = {}
        for i, model in enumerate(self._models):
            scored = Scored(labels, probabilities[:, i], threshold)
            # Apart, since the fits of a single weighting are exact.
            exact, replicates = scored.metrics(everyone), scored.metrics(without)
            values[model] = {name: np.concatenate([exact[name], replicates[name]]) for name in exact}
        counts = dict(zip(COUNTS, (labels.size, int(labels.sum()), int(labels.size - labels.sum())), strict=True))
        result: dict[Any, Any] = {}
        for model in self._models:
            result |= {self._key(name, model): float(count) for name, count in counts.items()}
            result |= {self._key(name, model): _with_error(found) for name, found in values[model].items()}
            result |= {
                self._key(verdict.name, model): _code(verdict, float(values[model][verdict.metric][0]), counts)
                for verdict in self._verdicts
            }
        for model in self._compared:
            ours, theirs = values[model], values[self._baseline or ""]
            result |= {self._key(name, model, is_diff=True): _with_error(ours[name] - theirs[name]) for name in ours}
        return result


def _with_error(found: NDArray[np.float64]) -> ValueWithTDistribution:
    """Adds a standard error to a value, from the values without each group; NaN where one of those is missing.

    A plain number would do for the latter, but TFMA would subtract it from the baseline's.
    """
    value, without = float(found[0]), found[1:]
    number = without.size
    if number < FEWEST_GROUPS or not np.isfinite(found).all():
        return ValueWithTDistribution(value, float("nan"), 1, value)
    error = float(np.sqrt((number - 1) / number * np.sum((without - without.mean()) ** 2)))
    return ValueWithTDistribution(value, error, number - 1, value)


def _code(verdict: Verdict, value: float, counts: Mapping[str, int]) -> float:
    enough = counts["example_count"] >= verdict.min_examples and (
        min(counts["positive_count"], counts["negative_count"]) >= verdict.min_positives
    )
    if not enough or not np.isfinite(value):
        return UNDECIDED
    passed = value >= verdict.bound if HIGHER_IS_BETTER[verdict.metric] else value <= verdict.bound
    return PASSED if passed else FAILED
