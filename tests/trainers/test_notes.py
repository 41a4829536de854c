"""trainers.notes: run_fn trains, calibrates, exports a model that stands alone, and repeats itself."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
import tensorflow_transform as tft
from sklearn.metrics import roc_auc_score

from pipeline_configs.errors import ConfigError, DataProblem, RunFailed
from tests.samples.files import Sample, examples, make_sample, write_split, write_transform_graph
from tests.samples.notes import sample_notes, sample_notes_task
from trainers import baselines
from trainers.notes import run_fn, tuner_fn
from trainers.streaming import batches

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """The sample task, trained once; the model is in the sample's folder."""
    made = make_sample(sample_notes_task(), sample_notes(600), tmp_path_factory.mktemp("notes"))
    run_fn(made.fn_args(made.folder))
    return made


def model_run(sample: Sample) -> Path:
    return sample.folder / "model_run"


def saved_model(sample: Sample) -> str:
    return str(sample.folder / "Format-Serving")


def signatures(sample: Sample) -> Any:
    return tf.saved_model.load(saved_model(sample)).signatures


def record_of(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "training.json").read_text()))


def probabilities(sample: Sample, rows: pd.DataFrame) -> np.ndarray:
    served = signatures(sample)["serving_default"]
    return served(examples=tf.constant(examples(rows)))["probability"].numpy()[:, 0]


def test_the_model_run_holds_the_model_the_record_the_baselines_and_the_curves(sample: Sample) -> None:
    assert {p.name for p in model_run(sample).iterdir()} == {
        "model.keras",
        "training.json",
        "baselines.joblib",
        "tensorboard",
    }
    record = record_of(model_run(sample))
    assert record["data"]["train"] == {"rows": 360, "positives": int(sample.rows[:360].ill.sum()), "patients": 360}
    assert record["training"]["epochs_run"] == len(record["training"]["history"]["loss"]) <= 30
    assert record["calibrator"]["method"] == "platt"
    assert record["terms"] == tft.TFTransformOutput(sample.graph).vocabulary_size_by_name("tfidf") > 20


def test_it_ranks_and_calibrates_unseen_notes_as_well_as_logistic_regression(sample: Sample) -> None:
    said, label = probabilities(sample, sample.split("eval")), sample.split("eval").ill.to_numpy()
    others = baselines.load(str(model_run(sample)))
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
    rows = sample.split("eval").head(5)
    named = rows.assign(note=rows.note + " [MASKED]. ")
    told = rows.assign(note=rows.note + " Pneumo-\nnia. ")
    np.testing.assert_array_equal(probabilities(sample, told), probabilities(sample, named))


def test_signatures_agree_and_take_any_batch(sample: Sample) -> None:
    found, rows = signatures(sample), sample.split("eval")
    by_example = found["serving_default"](examples=tf.constant(examples(rows)))
    named = {"note": rows.note.to_numpy(str)[:, None], "age": rows.age.to_numpy(np.float32)[:, None]}
    by_name = found["predict"](**{name: tf.constant(value) for name, value in named.items()})
    for output in ("probability", "logit"):
        assert by_name[output].shape == (len(rows), 1)
        np.testing.assert_allclose(by_example[output], by_name[output], atol=1e-6)
    nobody = found["predict"](note=tf.zeros([0, 1], tf.string), age=tf.zeros([0, 1]))
    assert nobody["logit"].shape == (0, 1)
    long = found["predict"](note=tf.constant([["cough " * 100_000]]), age=tf.constant([[50.0]]))
    assert 0 < float(long["probability"][0, 0]) < 1


def test_the_empty_example_and_the_empty_note_get_the_same_finite_probability(sample: Sample) -> None:
    served = signatures(sample)["serving_default"]
    empty = examples(pd.DataFrame({"note": ["", "zzz qqq"]}))
    said = served(examples=tf.constant([b"", *empty]))["probability"].numpy()[:, 0]
    assert np.all((said > 0.1) & (said < 0.9))
    assert said[0] == said[1] == said[2]


def test_the_keras_file_and_the_saved_model_load_without_galen(sample: Sample, tmp_path: Path) -> None:
    code = (
        "import keras, sys, tensorflow as tf\n"
        f"model = keras.models.load_model({str(model_run(sample) / 'model.keras')!r}, compile=False)\n"
        "width = {name: tensor.shape[1] for name, tensor in model.input.items()}\n"
        "row = {'tfidf': tf.sparse.from_dense(tf.ones([2, width['tfidf']])), 'features': tf.ones([2, 2])}\n"
        "assert model(row)['probability'].shape == (2, 1)\n"
        f"served = tf.saved_model.load({saved_model(sample)!r})\n"
        "assert served.signatures['serving_default'](examples=tf.constant([b'']))['logit'].shape == (1, 1)\n"
        "assert not {'transforms', 'trainers', 'pipeline_configs'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True)


def test_the_same_seed_trains_the_same_model(sample: Sample, tmp_path: Path) -> None:
    run_fn(sample.fn_args(tmp_path))
    again = keras.models.load_model(tmp_path / "model_run" / "model.keras", compile=False)
    first = keras.models.load_model(model_run(sample) / "model.keras", compile=False)
    for a, b in zip(again.get_weights(), first.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_a_warm_start_takes_the_weights_of_the_same_vocabulary_only(sample: Sample, tmp_path: Path) -> None:
    task, base = sample_notes_task(epochs=1, warm_start=True, learning_rate=1e-9), {"base_model": saved_model(sample)}
    run_fn(sample.fn_args(tmp_path, task, **base))
    record = record_of(tmp_path / "model_run")
    assert record["warm_start"] == "starts from the earlier model's weights"
    before = record_of(model_run(sample))["training"]["best_log_loss"]
    assert record["training"]["best_log_loss"] == pytest.approx(before, abs=1e-4)
    wider = sample_notes_task(epochs=1, warm_start=True, notes={"embedding": 4})
    run_fn(sample.fn_args(tmp_path, wider, **base))
    assert record_of(tmp_path / "model_run")["warm_start"] == "starts anew: the earlier model has other embedding"


def test_the_tuner_searches_and_judges_by_the_calibration_split(sample: Sample, tmp_path: Path) -> None:
    task = sample_notes_task(epochs=2, tuning={"trials": 2})
    found = tuner_fn(sample.fn_args(tmp_path, task))
    found.tuner.search(**found.fit_kwargs)
    trials = found.tuner.oracle.get_best_trials(2)
    assert [np.isfinite(trial.score) for trial in trials] == [True, True]
    assert set(trials[0].hyperparameters.values) == {"hidden_units", "dropout", "l2", "learning_rate"}


@pytest.mark.parametrize("argument", ["train_files", "eval_files"])
def test_the_eval_split_is_refused(sample: Sample, tmp_path: Path, argument: str) -> None:
    with pytest.raises(RunFailed, match="given the eval split, which nothing may be fitted on"):
        run_fn(sample.fn_args(tmp_path, **{argument: [sample.files["eval"]]}))


def test_a_constant_label_is_a_data_problem(sample: Sample, tmp_path: Path) -> None:
    pattern = write_split(sample.rows[:100].assign(ill=1), tmp_path / "constant", "train")
    with pytest.raises(DataProblem, match="the label 'ill' is the same in every row"):
        run_fn(sample.fn_args(tmp_path, train_files=[pattern]))


def test_notes_without_common_words_are_a_data_problem(tmp_path: Path) -> None:
    rows = sample_notes(4).assign(note=["alpha", "beta", "gamma", "delta"], ill=[0, 1, 0, 1])
    patterns = {split: write_split(rows, tmp_path, split) for split in ("train", "calibration")}
    graph = write_transform_graph(sample_notes_task(), patterns["train"], tmp_path)
    few = Sample(sample_notes_task(), rows, patterns, graph, tmp_path)
    with pytest.raises(DataProblem, match="the notes have no words in common"):
        run_fn(few.fn_args(tmp_path))


def test_an_encoder_joins_the_terms_and_serves_without_its_path(sample: Sample, tmp_path: Path) -> None:
    vectoriser = keras.layers.TextVectorization(50, output_mode="multi_hot")
    vectoriser.adapt(tf.constant(list(sample.rows.note[:100])))
    notes = keras.Input((1,), dtype="string")
    encoder = keras.Model(notes, keras.layers.Dense(3)(vectoriser(notes)))
    path = tmp_path / "encoder.keras"
    encoder.save(path)
    task = sample_notes_task(epochs=2, notes={"encoder": str(path)})
    graph = write_transform_graph(task, sample.files["train"], tmp_path)
    run_fn(sample.fn_args(tmp_path, task, transform_graph_path=graph))
    path.unlink()
    served = tf.saved_model.load(str(tmp_path / "Format-Serving")).signatures["serving_default"]
    said = served(examples=tf.constant([b"", *examples(sample.split("eval"))]))["probability"].numpy()
    assert np.all((said > 0) & (said < 1)) and said.std() > 0.01
    assert record_of(tmp_path / "model_run")["encoder"] == 3


def test_an_encoder_that_is_not_there_is_a_configuration_error(sample: Sample, tmp_path: Path) -> None:
    task = sample_notes_task(notes={"encoder": str(tmp_path / "none")})
    with pytest.raises(ConfigError, match=r"training\.notes\.encoder"):
        run_fn(sample.fn_args(tmp_path, task))
