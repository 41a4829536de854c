"""trainers.fitting: it learns, stops where it should, and gives the same model for the same seed."""

import subprocess
import sys

import keras
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score

from pipeline_configs.errors import DataProblem, RunFailed
from pipeline_configs.training import Training
from trainers.epochs import MONITORED
from trainers.fitting import check_rows, class_weights, fit, logits_of
from trainers.input_fn import Rows

TRAINING = Training(members=4, hidden_units=8, epochs=40, patience=4, seed=5)


def drawn(count: int, seed: int, curved: bool = False) -> Rows:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, 6)).astype(np.float32)
    logit = 2 * x[:, 0] - x[:, 1] - 1.0 + (3 * (x[:, 2] * x[:, 3] > 0) - 1.5 if curved else 0)
    labels = (rng.random(count) < 1 / (1 + np.exp(-logit))).astype(np.int64)
    return Rows(x, labels, np.array([b"p"] * count), {})


def unlabelled(rows: Rows, labels: np.ndarray) -> Rows:
    return rows._replace(labels=labels.astype(np.int64))


def test_learns_a_linear_rule_as_well_as_logistic_regression() -> None:
    train, calibration, test = drawn(800, 1), drawn(300, 2), drawn(2000, 3)
    fitted = fit(train, calibration, (), TRAINING)
    ours = roc_auc_score(test.labels, logits_of(fitted.model, test.features))
    plain = LogisticRegression().fit(train.features, train.labels).decision_function(test.features)
    assert ours > roc_auc_score(test.labels, plain) - 0.01


def test_learns_an_interaction_that_logistic_regression_cannot() -> None:
    train, calibration, test = drawn(4000, 1, True), drawn(800, 2, True), drawn(2000, 3, True)
    training = TRAINING.model_copy(update={"hidden_units": 32, "l2": 1e-5, "dropout": 0.0, "batch_size": 64})
    ours = logits_of(fit(train, calibration, (), training).model, test.features)
    plain = LogisticRegression().fit(train.features, train.labels).decision_function(test.features)
    assert roc_auc_score(test.labels, ours) > roc_auc_score(test.labels, plain) + 0.03


def test_the_same_seed_gives_the_same_weights_and_another_gives_others() -> None:
    train, calibration = drawn(300, 1), drawn(100, 2)
    short = TRAINING.model_copy(update={"epochs": 3})
    first, again = fit(train, calibration, (), short), fit(train, calibration, (), short)
    other = fit(train, calibration, (), short.model_copy(update={"seed": 6}))
    for a, b in zip(first.model.get_weights(), again.model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(first.model.get_weights()[0], other.model.get_weights()[0])


def test_stops_by_the_calibration_split_and_keeps_its_best_epoch() -> None:
    train = drawn(60, 1)
    calibration = drawn(400, 2)
    wild = Training(members=2, hidden_units=64, l2=0.0, dropout=0.0, learning_rate=0.02, epochs=200, patience=5)
    fitted = fit(train, calibration, (), wild)
    record = fitted.record
    watched = record["history"][MONITORED]
    assert record["best_epoch"] < record["epochs_run"] < 200
    assert record["best_log_loss"] == min(watched) == watched[record["best_epoch"] - 1]
    negative, positive = fitted.weights
    z = logits_of(fitted.model, calibration.features)
    weights = np.where(calibration.labels == 1, positive, negative)
    kept = log_loss(calibration.labels, 1 / (1 + np.exp(-z)), sample_weight=weights)
    assert kept == pytest.approx(record["best_log_loss"], abs=1e-4)


def test_class_weights_make_the_classes_weigh_the_same() -> None:
    labels = np.array([1] * 10 + [0] * 90)
    negative, positive = class_weights(labels, Training())
    assert positive * 10 == pytest.approx(negative * 90) == pytest.approx(50)
    assert class_weights(labels, Training(class_weights="none")) == (1.0, 1.0)


def test_the_class_weights_shift_comes_out_again() -> None:
    train, calibration = drawn(3000, 1), drawn(1000, 2)
    rare = train.labels * (np.arange(3000) % 4 == 0)
    train, training = unlabelled(train, rare), TRAINING.model_copy(update={"epochs": 15})
    fitted = fit(train, unlabelled(calibration, calibration.labels * (np.arange(1000) % 4 == 0)), (), training)
    probability = 1 / (1 + np.exp(-(logits_of(fitted.model, train.features) + fitted.shift)))
    assert probability.mean() == pytest.approx(rare.mean(), abs=0.03)


def test_starts_from_given_weights() -> None:
    train, calibration = drawn(300, 1), drawn(200, 2)
    long = fit(train, calibration, (), TRAINING)
    still = TRAINING.model_copy(update={"epochs": 1, "learning_rate": 1e-9})
    warm = fit(train, calibration, (), still, start=long.model.get_weights())
    assert warm.record["best_log_loss"] == pytest.approx(long.record["best_log_loss"], abs=1e-3)
    assert fit(train, calibration, (), still).record["best_log_loss"] > long.record["best_log_loss"] + 0.05


def test_a_loss_that_is_no_number_stops_the_run() -> None:
    train, calibration = drawn(100, 1), drawn(50, 2)
    train.features[3, 2] = np.nan
    with pytest.raises(RunFailed, match="NaN or infinite in epoch 1"):
        fit(train, calibration, (), TRAINING)


def test_splits_that_nothing_can_be_learnt_from_are_refused() -> None:
    rows = drawn(20, 1)
    none = Rows(rows.features[:0], rows.labels[:0], rows.patients[:0], {})
    check_rows(rows, unlabelled(rows, np.zeros(20)), "ill")
    with pytest.raises(DataProblem, match="the label 'ill' is the same in every row of the training split"):
        check_rows(unlabelled(rows, np.ones(20)), rows, "ill")
    with pytest.raises(DataProblem) as caught:
        check_rows(none, none, "ill")
    assert [problem.what for problem in caught.value.problems] == [
        "the training split is empty",
        "the calibration split is empty",
    ]


def test_logits_of_nobody() -> None:
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(2)])
    assert logits_of(model, np.zeros((0, 6), np.float32)).shape == (0,)


TWO_DEVICES = """
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
import numpy as np
from pipeline_configs.training import Training
from trainers.devices import place_on
from trainers.fitting import fit
from trainers.input_fn import Rows
rng = np.random.default_rng(0)
x = rng.normal(size=(256, 6)).astype(np.float32)
rows = Rows(x, (x[:, 0] > 0).astype(np.int64), np.array([b"p"] * 256), {})
training = Training(members=2, hidden_units=4, epochs=6, batch_size=128, dropout=0.0, learning_rate=0.02)
# One batch is all rows, so that the order of shuffling, which a strategy changes, plays no part.
one = fit(rows, rows, (), training.model_copy(update={"batch_size": 256}))
two = fit(rows, rows, (), training, place=place_on(["/cpu:0", "/cpu:1"]))
assert two.record["strategy"] == "MirroredStrategy" and two.record["replicas"] == 2, two.record
assert two.record["batch_size"] == one.record["batch_size"] == 256
for a, b in zip(one.model.get_weights(), two.model.get_weights(), strict=True):
    np.testing.assert_allclose(a, b, atol=1e-5)
print("the same")
"""


@pytest.mark.slow
def test_two_devices_share_each_batch_and_learn_the_same() -> None:
    done = subprocess.run([sys.executable, "-c", TWO_DEVICES], capture_output=True, text=True, check=False)
    assert done.stdout.strip().endswith("the same"), done.stderr[-2000:]
