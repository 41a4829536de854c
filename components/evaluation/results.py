"""Reads what an Evaluator wrote into plain dataclasses: metrics by slice, thresholds with their margins, the outcome.

Names of slices are categories (sex=female), never a patient's own value.
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from components.evaluation.shortcut import Shortcut, stored_shortcut
from components.evaluation.stored import stored_json, stored_records
from components.evaluation.verdicts import COUNTS, FAILED, PASSED, Verdict
from pipeline_configs.errors import Problem, RunFailed
from trainers.metrics import HIGHER_IS_BETTER, LIMITS

__all__ = ["OVER_PROBE", "Check", "EvaluationResults", "Measured", "SliceKey", "SliceResult", "read_results"]

OVER_PROBE = "auroc_over_probe"
"""Name of the check that the model is better than its shortcut probe: the lower end of the difference in AUROC."""

SliceKey = tuple[tuple[str, str], ...]
"""Feature and value of each part of a slice; () for all rows."""


@dataclass(frozen=True)
class Measured:
    """A metric, or its change against the baseline, with the jackknife's interval.

    Attributes:
        value: NaN where the metric is not defined.
        low: None where there is no interval.
        high: None where there is no interval.
    """

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class SliceResult:
    """Metrics of the candidate on one slice.

    Attributes:
        key: The slice.
        counts: example_count, positive_count, negative_count.
        metrics: By name.
        changes: Candidate minus baseline, by metric; empty without a baseline.
        verdicts: Code of each verdict, by its name (components.evaluation.verdicts).
    """

    key: SliceKey
    counts: Mapping[str, int]
    metrics: Mapping[str, Measured]
    changes: Mapping[str, Measured]
    verdicts: Mapping[str, float]


@dataclass(frozen=True)
class Check:
    """One threshold, held against one slice.

    Attributes:
        metric: What is judged.
        key: The slice; () for all rows.
        kind: How the bound is meant.
        bound: As the task gives it.
        value: The metric, or for max_worsening how much worse it became (negative where it became better).
        margin: How far inside the bound the value lies; negative where it is outside, NaN where there is no value.
        verdict: "not enough evidence" neither passes nor refuses the model.
    """

    metric: str
    key: SliceKey
    kind: Literal["at_least", "above", "at_most", "max_worsening"]
    bound: float
    value: float
    margin: float
    verdict: Literal["passed", "failed", "not enough evidence"]


@dataclass(frozen=True)
class EvaluationResults:
    """What an Evaluator found.

    Attributes:
        blessed: Whether every threshold that counts was reached.
        has_baseline: Whether there was a blessed model to compare with.
        slices: All rows first, then by slice.
        checks: Every threshold on every slice that it applies to.
    """

    blessed: bool
    has_baseline: bool
    slices: tuple[SliceResult, ...]
    checks: tuple[Check, ...]

    @property
    def overall(self) -> SliceResult:
        """The result on all rows."""
        return self.slices[0]


def read_results(evaluation_uri: str, confidence: float = 0.95) -> EvaluationResults:
    """Reads the output of an Evaluator.

    Args:
        evaluation_uri: URI of the ModelEvaluation artifact.
        confidence: Level of the intervals.

    Raises:
        RunFailed: There is no complete evaluation.
    """
    # TensorFlow Model Analysis' messages need these two, in this order, and do not ask for them.
    import google.protobuf.wrappers_pb2  # noqa: F401
    import tensorflow_model_analysis.proto.config_pb2  # noqa: F401
    from google.protobuf.message import DecodeError
    from tensorflow_model_analysis.proto import metrics_for_slice_pb2, validation_result_pb2

    try:
        config = stored_json(evaluation_uri, "eval_config.json")["evalConfig"]
        found = stored_records(evaluation_uri, "metrics")
        protos = [metrics_for_slice_pb2.MetricsForSlice.FromString(record) for record in found]
        [outcome] = [
            validation_result_pb2.ValidationResult.FromString(record)
            for record in stored_records(evaluation_uri, "validations")
        ]
    except (OSError, ValueError, KeyError, DecodeError) as error:
        raise RunFailed(
            Problem(
                "the evaluation cannot be read",
                evaluation_uri,
                found=type(error).__name__,
                fix="run the Evaluator again",
            )
        ) from None
    baseline = next((spec.get("name", "") for spec in config["modelSpecs"] if spec.get("isBaseline")), None)
    slices = sorted(
        (_slice(proto, baseline, confidence) for proto in protos), key=lambda found: (len(found.key), found.key)
    )
    if not slices or slices[0].key:
        raise RunFailed(Problem("the evaluation holds no rows", evaluation_uri, "at least one row in the eval split"))
    specs = [metric for spec in config["metricsSpecs"] for metric in spec.get("metrics", [])]
    shortcut = stored_shortcut(evaluation_uri)
    checks = [*_value_checks(specs, slices[0]), *_slice_checks(specs, slices), *_shortcut_checks(shortcut)]
    blessed = bool(outcome.validation_ok) and (shortcut is None or shortcut.passed)
    return EvaluationResults(blessed, baseline is not None, tuple(slices), tuple(checks))


def _slice(proto: Any, baseline: str | None, confidence: float) -> SliceResult:
    metrics: dict[str, Measured] = {}
    changes: dict[str, Measured] = {}
    for item in proto.metric_keys_and_values:
        if baseline is not None and item.key.model_name == baseline:
            continue
        (changes if item.key.is_diff else metrics)[item.key.name] = _measured(item, confidence)
    counts = {name: int(metrics[name].value) for name in COUNTS if name in metrics}
    verdicts = {name: found.value for name, found in metrics.items() if name not in LIMITS and name not in COUNTS}
    key = tuple(sorted((part.column, _value_of(part)) for part in proto.slice_key.single_slice_keys))
    known, differences = ({n: found[n] for n in LIMITS if n in found} for found in (metrics, changes))
    return SliceResult(key, counts, known, differences, verdicts)


def _value_of(part: Any) -> str:
    value = getattr(part, part.WhichOneof("kind"))
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else f"{value:g}"


def _measured(item: Any, confidence: float) -> Measured:
    from scipy import stats

    value, found = item.value.double_value.value, item.confidence_interval
    if not item.HasField("confidence_interval"):
        return Measured(value)
    reach = stats.t.ppf((1 + confidence) / 2, found.degrees_of_freedom.value) * found.standard_error.double_value.value
    if not math.isfinite(reach):
        return Measured(value)
    smallest, largest = LIMITS.get(item.key.name, (-math.inf, math.inf))
    if item.key.is_diff:
        smallest, largest = smallest - largest, largest - smallest
    return Measured(value, float(max(value - reach, smallest)), float(min(value + reach, largest)))


def _value_checks(specs: list[dict[str, Any]], overall: SliceResult) -> Iterator[Check]:
    for spec in specs:
        name = json.loads(spec["config"])["name"]
        for limit in spec.get("perSliceThresholds", []):
            if limit["slicingSpecs"] != [{}]:
                continue
            threshold = limit.get("threshold", {})
            value = (
                overall.metrics[name].value if name in overall.metrics else float(overall.counts.get(name, math.nan))
            )
            bounds = threshold.get("valueThreshold", {})
            if "lowerBound" in bounds:
                yield _check(name, "at_least", bounds["lowerBound"], value, value - bounds["lowerBound"])
            if "upperBound" in bounds:
                yield _check(name, "at_most", bounds["upperBound"], value, bounds["upperBound"] - value)
            change = threshold.get("changeThreshold")
            if change is not None:
                allowed = abs(change.get("absolute", 0.0))
                sign = -1 if change["direction"] == "HIGHER_IS_BETTER" else 1
                worse = sign * overall.changes[name].value
                yield _check(name, "max_worsening", allowed, worse, allowed - worse)


def _shortcut_checks(shortcut: Shortcut | None) -> Iterator[Check]:
    if shortcut is not None:
        low = math.nan if shortcut.low is None else shortcut.low
        verdict: Any = "passed" if shortcut.passed else "failed"
        yield Check(OVER_PROBE, (), "above", 0.0, low, low, verdict)


def _check(metric: str, kind: Any, bound: float, value: float, margin: float) -> Check:
    return Check(metric, (), kind, bound, value, margin, "passed" if margin >= 0 else "failed")


def _slice_checks(specs: list[dict[str, Any]], slices: list[SliceResult]) -> Iterator[Check]:
    given = json.loads(specs[0]["config"])["verdicts"] if specs else []
    for verdict in (Verdict(**found) for found in given):
        for found in slices:
            if [feature for feature, _ in found.key] != [verdict.feature]:
                continue
            code = found.verdicts[verdict.name]
            value = found.metrics[verdict.metric].value
            better = HIGHER_IS_BETTER[verdict.metric]
            margin = value - verdict.bound if better else verdict.bound - value
            said: Any = "passed" if code == PASSED else "failed" if code == FAILED else "not enough evidence"
            yield Check(
                verdict.metric, found.key, "at_least" if better else "at_most", verdict.bound, value, margin, said
            )
