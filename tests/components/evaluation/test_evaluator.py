"""TFX's Evaluator with Galen's metrics: its numbers are scikit-learn's, and it blesses what the task asks for."""

import math

import pytest
from sklearn import metrics as sk

from components.evaluation.results import read_results
from pipeline_configs.errors import RunFailed
from tests.components.evaluation.conftest import task_with
from tests.components.served_model import probability


@pytest.fixture(scope="session")
def good(ground):
    """A first run, without a baseline, of a task with all kinds of thresholds."""
    task = task_with(
        {
            "auroc": {"at_least": 0.6, "max_worsening": 0.02, "slices": {"sex": 0.55, "site": 0.5}},
            "brier": {"at_most": 0.3},
        },
        intersections=[["sex", "age_band"]],
        min_examples=20,
        sensitive={"sex": {}, "age": {"bands": [40, 60]}, "site": {}},
    )
    uri, blessing = ground.evaluate(task, "good")
    return read_results(uri), blessing


def test_metrics_are_those_of_scikit_learn_on_the_eval_split_alone(ground, good):
    results, _ = good
    y, p = ground.rows["ill"].to_numpy(), probability(ground.rows)
    found = {name: measured.value for name, measured in results.overall.metrics.items()}
    assert results.overall.counts == {"example_count": 600, "positive_count": y.sum(), "negative_count": 600 - y.sum()}
    assert found["auroc"] == pytest.approx(sk.roc_auc_score(y, p), abs=1e-6)
    assert found["auprc"] == pytest.approx(sk.average_precision_score(y, p), abs=1e-5)
    assert found["brier"] == pytest.approx(sk.brier_score_loss(y, p), abs=1e-6)
    assert found["sensitivity"] == pytest.approx(sk.recall_score(y, p >= 0.5))
    assert found["npv"] == pytest.approx(sk.precision_score(y, p >= 0.5, pos_label=0))


def test_every_slice_and_intersection_is_measured(ground, good):
    results, _ = good
    slices = {found.key: found for found in results.slices}
    rows = ground.rows
    assert slices[(("age_band", "40-60"),)].counts["example_count"] == (rows["age_band"] == "40-60").sum()
    female = rows[(rows["sex"] == "female") & (rows["age_band"] == ">=60")]
    found = slices[(("age_band", ">=60"), ("sex", "female"))]
    assert found.counts["example_count"] == len(female)
    assert found.metrics["auroc"].value == pytest.approx(sk.roc_auc_score(female["ill"], probability(female)), abs=1e-6)


def test_intervals_hold_the_value_and_are_over_patients(good):
    results, _ = good
    auroc = results.overall.metrics["auroc"]
    assert 0 <= auroc.low < auroc.value < auroc.high <= 1
    assert 0.03 < auroc.high - auroc.low < 0.2
    assert results.overall.metrics["sensitivity"].low is not None


def test_a_first_run_is_blessed_by_its_values(good):
    results, blessing = good
    assert results.blessed and not results.has_baseline
    assert blessing.get_int_custom_property("blessed") == 1
    assert {check.kind for check in results.checks} == {"at_least", "at_most"}


def test_a_group_of_three_is_not_judged_and_does_not_refuse_the_model(good):
    results, _ = good
    verdicts = {check.key: check.verdict for check in results.checks if check.key}
    assert verdicts == {
        (("sex", "female"),): "passed",
        (("sex", "male"),): "passed",
        (("site", "north"),): "passed",
        (("site", "south"),): "passed",
        (("site", "island"),): "not enough evidence",
    }


def test_margins_say_by_how_much(good):
    results, _ = good
    brier = next(check for check in results.checks if check.metric == "brier")
    assert brier.margin == pytest.approx(0.3 - brier.value)
    auroc = next(check for check in results.checks if check.metric == "auroc" and not check.key)
    assert auroc.margin == pytest.approx(auroc.value - 0.6)


@pytest.fixture(scope="session")
def compared(ground):
    """A model that is far better than its baseline but fails a bound on slices and one on values."""
    task = task_with(
        {
            "auroc": {"max_worsening": 0.01, "slices": {"age_band": 0.9}},
            "brier": {"at_most": 0.1, "max_worsening": 0.0},
        }
    )
    uri, blessing = ground.evaluate(task, "compared", baseline=True)
    return read_results(uri), blessing


def test_a_model_below_a_bound_is_refused(compared):
    results, blessing = compared
    assert not results.blessed and results.has_baseline
    assert blessing.get_int_custom_property("blessed") == 0
    failed = {(check.metric, check.kind, check.key) for check in results.checks if check.verdict == "failed"}
    assert ("brier", "at_most", ()) in failed
    assert ("auroc", "at_least", (("age_band", "40-60"),)) in failed
    assert all(check.margin < 0 for check in results.checks if check.verdict == "failed")


def test_changes_are_against_the_baseline_on_the_same_patients(ground, compared):
    results, _ = compared
    y = ground.rows["ill"]
    expected = sk.roc_auc_score(y, probability(ground.rows)) - sk.roc_auc_score(y, probability(ground.rows, -0.05))
    change = results.overall.changes["auroc"]
    assert change.value == pytest.approx(expected, abs=1e-6)
    assert change.low < change.value < change.high
    worse = {check.metric: check for check in results.checks if check.kind == "max_worsening"}
    assert worse["auroc"].value == pytest.approx(-expected, abs=1e-6)
    assert worse["auroc"].verdict == "passed"
    assert worse["brier"].value == pytest.approx(results.overall.changes["brier"].value)


def test_a_first_run_of_a_task_that_only_limits_changes_is_blessed(ground):
    uri, blessing = ground.evaluate(task_with({"auroc": {"max_worsening": 0.01}}), "changes")
    assert read_results(uri).blessed
    assert blessing.get_int_custom_property("blessed") == 1


def test_an_eval_split_that_is_too_small_blesses_nothing(ground):
    uri, blessing = ground.evaluate(task_with({"auroc": {"at_least": 0.5}}, min_examples=601), "small")
    results = read_results(uri)
    assert not results.blessed
    assert blessing.get_int_custom_property("blessed") == 0
    assert next(check for check in results.checks if check.metric == "example_count").margin == -1


def test_a_model_that_does_not_answer_stops_the_run_without_quoting_patients(ground):
    with pytest.raises(Exception, match="does not answer for the eval split") as caught:
        ground.evaluate(task_with({"auroc": {"at_least": 0.5}}), "broken", model="broken")
    chain, error = [], caught.value
    while error is not None:
        chain.append(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    assert any(isinstance(found, RunFailed) or "RunFailed" in str(found) for found in chain)
    assert all("age_band" not in str(found) for found in chain)


def test_an_evaluation_that_is_not_there_is_said(tmp_path):
    with pytest.raises(RunFailed, match="cannot be read"):
        read_results(str(tmp_path))


def test_no_number_of_the_evaluation_is_infinite(good):
    results, _ = good
    for found in results.slices:
        assert not any(math.isinf(measured.value) for measured in found.metrics.values())
