"""From a task's thresholds and slices to an EvalConfig."""

from json import loads

import pytest
from tensorflow_model_analysis.proto import config_pb2

from components.evaluation.config import eval_config, slice_features, verdicts
from pipeline_configs.errors import ConfigError
from tests.components.evaluation.conftest import task_with


def _limits(config, metric):
    found = next(m for m in config.metrics_specs[0].metrics if loads(m.config)["name"] == metric)
    return list(found.per_slice_thresholds)


def test_slices_are_all_rows_then_features_then_intersections():
    task = task_with({"auroc": {"at_least": 0.5}}, intersections=[["sex", "age_band"]])
    assert slice_features(task) == [(), ("sex",), ("age_band",), ("sex", "age_band")]
    assert [list(spec.feature_keys) for spec in eval_config(task).slicing_specs] == [
        [],
        ["sex"],
        ["age_band"],
        ["sex", "age_band"],
    ]


def test_bounds_hold_for_all_rows_together_and_not_for_every_slice():
    config = eval_config(task_with({"auroc": {"at_least": 0.7, "max_worsening": 0.02}, "brier": {"at_most": 0.2}}))
    (auroc,), (brier,) = _limits(config, "auroc"), _limits(config, "brier")
    assert [list(spec.feature_keys) for spec in auroc.slicing_specs] == [[]]
    assert auroc.threshold.value_threshold.lower_bound.value == 0.7
    assert auroc.threshold.change_threshold.absolute.value == -0.02
    assert auroc.threshold.change_threshold.direction == config_pb2.MetricDirection.HIGHER_IS_BETTER
    assert brier.threshold.value_threshold.upper_bound.value == 0.2
    assert not any(metric.HasField("threshold") for metric in config.metrics_specs[0].metrics)


def test_less_is_better_for_the_brier_score():
    (brier,) = _limits(eval_config(task_with({"brier": {"max_worsening": 0.03}})), "brier")
    assert brier.threshold.change_threshold.absolute.value == 0.03
    assert brier.threshold.change_threshold.direction == config_pb2.MetricDirection.LOWER_IS_BETTER


def test_a_bound_on_slices_becomes_a_verdict():
    task = task_with({"sensitivity": {"slices": {"sex": 0.65}}}, min_examples=30, min_positives=8)
    (verdict,) = verdicts(task)
    assert (verdict.name, verdict.bound, verdict.min_examples, verdict.min_positives) == (
        "sensitivity_verdict_sex",
        0.65,
        30,
        8,
    )
    (limit,) = _limits(eval_config(task), "sensitivity_verdict_sex")
    assert [list(spec.feature_keys) for spec in limit.slicing_specs] == [["sex"]]


def test_the_eval_split_must_hold_enough():
    config = eval_config(task_with({"auroc": {"at_least": 0.5}}, min_examples=33, min_positives=4))
    for name, count in (("example_count", 33), ("positive_count", 4), ("negative_count", 4)):
        assert _limits(config, name)[0].threshold.value_threshold.lower_bound.value == count


def test_a_task_without_thresholds_is_refused():
    with pytest.raises(ConfigError, match="any model would be good enough"):
        eval_config(task_with({}))


def test_changed_code_makes_another_configuration():
    task = task_with({"auroc": {"at_least": 0.5}})
    assert eval_config(task, "a") != eval_config(task, "b")
    assert eval_config(task) == eval_config(task)
