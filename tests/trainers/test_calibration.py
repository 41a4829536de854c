"""trainers.calibration, held against scikit-learn's Platt scaling and against what must not happen."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression

from trainers.calibration import fit_calibrator, prior_shift


class Logit(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier whose decision function is its only column."""

    def fit(self, x: np.ndarray, y: np.ndarray) -> "Logit":
        self.classes_ = np.unique(y)
        return self

    def decision_function(self, x: np.ndarray) -> np.ndarray:
        return x[:, 0]


def drawn(count: int, slope: float, intercept: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    logit = rng.normal(0, 2, count)
    return logit, (rng.random(count) < 1 / (1 + np.exp(-(slope * logit + intercept)))).astype(np.int64)


@pytest.mark.parametrize("count", [60, 500])
def test_equals_sklearns_platt_scaling(count: int) -> None:
    logit, label = drawn(count, 0.6, -0.5)
    x = logit[:, None]
    theirs = CalibratedClassifierCV(Logit().fit(x, label), method="sigmoid", cv="prefit").fit(x, label)
    ours = fit_calibrator(logit, label, 0.0)
    assert ours.method == "platt"
    np.testing.assert_allclose(ours(logit), theirs.predict_proba(x)[:, 1], atol=1e-4)


def test_finds_the_line_that_the_labels_were_drawn_from() -> None:
    logit, label = drawn(50_000, 0.7, -1.2)
    calibrator = fit_calibrator(logit, label, 0.0)
    plain = LogisticRegression(C=np.inf).fit(logit[:, None], label)
    assert calibrator.slope == pytest.approx(plain.coef_[0, 0], abs=2e-3)
    assert calibrator.intercept == pytest.approx(plain.intercept_[0], abs=2e-3)


def test_mean_probability_is_the_rate() -> None:
    logit, label = drawn(2000, 1.5, 1.0)
    assert float(fit_calibrator(logit, label, 0.0)(logit).mean()) == pytest.approx(label.mean(), abs=2e-3)


def test_separated_classes_give_a_finite_line() -> None:
    label = np.repeat([0, 1], 50)
    calibrator = fit_calibrator(np.where(label == 1, 30.0, -30.0), label, 0.0)
    assert 0 < calibrator.slope < 1
    assert np.isfinite(calibrator.intercept)


def test_few_positives_leave_the_slope_alone() -> None:
    logit, _ = drawn(200, 1.0, 0.0)
    label = np.zeros(200, np.int64)
    label[np.argsort(logit)[-9:]] = 1
    calibrator = fit_calibrator(logit, label, 0.0)
    assert (calibrator.slope, calibrator.method, calibrator.positives) == (1.0, "intercept", 9)
    assert float(calibrator(logit).mean()) == pytest.approx(9 / 200, abs=0.01)


def test_a_single_class_only_takes_the_class_weights_out() -> None:
    calibrator = fit_calibrator(np.array([0.3, -0.2]), np.array([0, 0]), shift=-1.5)
    assert (calibrator.slope, calibrator.intercept, calibrator.method) == (1.0, -1.5, "class weights")


def test_the_order_of_patients_is_never_turned_round() -> None:
    logit, label = drawn(300, 1.0, 0.0)
    calibrator = fit_calibrator(-logit, label, 0.0)
    assert (calibrator.slope, calibrator.method) == (1.0, "intercept")


def test_prior_shift_undoes_class_weights_exactly() -> None:
    rate = 0.1
    weighted_odds = (0.5 / rate * rate) / (0.5 / (1 - rate) * (1 - rate))
    odds = weighted_odds * np.exp(prior_shift(0.5 / rate, 0.5 / (1 - rate)))
    assert odds == pytest.approx(rate / (1 - rate))
