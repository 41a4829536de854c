"""trainers.images: run_fn writes everything, from the right splits, and repeats itself."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft
from sklearn.metrics import roc_auc_score

from pipeline_configs.errors import ConfigError, DataProblem, RunFailed
from tests.samples.files import Sample, make_sample, write_split
from tests.samples.images import image_sample, image_task, trained_images
from trainers import baselines, streaming
from trainers.devices import place_on
from trainers.hyperparameters import chosen, in_image_space
from trainers.image.fitting import ImageSplits, fit_images, levels
from trainers.image.rows import image_rows
from trainers.images import run_fn, tuner_fn
from trainers.models.backbones import pretrained


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return image_sample(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained_images(tmp_path_factory.getbasetemp())


def record_of(folder: Path) -> dict:
    return dict(json.loads((folder / "model_run" / "training.json").read_text()))


def splits_of(sample: Sample) -> ImageSplits:
    graph = tft.TFTransformOutput(sample.graph)
    labels = sample.split("train")["spot"].to_numpy()
    held_out = len(sample.split("calibration"))
    return ImageSplits([sample.files["train"]], [sample.files["calibration"]], graph, sample.task, labels, held_out)


def test_the_model_run_holds_the_model_the_record_the_baselines_and_the_curves(trained: Path) -> None:
    found = {path.name for path in (trained / "model_run").iterdir()}
    assert found == {"model.keras", "training.json", "baselines.joblib", "tensorboard"}
    assert (trained / "Format-Serving" / "assets.extra" / "model.keras").exists()


def test_the_record_tells_what_happened(sample: Sample, trained: Path) -> None:
    record = record_of(trained)
    assert record["data"]["train"] == {"rows": 180, "positives": 90, "patients": 90}
    assert record["data"]["calibration"] == {"rows": 60, "positives": 30, "patients": 30}
    assert record["hyperparameters"] == sample.task.training.model_dump(mode="json")
    assert record["training"]["epochs_run"] == len(record["training"]["history"]["val_log_loss"]) <= 8
    assert (record["training"]["batch_size"], record["training"]["steps_per_epoch"]) == (16, 11)
    assert record["calibrator"]["method"] == "platt"
    assert set(record["seconds"]) == {"read", "fit", "export", "baselines", "all"}


def test_network_and_baselines_rank_unseen_patients(sample: Sample, trained: Path) -> None:
    model = keras.models.load_model(trained / "model_run" / "model.keras", compile=False)
    fitted = baselines.load(str(trained / "model_run"))
    assert set(fitted) == {"logistic_regression", "acquisition_probe"}
    [batch] = streaming.batches([sample.files["eval"]], tft.TFTransformOutput(sample.graph), sample.task)
    others = baselines.predict(fitted, batch.views)
    network = np.asarray(model({name: batch.views[name] for name in ("image", "features")})["probability"])[:, 0]
    assert roc_auc_score(batch.labels, network) > 0.95
    assert 0.5 < roc_auc_score(batch.labels, others["acquisition_probe"]) < 0.9
    assert roc_auc_score(batch.labels, others["logistic_regression"]) > 0.8
    assert network.mean() == pytest.approx(batch.labels.mean(), abs=0.15)


def test_without_probe_and_other_inputs_there_is_one_baseline_and_one_input(tmp_path: Path, sample: Sample) -> None:
    task = image_task(drop=("age", "smoker", "device", "width"), epochs=1)
    rows = sample.rows.iloc[:100].drop(columns=["age", "smoker", "device", "width"])
    small = make_sample(task, rows, tmp_path)
    run_fn(small.fn_args(tmp_path))
    assert set(baselines.load(str(tmp_path / "model_run"))) == {"logistic_regression"}
    served = tf.saved_model.load(str(tmp_path / "Format-Serving")).signatures
    assert set(served["predict"].structured_input_signature[1]) == {"scan"}
    assert record_of(tmp_path)["columns"] == []


def test_levels_are_what_the_graph_makes_of_black_and_white(sample: Sample) -> None:
    pixels = np.concatenate([np.frombuffer(scan, np.uint8) for scan in sample.split("train")["scan"]]) / 255
    black, white = levels(tft.TFTransformOutput(sample.graph), sample.task)
    assert black == pytest.approx(-pixels.mean() / pixels.std(), abs=1e-3)
    assert white == pytest.approx((1 - pixels.mean()) / pixels.std(), abs=1e-3)


def test_small_views_are_read_in_order(sample: Sample) -> None:
    rows = image_rows([sample.files["eval"]], tft.TFTransformOutput(sample.graph), sample.task)
    assert rows.thumbnails.labels.tolist() == sample.split("eval")["spot"].tolist()
    assert rows.thumbnails.features.shape == (60, 256)
    assert rows.acquisition is not None and len(rows.acquisition.features) == 60


def test_the_same_seed_trains_the_same_network(sample: Sample) -> None:
    splits = splits_of(sample)
    training = image_task(epochs=2).training
    first, second = (fit_images(splits, training).model.get_weights() for _ in range(2))
    for a, b in zip(first, second, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-3)


@pytest.mark.slow
def test_a_frozen_backbone_is_fine_tuned_and_keeps_what_is_better(sample: Sample, tmp_path: Path) -> None:
    file = str(tmp_path / "mobilenet.weights.h5")
    keras.applications.MobileNetV3Small(include_top=False, weights=None, input_shape=(48, 64, 3)).save_weights(file)
    image = {"backbone": "MobileNetV3Small", "weights": file, "fine_tune_epochs": 1, "cache": "memory"}
    fitted = fit_images(splits_of(sample), image_task(epochs=1, image=image).training)
    assert (fitted.record["epochs_frozen"], fitted.record["epochs_run"]) == (1, 2)
    assert fitted.record["best_log_loss"] == min(fitted.record["history"]["val_log_loss"])
    assert pretrained(fitted.model) is None
    assert all(weight.dtype == "float32" for weight in fitted.model.weights)


@pytest.mark.parametrize("argument", ["train_files", "eval_files"])
def test_the_eval_split_is_refused(sample: Sample, tmp_path: Path, argument: str) -> None:
    with pytest.raises(RunFailed, match="given the eval split, which nothing may be fitted on"):
        run_fn(sample.fn_args(tmp_path, **{argument: [sample.files["eval"]]}))


def test_a_constant_label_is_a_data_problem(sample: Sample, tmp_path: Path) -> None:
    pattern = write_split(sample.split("train").iloc[:20].assign(spot=0), tmp_path / "constant", "train")
    with pytest.raises(DataProblem, match="the label 'spot' is the same in every row"):
        run_fn(sample.fn_args(tmp_path, train_files=[pattern]))


def test_a_loss_that_becomes_nan_fails_the_run(sample: Sample) -> None:
    with pytest.raises(RunFailed, match="the loss became NaN or infinite"):
        fit_images(splits_of(sample), image_task(epochs=3, learning_rate=1e30).training)


def test_a_missing_file_of_weights_is_told_before_training(sample: Sample, tmp_path: Path) -> None:
    task = image_task(image={"backbone": "MobileNetV3Small", "weights": str(tmp_path / "none.h5")})
    with pytest.raises(ConfigError, match="there is no such file"):
        run_fn(sample.fn_args(tmp_path, task))


def test_a_warm_start_takes_the_earlier_weights(sample: Sample, trained: Path, tmp_path: Path) -> None:
    base = str(trained / "Format-Serving")
    task = image_task(epochs=1, warm_start=True, learning_rate=1e-8)
    run_fn(sample.fn_args(tmp_path, task, base_model=base))
    assert record_of(tmp_path)["warm_start"] == "starts from the earlier model's weights"
    assert record_of(tmp_path)["training"]["best_log_loss"] < 0.3


@pytest.mark.slow
def test_two_trials_are_judged_by_the_calibration_split(sample: Sample, tmp_path: Path) -> None:
    task = image_task(epochs=1, tuning={"enabled": True, "trials": 2})
    found = tuner_fn(sample.fn_args(tmp_path, task))
    found.tuner.search(**found.fit_kwargs)
    trials = found.tuner.oracle.get_best_trials(2)
    assert len(trials) == 2
    assert trials[0].score <= trials[1].score
    best = found.tuner.get_best_hyperparameters()[0]
    assert set(best.values) == {"hidden_units", "dropout", "learning_rate"}
    training = in_image_space(best, task.training)
    assert (training, training.epochs) == (chosen(task.training, best.get_config()), 1)
    assert fit_images(splits_of(sample), training).record["best_log_loss"] == pytest.approx(trials[0].score, abs=1e-2)


def test_half_precision_and_xla_train_as_well_and_leave_a_model_of_full_precision(sample: Sample) -> None:
    plain = fit_images(splits_of(sample), image_task(epochs=2, dropout=0.0).training)
    compiled = fit_images(splits_of(sample), image_task(epochs=2, dropout=0.0, xla=True).training)
    half = image_task(epochs=2, dropout=0.0, mixed_precision=True).training
    halved = fit_images(splits_of(sample), half, place=place_on(["/cpu:0"]))
    assert (compiled.record["xla"], halved.record["dtype_policy"]) == (True, "mixed_float16")
    assert {weight.dtype for weight in halved.model.get_weights()} == {np.dtype(np.float32)}
    assert {layer.compute_dtype for layer in halved.model.layers} == {"float32"}
    losses = [fitted.record["history"]["loss"] for fitted in (plain, compiled, halved)]
    np.testing.assert_allclose(losses[1], losses[0], rtol=0.02)
    np.testing.assert_allclose(losses[2], losses[0], rtol=0.1)
