"""Reads what PerformanceReport and the Evaluator wrote into the terms of `pipelines.recorded.summary`."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from components.evaluation.results import Check
    from pipelines.recorded.summary import Estimate, GroupResult, ThresholdResult

__all__ = ["finite", "groups_of", "performance_of", "rows_of", "thresholds_of"]

Estimates = Mapping[str, Mapping[str, "Estimate"]]

_NETWORK = "network"
_COUNTS = ("example_count", "positive_count", "negative_count")


def performance_of(performance: Mapping[str, Any]) -> tuple[Estimates, Estimates, Sequence[str]]:
    """Reads a performance.json; components.performance_report.report says what is in it.

    Args:
        performance: Its content; {} where there is none.

    Returns:
        The network's metrics by split, each baseline's on the eval split, and remarks.
    """
    models = {split: found.get("models", {}) for split, found in performance.get("splits", {}).items()}
    metrics = {split: _estimates(found[_NETWORK]) for split, found in models.items() if _NETWORK in found}
    baselines = {
        name.replace("_", " "): _estimates(found) for name, found in models.get("eval", {}).items() if name != _NETWORK
    }
    return metrics, baselines, tuple(performance.get("remarks", ()))


def _estimates(found: Mapping[str, Mapping[str, Any]]) -> "Mapping[str, Estimate]":
    from pipelines.recorded.summary import Estimate

    return {metric: Estimate(one.get("value"), one.get("low"), one.get("high")) for metric, one in found.items()}


def groups_of(performance: Mapping[str, Any]) -> "Sequence[GroupResult]":
    """Returns the groups by one slice feature each, on the eval split."""
    from pipelines.recorded.summary import GroupResult

    groups = []
    for found in performance.get("slices", ()):
        if len(found["slice"]) == 1:
            estimates = _estimates({m: (found.get("metrics") or {}).get(m) or {} for m in ("auroc", "sensitivity")})
            measured = estimates if found.get("metrics") else {}
            groups.append(GroupResult(found["name"], int(found["rows"]), int(found["positives"]), **measured))
    return tuple(groups)


def rows_of(performance: Mapping[str, Any]) -> dict[str, int]:
    """Returns the rows of each split that the metrics are measured on."""
    return {split: int(found.get("rows", 0)) for split, found in performance.get("splits", {}).items()}


def thresholds_of(evaluation_uri: str) -> "Sequence[ThresholdResult]":
    """Returns each threshold with its result; nothing where the evaluation cannot be read.

    Args:
        evaluation_uri: Folder of the ModelEvaluation.
    """
    from components.evaluation.results import read_results
    from pipeline_configs.errors import RunFailed

    try:
        checks = read_results(evaluation_uri).checks
    except RunFailed:
        return ()
    # How many patients there must be at all is worth a line only where there are too few.
    return tuple(_threshold(c) for c in checks if c.metric not in _COUNTS or c.verdict != "passed")


def _threshold(check: "Check") -> "ThresholdResult":
    from pipelines.recorded.summary import ThresholdResult

    group = ", ".join(f"{feature}={value}" for feature, value in check.key)
    return ThresholdResult(
        check.metric, check.kind, check.bound, finite(check.value), finite(check.margin), check.verdict, group
    )


def finite(value: float | None) -> float | None:
    """Returns a number, or None for what JSON cannot hold."""
    return None if value is None or not math.isfinite(value) else float(value)
