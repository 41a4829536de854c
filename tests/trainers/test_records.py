"""trainers.records: run_fn writes everything, from the right splits, and repeats itself."""

import json
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft
from sklearn.metrics import brier_score_loss, roc_auc_score

from pipeline_configs.errors import ConfigError, DataProblem, RunFailed
from tests.samples.files import write_split
from tests.samples.records import sample_task
from tests.trainers.conftest import Sample, Trained
from trainers import baselines
from trainers.input_fn import features_and_labels
from trainers.records import run_fn


def record_of(model_run: Path) -> dict:
    return dict(json.loads((model_run / "training.json").read_text()))


def test_the_model_run_holds_the_model_the_record_the_baselines_and_the_curves(trained: Trained) -> None:
    found = {path.name for path in trained.model_run.iterdir()}
    assert found == {"model.keras", "training.json", "baselines.joblib", "tensorboard"}
    assert list((trained.model_run / "tensorboard" / "train").glob("events*"))
    assert list((trained.model_run / "tensorboard" / "validation").glob("events*"))


def test_the_record_tells_what_happened(sample: Sample, trained: Trained) -> None:
    record = record_of(trained.model_run)
    train, calibration = sample.split("train"), sample.split("calibration")
    assert record["data"]["train"] == {"rows": 900, "positives": int(train["ill"].sum()), "patients": 900}
    assert record["data"]["calibration"]["rows"] == len(calibration) == 300
    assert record["hyperparameters"] == sample.task.training.model_dump(mode="json")
    assert record["training"]["epochs_run"] == len(record["training"]["history"]["loss"]) <= 30
    assert record["calibrator"]["method"] == "platt"
    assert record["calibrator"]["positives"] == int(calibration["ill"].sum())
    assert record["versions"]["keras"] == keras.__version__
    assert set(record["seconds"]) == {"read", "fit", "export", "baselines", "all"}
    assert record["tuned"] is False


def test_the_network_ranks_and_calibrates_unseen_patients(sample: Sample, trained: Trained) -> None:
    graph = tft.TFTransformOutput(sample.graph)
    rows = features_and_labels([sample.files["eval"]], graph, sample.task)
    model = keras.models.load_model(trained.model_run / "model.keras", compile=False)
    network = np.asarray(model(rows.features)["probability"])[:, 0]
    others = baselines.predict(baselines.load(str(trained.model_run)), {"features": rows.features})
    assert roc_auc_score(rows.labels, network) > max(roc_auc_score(rows.labels, p) for p in others.values()) - 0.03
    assert brier_score_loss(rows.labels, network) < brier_score_loss(rows.labels, np.full(300, rows.labels.mean()))
    assert network.mean() == pytest.approx(rows.labels.mean(), abs=0.08)


def test_the_calibrator_in_the_model_is_the_one_in_the_record(trained: Trained) -> None:
    model = keras.models.load_model(trained.model_run / "model.keras", compile=False)
    calibrator, record = model.get_layer("calibrator"), record_of(trained.model_run)["calibrator"]
    slope, intercept = (float(np.asarray(weight).item()) for weight in calibrator.get_weights())
    assert (slope, intercept) == pytest.approx((record["slope"], record["intercept"]), rel=1e-6)
    assert not calibrator.trainable_weights


def test_the_eval_split_is_never_needed(sample: Sample, tmp_path: Path) -> None:
    for split in ("train", "calibration"):
        shutil.copytree(sample.folder / f"Split-{split}", tmp_path / f"Split-{split}")
    files = {"train_files": [str(tmp_path / "Split-train/*")], "eval_files": [str(tmp_path / "Split-calibration/*")]}
    run_fn(sample.fn_args(tmp_path, sample_task(epochs=1), **files))
    assert (tmp_path / "Format-Serving" / "saved_model.pb").exists()


@pytest.mark.parametrize("argument", ["train_files", "eval_files"])
def test_the_eval_split_is_refused(sample: Sample, tmp_path: Path, argument: str) -> None:
    with pytest.raises(RunFailed, match="given the eval split, which nothing may be fitted on"):
        run_fn(sample.fn_args(tmp_path, **{argument: [sample.files["eval"]]}))


def test_the_same_seed_trains_the_same_model(sample: Sample, trained: Trained, tmp_path: Path) -> None:
    run_fn(sample.fn_args(tmp_path))
    again = keras.models.load_model(tmp_path / "model_run" / "model.keras", compile=False)
    first = keras.models.load_model(trained.model_run / "model.keras", compile=False)
    for a, b in zip(again.get_weights(), first.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_tuned_hyperparameters_and_a_warm_start_are_used(sample: Sample, trained: Trained, tmp_path: Path) -> None:
    found = {"values": {"learning_rate": 1e-8, "dropout": 0.0}}
    task = sample_task(epochs=1, warm_start=True)
    run_fn(sample.fn_args(tmp_path, task, hyperparameters=found, base_model=trained.saved_model))
    record = record_of(tmp_path / "model_run")
    assert record["tuned"] is True
    assert record["hyperparameters"]["learning_rate"] == 1e-8
    assert record["warm_start"] == "starts from the earlier model's weights"
    earlier = record_of(trained.model_run)["training"]["best_log_loss"]
    assert record["training"]["best_log_loss"] == pytest.approx(earlier, abs=1e-3)


def test_a_base_model_is_left_alone_where_the_task_does_not_ask_for_a_warm_start(
    sample: Sample, trained: Trained, tmp_path: Path
) -> None:
    run_fn(sample.fn_args(tmp_path, sample_task(epochs=1), base_model=trained.saved_model))
    assert record_of(tmp_path / "model_run")["warm_start"].startswith("starts anew")


def test_a_constant_label_is_a_data_problem(sample: Sample, tmp_path: Path) -> None:
    pattern = write_split(sample.split("train").assign(ill=0), tmp_path / "constant", "train")
    with pytest.raises(DataProblem, match="the label 'ill' is the same in every row"):
        run_fn(sample.fn_args(tmp_path, train_files=[pattern]))


def test_another_backend_is_a_configuration_error(
    sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ConfigError, match="KERAS_BACKEND"):
        run_fn(sample.fn_args(tmp_path))


def test_the_saved_model_keeps_the_keras_model_where_serving_leaves_it_alone(trained: Trained) -> None:
    extra = Path(trained.saved_model) / "assets.extra"
    assert (extra / "model.keras").exists()
    assert tf.saved_model.contains_saved_model(trained.saved_model)
