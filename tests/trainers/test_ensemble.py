"""trainers.models.ensemble, held against the same arithmetic in NumPy."""

from pathlib import Path

import keras
import numpy as np
import pytest

from pipeline_configs.training import Training
from trainers.models.ensemble import deployable, ensemble, mean_logit_log_loss, member_log_loss

TRAINING = Training(members=3, hidden_units=5, seed=1)
X = np.random.default_rng(0).normal(size=(7, 4)).astype(np.float32)


def filled(model: keras.Model) -> keras.Model:
    rng = np.random.default_rng(2)
    model.set_weights([rng.normal(size=weight.shape) for weight in model.get_weights()])
    return model


def test_each_member_is_a_logistic_regression_plus_a_perceptron() -> None:
    model = filled(ensemble(4, (), TRAINING))
    weights = {variable.path: np.asarray(variable) for variable in model.weights}
    w, b = weights["linear/kernel"], weights["linear/bias"]
    u, c, v = weights["hidden/kernel"], weights["hidden/bias"], weights["correction/kernel"]
    for k in range(3):
        expected = X @ w[:, k] + b[k] + np.maximum(X @ u[:, k] + c[k], 0) @ v[k]
        np.testing.assert_allclose(np.asarray(model(X))[:, k], expected, rtol=1e-4, atol=1e-5)


def test_members_start_apart_and_at_the_given_log_odds() -> None:
    model = ensemble(4, (), TRAINING, bias=-2.0)
    assert np.asarray(model(X)).std(axis=1).min() > 0
    np.testing.assert_allclose(np.asarray(model(np.zeros((1, 4)))), -2.0)


def test_weight_decay_is_that_of_one_member_on_average() -> None:
    training = TRAINING.model_copy(update={"l2": 0.5})
    model = filled(ensemble(4, (), training))
    kernels = [np.asarray(v) for v in model.weights if v.path.endswith("kernel")]
    assert float(sum(model.losses)) == pytest.approx(0.5 / 3 * sum(float((k**2).sum()) for k in kernels), rel=1e-5)


def test_losses() -> None:
    logits = np.array([[2.0, -1.0], [0.5, 0.5]], np.float32)
    label = np.array([[1.0], [0.0]], np.float32)
    loss = np.log1p(np.exp(-np.where(label == 1, 1, -1) * logits))
    np.testing.assert_allclose(member_log_loss(label, logits), loss.mean(axis=1), rtol=1e-5)
    mean = np.log1p(np.exp(-np.where(label == 1, 1, -1)[:, 0] * logits.mean(axis=1)))
    np.testing.assert_allclose(mean_logit_log_loss(label, logits), mean, rtol=1e-5)


def test_the_deployable_model_averages_and_calibrates() -> None:
    members = filled(ensemble(4, (), TRAINING))
    out = deployable(members, slope=0.5, intercept=-0.25)(X)
    logit = np.asarray(members(X)).mean(axis=1, keepdims=True)
    np.testing.assert_allclose(out["logit"], logit, rtol=1e-5)
    np.testing.assert_allclose(out["probability"], 1 / (1 + np.exp(-(0.5 * logit - 0.25))), rtol=1e-5)


def test_a_saved_model_loads_without_galens_code_and_says_the_same(tmp_path: Path) -> None:
    model = deployable(filled(ensemble(6, (9,), TRAINING)), 1.1, 0.2)
    x = np.concatenate([np.random.default_rng(1).normal(size=(5, 5)), np.arange(5)[:, None]], axis=1).astype(np.float32)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", custom_objects={}, compile=False, safe_mode=True)
    np.testing.assert_allclose(loaded(x)["probability"], model(x)["probability"], rtol=1e-6)


def test_ids_are_embedded_and_an_untrained_one_says_almost_nothing() -> None:
    model = ensemble(5, (100,), TRAINING)
    x = np.concatenate([X, np.zeros((7, 1))], axis=1).astype(np.float32)
    other = x.copy()
    other[:, 4] = 99
    apart = np.abs(np.asarray(model(x)) - np.asarray(model(other))).max()
    assert 0 < apart < 0.2


def test_mixed_precision_answers_in_float32() -> None:
    model = ensemble(4, (), TRAINING, policy="mixed_float16")
    assert model(X).dtype == "float32"
    assert {variable.dtype for variable in model.trainable_variables} == {"float32"}
