"""trainers.notes: run_fn trains, calibrates, exports a model that stands alone, and repeats itself."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
import tensorflow_transform as tft
from sklearn.metrics import roc_auc_score

from pipeline_configs.errors import ConfigError, DataProblem, RunFailed
from pipeline_configs.task import Task
from tests.sample_notes import (
    notes_fn_args,
    sample_notes,
    sample_notes_task,
    train_notes,
    write_notes_graph,
    write_splits,
)
from tests.sample_records import examples, write_split
from trainers import baselines
from trainers.notes import tuner_fn
from trainers.streaming import batches


@dataclass(frozen=True)
class Sample:
    task: Task
    rows: pd.DataFrame
    files: dict[str, str]
    graph: str
    folder: Path

    @property
    def eval(self) -> pd.DataFrame:
        return self.rows.iloc[480:]

    @property
    def model_run(self) -> Path:
        return self.folder / "model_run"

    @property
    def saved_model(self) -> str:
        return str(self.folder / "Format-Serving")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    folder, task, rows = tmp_path_factory.mktemp("notes"), sample_notes_task(), sample_notes(600)
    files = write_splits(rows, folder)
    graph = write_notes_graph(task, files["train"], folder)
    train_notes(folder, task, graph, files)
    return Sample(task, rows, files, graph, folder)


def record_of(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "training.json").read_text()))


def probabilities(sample: Sample, rows: pd.DataFrame) -> np.ndarray:
    served = tf.saved_model.load(sample.saved_model).signatures["serving_default"]
    return served(examples=tf.constant(examples(rows)))["probability"].numpy()[:, 0]


def test_the_model_run_holds_the_model_the_record_the_baselines_and_the_curves(sample: Sample) -> None:
    assert {p.name for p in sample.model_run.iterdir()} == {
        "model.keras",
        "training.json",
        "baselines.joblib",
        "tensorboard",
    }
    record = record_of(sample.model_run)
    assert record["data"]["train"] == {"rows": 360, "positives": int(sample.rows[:360].ill.sum()), "patients": 360}
    assert record["training"]["epochs_run"] == len(record["training"]["history"]["loss"]) <= 30
    assert record["calibrator"]["method"] == "platt"
    assert record["terms"] == tft.TFTransformOutput(sample.graph).vocabulary_size_by_name("tfidf") > 20


def test_it_ranks_and_calibrates_unseen_notes_as_well_as_logistic_regression(sample: Sample) -> None:
    said, label = probabilities(sample, sample.eval), sample.eval.ill.to_numpy()
    others = baselines.load(str(sample.model_run))
    assert set(others) == {
        "logistic_regression",
        "gradient_boosting",
        "logistic_regression_with_label_words",
        "acquisition_probe",
    }
    graph = tft.TFTransformOutput(sample.graph)
    parts = [baselines.predict(others, b.views) for b in batches([sample.files["eval"]], graph, sample.task)]
    scores = {name: roc_auc_score(label, np.concatenate([part[name] for part in parts])) for name in others}
    assert roc_auc_score(label, said) > max(0.8, scores["logistic_regression"] - 0.03)
    assert said.mean() == pytest.approx(label.mean(), abs=0.1)
    # The label word stands in two of three notes; the site says nothing.
    assert scores["logistic_regression_with_label_words"] > scores["logistic_regression"] + 0.03
    assert scores["acquisition_probe"] < 0.65


def test_label_words_never_reach_the_model(sample: Sample) -> None:
    rows = sample.eval.head(5)
    named = rows.assign(note=rows.note + " [MASKED]. ")
    told = rows.assign(note=rows.note + " Pneumo-\nnia. ")
    np.testing.assert_array_equal(probabilities(sample, told), probabilities(sample, named))


def test_signatures_agree_and_take_any_batch(sample: Sample) -> None:
    loaded, rows = tf.saved_model.load(sample.saved_model), sample.eval
    by_example = loaded.signatures["serving_default"](examples=tf.constant(examples(rows)))
    named = {"note": rows.note.to_numpy(str)[:, None], "age": rows.age.to_numpy(np.float32)[:, None]}
    by_name = loaded.signatures["predict"](**{name: tf.constant(value) for name, value in named.items()})
    for output in ("probability", "logit"):
        assert by_name[output].shape == (len(rows), 1)
        np.testing.assert_allclose(by_example[output], by_name[output], atol=1e-6)
    nobody = loaded.signatures["predict"](note=tf.zeros([0, 1], tf.string), age=tf.zeros([0, 1]))
    assert nobody["logit"].shape == (0, 1)
    long = loaded.signatures["predict"](note=tf.constant([["cough " * 100_000]]), age=tf.constant([[50.0]]))
    assert 0 < float(long["probability"][0, 0]) < 1


def test_the_empty_example_and_the_empty_note_get_the_same_finite_probability(sample: Sample) -> None:
    served = tf.saved_model.load(sample.saved_model).signatures["serving_default"]
    empty = examples(pd.DataFrame({"note": ["", "zzz qqq"]}))
    said = served(examples=tf.constant([b"", *empty]))["probability"].numpy()[:, 0]
    assert np.all((said > 0.1) & (said < 0.9))
    assert said[0] == said[1] == said[2]


def test_the_keras_file_and_the_saved_model_load_without_galen(sample: Sample, tmp_path: Path) -> None:
    code = (
        "import keras, sys, tensorflow as tf\n"
        f"model = keras.models.load_model({str(sample.model_run / 'model.keras')!r}, compile=False)\n"
        "width = {name: tensor.shape[1] for name, tensor in model.input.items()}\n"
        "row = {'tfidf': tf.sparse.from_dense(tf.ones([2, width['tfidf']])), 'features': tf.ones([2, 2])}\n"
        "assert model(row)['probability'].shape == (2, 1)\n"
        f"served = tf.saved_model.load({sample.saved_model!r})\n"
        "assert served.signatures['serving_default'](examples=tf.constant([b'']))['logit'].shape == (1, 1)\n"
        "assert not {'transforms', 'trainers', 'pipeline_configs'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True)


def test_the_same_seed_trains_the_same_model(sample: Sample, tmp_path: Path) -> None:
    train_notes(tmp_path, sample.task, sample.graph, sample.files)
    again = keras.models.load_model(tmp_path / "model_run" / "model.keras", compile=False)
    first = keras.models.load_model(sample.model_run / "model.keras", compile=False)
    for a, b in zip(again.get_weights(), first.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_a_warm_start_takes_the_weights_of_the_same_vocabulary_only(sample: Sample, tmp_path: Path) -> None:
    task, base = sample_notes_task(epochs=1, warm_start=True, learning_rate=1e-9), {"base_model": sample.saved_model}
    train_notes(tmp_path, task, sample.graph, sample.files, **base)
    record = record_of(tmp_path / "model_run")
    assert record["warm_start"] == "starts from the earlier model's weights"
    before = record_of(sample.model_run)["training"]["best_log_loss"]
    assert record["training"]["best_log_loss"] == pytest.approx(before, abs=1e-4)
    wider = sample_notes_task(epochs=1, warm_start=True, notes={"embedding": 4})
    train_notes(tmp_path, wider, sample.graph, sample.files, **base)
    assert record_of(tmp_path / "model_run")["warm_start"] == "starts anew: the earlier model has other embedding"


def test_the_tuner_searches_and_judges_by_the_calibration_split(sample: Sample, tmp_path: Path) -> None:
    task = sample_notes_task(epochs=2, tuning={"trials": 2})
    found = tuner_fn(SimpleNamespace(**notes_fn_args(tmp_path, task, sample.graph, sample.files)))
    found.tuner.search(**found.fit_kwargs)
    trials = found.tuner.oracle.get_best_trials(2)
    assert [np.isfinite(trial.score) for trial in trials] == [True, True]
    assert set(trials[0].hyperparameters.values) == {"hidden_units", "dropout", "l2", "learning_rate"}


@pytest.mark.parametrize("argument", ["train_files", "eval_files"])
def test_the_eval_split_is_refused(sample: Sample, tmp_path: Path, argument: str) -> None:
    with pytest.raises(RunFailed, match="given the eval split, which nothing may be fitted on"):
        train_notes(tmp_path, sample.task, sample.graph, sample.files, **{argument: [sample.files["eval"]]})


def test_a_constant_label_is_a_data_problem(sample: Sample, tmp_path: Path) -> None:
    pattern = write_split(sample.rows[:100].assign(ill=1), tmp_path / "constant", "train")
    with pytest.raises(DataProblem, match="the label 'ill' is the same in every row"):
        train_notes(tmp_path, sample.task, sample.graph, sample.files, train_files=[pattern])


def test_notes_without_common_words_are_a_data_problem(tmp_path: Path) -> None:
    rows = sample_notes(4).assign(note=["alpha", "beta", "gamma", "delta"], ill=[0, 1, 0, 1])
    files = {split: write_split(rows, tmp_path, split) for split in ("train", "calibration")}
    graph = write_notes_graph(sample_notes_task(), files["train"], tmp_path)
    with pytest.raises(DataProblem, match="the notes have no words in common"):
        train_notes(tmp_path, sample_notes_task(), graph, files)


def test_an_encoder_joins_the_terms_and_serves_without_its_path(sample: Sample, tmp_path: Path) -> None:
    vectoriser = keras.layers.TextVectorization(50, output_mode="multi_hot")
    vectoriser.adapt(tf.constant(list(sample.rows.note[:100])))
    notes = keras.Input((1,), dtype="string")
    encoder = keras.Model(notes, keras.layers.Dense(3)(vectoriser(notes)))
    path = tmp_path / "encoder.keras"
    encoder.save(path)
    task = sample_notes_task(epochs=2, notes={"encoder": str(path)})
    graph = write_notes_graph(task, sample.files["train"], tmp_path)
    train_notes(tmp_path, task, graph, sample.files)
    path.unlink()
    served = tf.saved_model.load(str(tmp_path / "Format-Serving")).signatures["serving_default"]
    said = served(examples=tf.constant([b"", *examples(sample.eval)]))["probability"].numpy()
    assert np.all((said > 0) & (said < 1)) and said.std() > 0.01
    assert record_of(tmp_path / "model_run")["encoder"] == 3


def test_an_encoder_that_is_not_there_is_a_configuration_error(sample: Sample, tmp_path: Path) -> None:
    task = sample_notes_task(notes={"encoder": str(tmp_path / "none")})
    with pytest.raises(ConfigError, match=r"training\.notes\.encoder"):
        train_notes(tmp_path, task, sample.graph, sample.files)
