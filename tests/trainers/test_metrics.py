"""Metrics against scikit-learn and scipy, with and without weights, ties, single classes and separated classes."""

import numpy as np
import pytest
from scipy import optimize, special
from sklearn import linear_model
from sklearn import metrics as sk

from pipeline_configs.training import METRICS
from trainers.metrics import ALL_METRICS, CALIBRATION_BINS, HIGHER_IS_BETTER, Scored, binary_metrics

THRESHOLD = 0.3


def _slow_ece(y, p, w):
    edges = np.linspace(0, 1, CALIBRATION_BINS + 1)
    total = 0.0
    for i in range(CALIBRATION_BINS):
        last = i == CALIBRATION_BINS - 1
        inside = (p >= edges[i]) & ((p < edges[i + 1]) | last)
        if w[inside].sum() > 0:
            gap = np.average(p[inside], weights=w[inside]) - np.average(y[inside], weights=w[inside])
            total += w[inside].sum() * abs(gap)
    return total / w.sum()


def _slow_calibration(y, p, w):
    logit = special.logit(p)
    fit = linear_model.LogisticRegression(penalty=None, tol=1e-10, max_iter=10_000)
    slope = fit.fit(logit[:, None], y, sample_weight=w).coef_[0, 0]

    def loss(a):
        eta = logit + a
        return float(np.sum(w * (np.logaddexp(0, eta) - y * eta)))

    return slope, optimize.minimize_scalar(loss, bracket=(-1, 1), tol=1e-12).x


def _reference(y, p, w):
    """Every metric by an independent, slow way."""
    said = p >= THRESHOLD
    _, fp, _, tp = sk.confusion_matrix(y, said, sample_weight=w).ravel()
    slope, intercept = _slow_calibration(y, p, w)
    return {
        "auroc": sk.roc_auc_score(y, p, sample_weight=w),
        "auprc": sk.average_precision_score(y, p, sample_weight=w),
        "brier": sk.brier_score_loss(y, p, sample_weight=w),
        "sensitivity": sk.recall_score(y, said, sample_weight=w),
        "specificity": sk.recall_score(y, said, sample_weight=w, pos_label=0),
        "ppv": sk.precision_score(y, said, sample_weight=w),
        "npv": sk.precision_score(y, said, sample_weight=w, pos_label=0),
        "accuracy": sk.accuracy_score(y, said, sample_weight=w),
        "net_benefit": (tp - fp * THRESHOLD / (1 - THRESHOLD)) / w.sum(),
        "ece": _slow_ece(y, p, w),
        "calibration_slope": slope,
        "calibration_intercept": intercept,
    }


def _data(seed, n, ties):
    random = np.random.default_rng(seed)
    x = random.normal(size=n)
    y = (random.random(n) < special.expit(1.2 * x - 0.7)).astype(int)
    p = special.expit(0.8 * x - 0.2)
    return y, np.round(p, 1).clip(0.05, 0.95) if ties else p, random


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_every_metric_is_that_of_scikit_learn_and_scipy(seed, ties):
    y, p, random = _data(seed, 300, ties)
    weights = np.stack([np.ones(300), random.poisson(1, 300), random.random(300) * 3])
    got = Scored(y, p, THRESHOLD).metrics(weights)
    assert tuple(got) == ALL_METRICS
    for row, w in enumerate(weights):
        for name, expected in _reference(y, p, w).items():
            # scikit-learn's own logistic regression stops at about 1e-5.
            tolerance = 2e-4 if name.startswith("calibration") else 1e-9
            assert got[name][row] == pytest.approx(expected, abs=tolerance), name


def test_a_probability_equal_to_the_threshold_counts_as_positive():
    got = binary_metrics([1, 0], [0.5, np.nextafter(0.5, 0)], threshold=0.5)
    assert (got["sensitivity"], got["specificity"]) == (1.0, 1.0)


def test_constant_scores_say_nothing():
    got = binary_metrics([0, 1, 1, 0, 0], [0.4] * 5)
    assert got["auroc"] == 0.5
    assert got["auprc"] == pytest.approx(0.4)
    assert np.isnan(got["ppv"])
    assert np.isnan(got["calibration_slope"])
    assert got["calibration_intercept"] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("label", [0, 1])
def test_what_one_class_cannot_tell_is_not_a_number(label):
    got = binary_metrics([label] * 4, [0.2, 0.4, 0.6, 0.8])
    undefined = {name for name, value in got.items() if np.isnan(value)}
    one_sided = "specificity" if label else "sensitivity"
    assert undefined == {"auroc", "auprc", one_sided, "calibration_slope", "calibration_intercept"}
    assert got["accuracy"] == 0.5


def test_separated_classes_have_no_calibration_slope():
    got = binary_metrics([0, 0, 0, 1, 1, 1], [0.1, 0.2, 0.3, 0.6, 0.7, 0.8])
    assert got["auroc"] == 1.0
    assert np.isnan(got["calibration_slope"])
    assert np.isfinite(got["calibration_intercept"])


def test_no_rows_at_all_give_no_numbers():
    assert all(np.isnan(value) for value in binary_metrics([], []).values())


def test_probabilities_of_zero_and_one_are_taken():
    got = binary_metrics([0, 1, 0, 1], [0.0, 1.0, 1.0, 0.3])
    assert got["brier"] == pytest.approx((1 + 0.49) / 4)
    assert np.isfinite(got["calibration_intercept"])


def test_grouping_many_probabilities_hardly_moves_the_calibration_fit():
    y, p, _ = _data(1, 40_000, ties=False)
    got = binary_metrics(y, p)
    slope, intercept = _slow_calibration(y, p, np.ones(len(y)))
    assert got["calibration_slope"] == pytest.approx(slope, abs=3e-4)
    assert got["calibration_intercept"] == pytest.approx(intercept, abs=3e-4)


def test_a_perfectly_calibrated_prediction_has_slope_one_and_intercept_zero():
    random = np.random.default_rng(5)
    p = random.beta(2, 3, 200_000)
    got = binary_metrics(random.random(200_000) < p, p)
    assert got["calibration_slope"] == pytest.approx(1, abs=0.02)
    assert got["calibration_intercept"] == pytest.approx(0, abs=0.02)
    assert got["ece"] < 0.01


@pytest.mark.parametrize(
    ("label", "probability", "message"),
    [
        ([0, 1], [0.5], "differ in number: 2 and 1"),
        ([0, 2], [0.5, 0.5], "labels must be 0 or 1"),
        ([0, 1], [0.5, 1.5], "must be finite"),
        ([0, 1], [0.5, np.nan], "must be finite"),
    ],
)
def test_wrong_input_is_refused_without_its_values(label, probability, message):
    with pytest.raises(ValueError, match=message) as caught:
        Scored(label, probability, 0.5)
    assert "1.5" not in str(caught.value)


def test_only_the_metrics_asked_for_are_given():
    scored = Scored([0, 1], [0.2, 0.8], 0.5)
    assert list(scored.metrics(np.ones((1, 2)), ["brier", "auroc"])) == ["auroc", "brier"]
    with pytest.raises(ValueError, match="auc"):
        scored.metrics(np.ones((1, 2)), ["auc"])


def test_a_task_can_set_thresholds_only_on_metrics_that_exist_and_with_the_same_direction():
    assert all(HIGHER_IS_BETTER[name] is better for name, better in METRICS.items())
