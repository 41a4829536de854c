"""What the report measures and says, on predictions made by hand."""

import json

import numpy as np
import pytest
from scipy import special
from sklearn import metrics as sk

from components.performance_report.figure import calibration_points, draw, roc_points
from components.performance_report.groups import ENOUGH, TOO_FEW, groups
from components.performance_report.predictions import Predictions
from components.performance_report.remarks import single_features
from components.performance_report.report import build_report, resample_count
from pipeline_configs.task import Slicing, Task
from tests.samples.records import TASK

NAMES = ["age", "noise"]


def _task(**changes):
    evaluation = {"bootstrap": 100, "thresholds": {"auroc": {"at_least": 0.5}}}
    return Task.model_validate(
        {**TASK, "slicing": {"intersections": [["sex", "age_band"]]}, "evaluation": evaluation, **changes}
    )


def _predictions(seed, n=400, network=1.0, baseline=0.3):
    """Rows whose outcome depends on x; each model sees x through noise, the less the larger its number."""
    random = np.random.default_rng(seed)
    x = random.normal(size=n)
    labels = (random.random(n) < special.expit(2 * x)).astype(np.int64)
    seen = lambda share: special.expit(share * 2 * x + (1 - share) * 2 * random.normal(size=n))  # noqa: E731
    return Predictions(
        labels,
        np.array([f"{i // 2:016x}".encode() for i in range(n)]),
        {
            "sex": np.where(random.random(n) < 0.05, b"", random.choice(np.array([b"female", b"male"]), n)),
            "age_band": random.choice(np.array([b">=60", b"<40", b"40-60"]), n),
        },
        {"network": seen(network), "logistic_regression": seen(baseline)},
        np.stack([x, random.normal(size=n)], axis=1).astype(np.float32),
    )


@pytest.fixture(scope="module")
def report():
    found = {"train": _predictions(1), "eval": _predictions(2)}
    return build_report(found, _task(), NAMES), found


def test_values_are_those_of_scikit_learn_and_lie_in_their_intervals(report):
    content, found = report
    rows = found["eval"]
    for model, probability in rows.probabilities.items():
        measured = content["splits"]["eval"]["models"][model]
        assert measured["auroc"]["value"] == pytest.approx(sk.roc_auc_score(rows.labels, probability), abs=1e-6)
        assert measured["brier"]["value"] == pytest.approx(sk.brier_score_loss(rows.labels, probability), abs=1e-6)
        for estimate in measured.values():
            assert estimate["low"] < estimate["high"]
    assert content["splits"]["eval"]["patients"] == 200
    assert content["splits"]["eval"]["resamples"] == 100


def test_it_is_json_without_numbers_that_json_does_not_have(report):
    content, _ = report
    assert json.loads(json.dumps(content, allow_nan=False)) == content


def test_a_better_network_is_said_to_be_better(report):
    content, _ = report
    assert content["better_than_baselines"] is True
    (comparison,) = content["comparisons"]
    assert comparison["verdict"] == "better"
    assert comparison["low"] > 0
    assert comparison["sentence"].startswith("better than logistic regression: difference in AUROC +0.")


def test_a_network_that_is_no_better_is_said_to_be_no_better():
    content = build_report({"eval": _predictions(3, network=0.8, baseline=0.8)}, _task(), NAMES)
    assert content["better_than_baselines"] is False
    assert content["comparisons"][0]["verdict"] == "not better"
    assert any(remark.startswith("the network is not better than logistic regression") for remark in content["remarks"])
    assert content["overfit"] is None


def test_a_worse_network_is_said_to_be_worse():
    content = build_report({"eval": _predictions(3, network=0.1, baseline=1.0)}, _task(), NAMES)
    assert content["comparisons"][0]["verdict"] == "worse"
    assert content["comparisons"][0]["high"] < 0


def test_slices_have_intervals_or_not_enough_evidence(report):
    content, found = report
    slices = {found["name"]: found for found in content["slices"]}
    assert list(slices)[:5] == ["sex=female", "sex=male", "age_band=<40", "age_band=40-60", "age_band=>=60"]
    assert len(slices) == 5 + 6
    rows = found["eval"]
    female = np.flatnonzero(rows.slices["sex"] == b"female")
    auroc = slices["sex=female"]["metrics"]["auroc"]
    assert auroc["value"] == pytest.approx(
        sk.roc_auc_score(rows.labels[female], rows.probabilities["network"][female]), abs=1e-6
    )
    assert auroc["low"] < auroc["value"] < auroc["high"]

    few = build_report(found, _task(slicing={"min_examples": 150}), NAMES)
    by_evidence = {found["name"]: (found["evidence"], found["metrics"] is None) for found in few["slices"]}
    assert by_evidence["sex=female"] == (ENOUGH, False)
    assert by_evidence["age_band=<40"] == (TOO_FEW, True)


def test_a_split_with_one_class_is_reported_without_inventing_numbers():
    rows = _predictions(4)
    one_class = Predictions(np.zeros_like(rows.labels), rows.patients, rows.slices, rows.probabilities, rows.features)
    content = build_report({"eval": one_class}, _task(), NAMES)
    auroc = content["splits"]["eval"]["models"]["network"]["auroc"]
    assert (auroc["value"], auroc["low"]) == (None, None)
    assert content["better_than_baselines"] is False
    assert all(found["evidence"] == TOO_FEW for found in content["slices"])
    assert "no interval" in content["comparisons"][0]["sentence"]
    assert draw(content, one_class).startswith(b"\x89PNG")


def test_overfitting_is_remarked():
    content = build_report(
        {"train": _predictions(5, n=2000), "eval": _predictions(6, n=2000, network=0.4)}, _task(), NAMES
    )
    assert content["overfit"]["low"] > 0.03
    assert any("higher on train than on eval" in remark for remark in content["remarks"])


def test_what_is_too_good_is_remarked_and_so_is_a_column_that_suffices():
    rows = _predictions(7)
    perfect = np.where(rows.labels == 1, 0.9, 0.1)
    leak = np.stack([rows.labels, rows.features[:, 1]], 1).astype(np.float32)
    found = Predictions(rows.labels, rows.patients, rows.slices, {"network": perfect}, leak)
    remarks = build_report({"eval": found}, _task(), NAMES)["remarks"]
    assert remarks[0].startswith("AUROC on eval is 1.000, which is rarely true")
    assert any(remark.startswith("'age' alone reaches an AUROC of 1.000") for remark in remarks)


def _with_others(**others):
    rows = _predictions(3, n=800)
    return Predictions(
        rows.labels, rows.patients, rows.slices, {**rows.probabilities, **others}, np.zeros((800, 0), np.float32)
    )


def test_a_shortcut_that_predicts_as_well_is_remarked_first():
    rows = _predictions(3, n=800)
    found = _with_others(acquisition_probe=rows.probabilities["network"] ** 1.1)
    content = build_report({"eval": found}, _task(), [])
    assert "it may have learnt the source instead of the disease" in content["remarks"][0]
    assert not content["better_than_baselines"]
    weak = _with_others(acquisition_probe=_predictions(4, n=800).probabilities["network"])
    assert not any("the source" in remark for remark in build_report({"eval": weak}, _task(), [])["remarks"])


def test_label_words_are_no_rival_but_their_worth_is_told():
    rows = _predictions(3, n=800)
    found = _with_others(logistic_regression_with_label_words=np.clip(0.98 * rows.labels + 0.01, 0, 1))
    content = build_report({"eval": found}, _task(), [])
    assert content["better_than_baselines"]
    [remark] = [remark for remark in content["remarks"] if "label words" in remark]
    values = content["splits"]["eval"]["models"]
    gain = 1.0 - values["logistic_regression"]["auroc"]["value"]
    assert f"worth {gain:+.3f}" in remark


def test_a_single_column_counts_in_either_direction(report):
    _, found = report
    rows = found["eval"]
    alone = single_features(-rows.features, rows.labels, NAMES)
    assert alone["age"] == pytest.approx(sk.roc_auc_score(rows.labels, rows.features[:, 0]), abs=1e-9)
    assert 0.5 <= alone["noise"] < 0.6


@pytest.mark.parametrize(
    ("wanted", "rows", "count"), [(500, 1000, 500), (500, 400_000, 250), (500, 10**9, 100), (60, 10**9, 60)]
)
def test_many_rows_get_fewer_resamples(wanted, rows, count):
    assert resample_count(wanted, rows, 100_000_000) == count


def test_rows_without_a_value_are_in_no_group():
    slices = {"sex": np.array([b"f", b"", b"m", b"f"]), "site": np.array([b"a", b"a", b"b", b"b"])}
    found = groups(slices, np.array([0, 1, 1, 0]), [("sex", "site")], Slicing(min_examples=1, min_positives=0))
    assert {group.name: list(group.rows) for group in found} == {
        "sex=f": [0, 3],
        "sex=m": [2],
        "site=a": [0, 1],
        "site=b": [2, 3],
        "sex=f, site=a": [0],
        "sex=f, site=b": [3],
        "sex=m, site=b": [2],
    }


def test_the_curve_encloses_the_area_of_scikit_learn():
    rows = _predictions(8)
    for probability in (rows.probabilities["network"], np.round(rows.probabilities["network"], 1)):
        x, y = roc_points(rows.labels, probability)
        assert np.trapezoid(y, x) == pytest.approx(sk.roc_auc_score(rows.labels, probability))


def test_points_of_calibration_are_rates_of_groups_with_wilsons_interval():
    from scipy import stats

    rows = _predictions(9)
    points = calibration_points(rows.labels, rows.probabilities["network"], bins=5)
    assert [n for *_, n in points] == [80] * 5
    assert sum(rate * n for _, rate, _, _, n in points) == pytest.approx(rows.labels.sum())
    for _, rate, low, high, n in points:
        expected = stats.binomtest(round(rate * n), n).proportion_ci(method="wilson")
        assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-4)
