"""From a task to a config_pb2.EvalConfig."""

import json
from typing import Any

from google.protobuf import json_format
from tensorflow_model_analysis.proto import config_pb2

from components.evaluation.verdicts import COUNTS, LOWEST_ALLOWED, Verdict
from pipeline_configs.errors import ConfigError, Problem
from pipeline_configs.task import Task
from pipeline_configs.training import METRICS
from trainers.metrics import ALL_METRICS

__all__ = ["eval_config", "slice_features", "verdicts"]

SIGNATURE = "serving_default"
PREDICTION = "probability"


def slice_features(task: Task) -> list[tuple[str, ...]]:
    """Returns what the task slices by: each slice feature, then the intersections; () for all rows comes first."""
    return [(), *((name,) for name in task.slice_features), *task.slicing.intersections]


def verdicts(task: Task) -> list[Verdict]:
    """Returns the thresholds on slices of a task."""
    slicing = task.slicing
    return [
        Verdict(metric, feature, bound, slicing.min_examples, slicing.min_positives)
        for metric, threshold in task.evaluation.thresholds.items()
        for feature, bound in threshold.slices.items()
    ]


def eval_config(task: Task, code: str = "") -> config_pb2.EvalConfig:
    """Builds the configuration of the Evaluator.

    Thresholds on values and changes hold for all rows of the eval split together; thresholds on slices become verdicts.
    The eval split itself must have `slicing.min_examples` rows and `slicing.min_positives` of each class: a model is
    not blessed on less. That also gives a first run, which has no baseline, something to be blessed by where a task
    only limits changes.

    Args:
        task: The task.
        code: Digest of the code, so that a change of it is not answered from the cache.

    Raises:
        ConfigError: The task has no thresholds, and nothing could be blessed by them.
    """
    if not task.evaluation.thresholds:
        raise ConfigError(
            Problem(
                "there is no threshold, so that any model would be good enough",
                f"{task.name}.yaml: evaluation.thresholds",
                fix="give at least one, such as auroc: {at_least: 0.7}",
            )
        )
    judged = verdicts(task)
    shared = {
        "threshold": task.evaluation.decision_threshold,
        "verdicts": [verdict.as_config() for verdict in judged],
        **({"code": code} if code else {}),
    }
    limits = _overall(task) | {
        verdict.name: [_on_slices([verdict.feature], {"valueThreshold": {"lowerBound": LOWEST_ALLOWED}})]
        for verdict in judged
    }
    names = [*ALL_METRICS, *COUNTS, *(verdict.name for verdict in judged)]
    description = {
        "modelSpecs": [{"signatureName": SIGNATURE, "labelKey": task.label.name, "predictionKey": PREDICTION}],
        "slicingSpecs": [{"featureKeys": list(features)} for features in slice_features(task)],
        "metricsSpecs": [
            {
                "metrics": [
                    {
                        "className": "PatientMetric",
                        "module": "components.evaluation.patient_metrics",
                        "config": json.dumps({"name": name, **shared}),
                        "perSliceThresholds": limits.get(name, []),
                    }
                    for name in names
                ]
            }
        ],
        # Intervals come from PatientMetric itself; TFMA's would split batches, not patients.
        "options": {"computeConfidenceIntervals": False, "includeDefaultMetrics": False},
    }
    return json_format.ParseDict(description, config_pb2.EvalConfig())


def _overall(task: Task) -> dict[str, list[dict[str, Any]]]:
    """Thresholds on all rows together; TFMA would hold a plain threshold against every slice."""
    slicing = task.slicing
    smallest = dict(zip(COUNTS, (slicing.min_examples, slicing.min_positives, slicing.min_positives), strict=True))
    limits = {name: [_on_slices([], {"valueThreshold": {"lowerBound": count}})] for name, count in smallest.items()}
    for metric, threshold in task.evaluation.thresholds.items():
        found: dict[str, Any] = {}
        bounds = {"lowerBound": threshold.at_least, "upperBound": threshold.at_most}
        given = {name: bound for name, bound in bounds.items() if bound is not None}
        if given:
            found["valueThreshold"] = given
        if threshold.max_worsening is not None:
            better = METRICS[metric]
            found["changeThreshold"] = {
                "absolute": -threshold.max_worsening if better else threshold.max_worsening,
                "direction": "HIGHER_IS_BETTER" if better else "LOWER_IS_BETTER",
            }
        if found:
            limits[metric] = [_on_slices([], found)]
    return limits


def _on_slices(features: list[str], threshold: dict[str, Any]) -> dict[str, Any]:
    return {"slicingSpecs": [{"featureKeys": features}], "threshold": threshold}
