"""trainers.baselines, held against scikit-learn used directly."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.calibration import _SigmoidCalibration
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegressionCV
from sklearn.metrics import roc_auc_score

from pipeline_configs.training import Training
from trainers.baselines import fit_baselines, load, predict, save
from trainers.input_fn import Rows

TRAINING = Training(seed=3)


def drawn(count: int, seed: int, ids: int = 1) -> Rows:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, 5))
    town = rng.integers(0, 300, count)
    logit = x[:, 0] - 0.5 * x[:, 1] + 1.5 * (town % 3 == 0) * ids - 1.5
    labels = (rng.random(count) < 1 / (1 + np.exp(-logit))).astype(np.int64)
    features = np.concatenate([x, town[:, np.newaxis]][: 1 + ids], axis=1).astype(np.float32)
    return Rows(features, labels, np.array([b"p"] * count), {})


@pytest.fixture(scope="module")
def plain() -> tuple[Rows, Rows]:
    return drawn(500, 1, ids=0), drawn(200, 2, ids=0)


def test_logistic_regression_is_scikit_learns_with_a_cross_validated_penalty(plain: tuple[Rows, Rows]) -> None:
    train, calibration = plain
    ours = predict(fit_baselines(train, calibration, 0, TRAINING), {"features": calibration.features})[
        "logistic_regression"
    ]
    model = LogisticRegressionCV(
        Cs=[0.01, 0.1, 1.0, 10.0], cv=5, scoring="neg_log_loss", class_weight="balanced", solver="newton-cholesky"
    ).fit(train.features, train.labels)
    logit = model.decision_function(calibration.features)
    expected = _SigmoidCalibration().fit(logit, calibration.labels).predict(logit)
    np.testing.assert_allclose(ours, expected, atol=2e-3)


def test_gradient_boosting_is_scikit_learns(plain: tuple[Rows, Rows]) -> None:
    train, calibration = plain
    ours = predict(fit_baselines(train, calibration, 0, TRAINING), {"features": calibration.features})[
        "gradient_boosting"
    ]
    model = HistGradientBoostingClassifier(class_weight="balanced", random_state=3).fit(train.features, train.labels)
    logit = model.decision_function(calibration.features)
    np.testing.assert_allclose(ours, _SigmoidCalibration().fit(logit, calibration.labels).predict(logit), atol=1e-3)


def test_ids_are_categories_and_not_numbers() -> None:
    train, calibration, test = drawn(6000, 1), drawn(500, 2), drawn(2000, 3)
    with_ids = predict(fit_baselines(train, calibration, 1, TRAINING), {"features": test.features})[
        "logistic_regression"
    ]
    as_numbers = predict(fit_baselines(train, calibration, 0, TRAINING), {"features": test.features})[
        "logistic_regression"
    ]
    assert roc_auc_score(test.labels, with_ids) > roc_auc_score(test.labels, as_numbers) + 0.03


def test_an_id_never_met_is_no_error() -> None:
    fitted = fit_baselines(drawn(400, 1), drawn(200, 2), 1, TRAINING)
    stranger = drawn(1, 3).features
    stranger[0, -1] = 99_999
    assert all(0 < float(probability[0]) < 1 for probability in predict(fitted, {"features": stranger}).values())


def test_saved_and_loaded_they_say_the_same(plain: tuple[Rows, Rows], tmp_path: Path) -> None:
    train, calibration = plain
    fitted = fit_baselines(train, calibration, 0, TRAINING)
    save(fitted, str(tmp_path))
    loaded = load(str(tmp_path))
    assert list(loaded) == ["logistic_regression", "gradient_boosting"]
    for name, probability in predict(loaded, {"features": calibration.features}).items():
        np.testing.assert_array_equal(probability, predict(fitted, {"features": calibration.features})[name])


def test_nobody_is_predicted_as_nobody(plain: tuple[Rows, Rows]) -> None:
    fitted = fit_baselines(*plain, 0, TRAINING)
    assert all(
        probability.shape == (0,)
        for probability in predict(fitted, {"features": np.zeros((0, 5), np.float32)}).values()
    )


def test_very_few_rows_are_enough() -> None:
    few = drawn(12, 4, ids=0)
    few = few._replace(labels=np.array([1] + [0] * 11))
    assert set(predict(fit_baselines(few, few, 0, TRAINING), {"features": few.features})) == {
        "logistic_regression",
        "gradient_boosting",
    }
