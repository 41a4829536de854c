"""Measures predictions into the content of `performance.json`.

```
task, decision_threshold, confidence, seed
splits: {split: {rows, positives, patients, resamples, models: {model: {metric: {value, low, high, undefined}}}}}
slices: [{slice: {feature: value}, name, rows, positives, patients, evidence, resamples, metrics: {metric: {...}}}]
comparisons: [{baseline, metric, difference, low, high, verdict, sentence}]     network minus baseline on eval, paired
better_than_baselines: whether every interval of a difference in AUROC to a rival lies above 0
overfit: {metric, difference, low, high}                                        train minus eval, the network
remarks: [sentence]
```

Slices are those of the eval split; one without enough evidence has null for metrics. Numbers that are not defined are
null. `undefined` counts resamples on which a metric had no value.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.performance_report.groups import ENOUGH, Group, groups
from components.performance_report.predictions import NETWORK, Predictions
from components.performance_report.remarks import remarks
from pipeline_configs.task import Task
from trainers.baselines import WITH_LABEL_WORDS
from trainers.bootstrap import Interval, Replicates, Scores, bootstrap
from trainers.metrics import ALL_METRICS

__all__ = ["MAIN_METRIC", "build_report", "resample_count"]

MAIN_METRIC = "auroc"
"""The metric by which the network is held against its baselines and train against eval."""

FEWEST_RESAMPLES = 100

EVAL_BUDGET, SLICE_BUDGET, OTHER_BUDGET = 200_000_000, 100_000_000, 60_000_000
"""Rows times resamples for the models on eval, for its slices, for each other split; 100 million take some 2 s."""


def resample_count(wanted: int, rows: int, budget: int) -> int:
    """Returns how many resamples are drawn: as many as the task asks for, fewer where rows are many."""
    return max(min(wanted, FEWEST_RESAMPLES), min(wanted, budget // max(rows, 1)))


def build_report(found: Mapping[str, Predictions], task: Task, feature_names: Sequence[str]) -> dict[str, Any]:
    """Measures all splits.

    Args:
        found: Predictions by split, with `eval` among them.
        task: The task.
        feature_names: Names of the columns of the features; those beyond are ids.

    Returns:
        The content of performance.json.
    """
    settings = task.evaluation
    budgets = {split: EVAL_BUDGET if split == "eval" else OTHER_BUDGET for split in found}
    measured = {split: _measure_split(rows, task, budgets[split], i) for i, (split, rows) in enumerate(found.items())}
    comparisons = _comparisons(measured["eval"], found["eval"])
    overfit = _overfit(measured)
    rivals = [c for c in comparisons if c["baseline"] != WITH_LABEL_WORDS]
    better = bool(rivals) and all(c["verdict"] == "better" for c in rivals)
    return {
        "task": task.name,
        "decision_threshold": settings.decision_threshold,
        "confidence": settings.confidence,
        "seed": task.training.seed,
        "splits": {split: _split(found[split], replicates) for split, replicates in measured.items()},
        "slices": _slices(found["eval"], task),
        "comparisons": comparisons,
        "better_than_baselines": better,
        "overfit": overfit,
        "remarks": remarks(found["eval"], measured["eval"], comparisons, overfit, feature_names),
    }


def _threshold(task: Task) -> float:
    # The model answers in float32, and the Evaluator compares it as such.
    return float(np.float32(task.evaluation.decision_threshold))


def _measure_split(rows: Predictions, task: Task, budget: int, offset: int) -> Replicates[str]:
    settings = task.evaluation
    return bootstrap(
        {name: Scores(rows.labels, _float32(p)) for name, p in rows.probabilities.items()},
        rows.patients,
        _threshold(task),
        count=resample_count(settings.bootstrap, rows.labels.size * len(rows.probabilities), budget),
        confidence=settings.confidence,
        # Splits have different patients: with one seed their resamples would be alike for no reason.
        seed=task.training.seed + offset,
    )


def _float32(probability: NDArray[np.float64]) -> NDArray[np.float64]:
    return probability.astype(np.float32).astype(np.float64)


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _estimate(interval: Interval) -> dict[str, float | int | None]:
    return {
        "value": _number(interval.value),
        "low": _number(interval.low),
        "high": _number(interval.high),
        "undefined": interval.undefined,
    }


def _split(rows: Predictions, replicates: Replicates[str]) -> dict[str, Any]:
    return {
        "rows": int(rows.labels.size),
        "positives": int(rows.labels.sum()),
        "patients": int(np.unique(rows.patients).size),
        "resamples": _resamples(replicates),
        "models": {
            model: {metric: _estimate(replicates.interval(model, metric)) for metric in ALL_METRICS}
            for model in replicates.values
        },
    }


def _resamples(replicates: Replicates[Any]) -> int:
    return next((int(found.size) for by_metric in replicates.replicates.values() for found in by_metric.values()), 0)


def _slices(rows: Predictions, task: Task) -> list[dict[str, Any]]:
    """Every group on the eval split; those with too few rows are listed without metrics."""
    order = {name: task.sensitive[source].labels() for name, source in task.band_features.items()}
    found = groups(rows.slices, rows.labels, task.slicing.intersections, task.slicing, order)
    judged = {i: group for i, group in enumerate(found) if group.evidence == ENOUGH}
    network = _float32(rows.probabilities[NETWORK])
    settings = task.evaluation
    replicates = bootstrap(
        {i: Scores(rows.labels[group.rows], network[group.rows], group.rows) for i, group in judged.items()},
        rows.patients,
        _threshold(task),
        count=resample_count(settings.bootstrap, sum(g.rows.size for g in judged.values()), SLICE_BUDGET)
        if judged
        else 0,
        confidence=settings.confidence,
        seed=task.training.seed,
    )
    return [_slice(i, group, rows, replicates) for i, group in enumerate(found)]


def _slice(number: int, group: Group, rows: Predictions, replicates: Replicates[int]) -> dict[str, Any]:
    measured = number in replicates.values
    return {
        "slice": dict(group.values),
        "name": group.name,
        "rows": int(group.rows.size),
        "positives": group.positives,
        "patients": int(np.unique(rows.patients[group.rows]).size),
        "evidence": group.evidence,
        "resamples": _resamples(replicates) if measured else 0,
        "metrics": {m: _estimate(replicates.interval(number, m)) for m in ALL_METRICS} if measured else None,
    }


def _comparisons(replicates: Replicates[str], rows: Predictions) -> list[dict[str, Any]]:
    found = []
    for baseline in (name for name in rows.probabilities if name != NETWORK):
        difference = replicates.difference(NETWORK, baseline, MAIN_METRIC)
        verdict = "worse" if difference.high < 0 else "better" if difference.low > 0 else "not better"
        words = baseline.replace("_", " ")
        numbers = (
            f"difference in AUROC {difference.value:+.3f} ({difference.low:+.3f} to {difference.high:+.3f})"
            if math.isfinite(difference.low)
            else "the difference in AUROC has no interval"
        )
        found.append(
            {
                "baseline": baseline,
                "metric": MAIN_METRIC,
                "difference": _number(difference.value),
                "low": _number(difference.low),
                "high": _number(difference.high),
                "verdict": verdict,
                "sentence": f"{verdict} than {words}: {numbers}",
            }
        )
    return found


def _overfit(measured: Mapping[str, Replicates[str]]) -> dict[str, Any] | None:
    """The network's train minus eval; the splits share no patient, so their resamples are independent."""
    if "train" not in measured:
        return None
    train, held_out = (measured[split] for split in ("train", "eval"))
    a, b = (found.replicates[NETWORK][MAIN_METRIC] for found in (train, held_out))
    number = min(a.size, b.size)
    value = train.values[NETWORK][MAIN_METRIC] - held_out.values[NETWORK][MAIN_METRIC]
    paired = Replicates({0: {MAIN_METRIC: value}}, {0: {MAIN_METRIC: a[:number] - b[:number]}}, train.confidence)
    interval = paired.interval(0, MAIN_METRIC)
    return {
        "metric": MAIN_METRIC,
        "difference": _number(interval.value),
        "low": _number(interval.low),
        "high": _number(interval.high),
    }
