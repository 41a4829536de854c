"""The report on files: the exported model's own answers, baselines, and what goes wrong."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import tensorflow as tf

from pipeline_configs.errors import RunFailed
from pipeline_configs.task import PATIENT_FEATURE, Task
from tests.components.served_model import probability, write_model
from tests.samples.files import write_split
from tests.samples.records import TASK, sample_rows
from transforms.layout import Layout

WIDTH = Layout(Task.model_validate(TASK).inputs).width


class _Graph:
    """A transform graph that hands the age through; the real one is tested with the trainers."""

    def __init__(self, uri: str) -> None:
        del uri

    def transformed_feature_spec(self):
        return {"features": tf.io.FixedLenFeature([WIDTH], tf.float32)}

    def transform_features_layer(self):
        def layer(raw):
            age = tf.sparse.to_dense(tf.sparse.reset_shape(raw["age"], [raw["age"].dense_shape[0], WIDTH]))
            return {"features": tf.ensure_shape(age, [None, WIDTH])}

        return layer


class _Baseline:
    view = "features"

    def predict(self, features):
        return np.clip(features[:, 0].astype(np.float64) / 200, 0, 1)


@pytest.fixture(scope="module")
def ground(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    rows = sample_rows(500)
    train, calibration, held_out = rows[:250], rows[250:330], rows[330:]
    # Two spans, one of them gzipped.
    for span, part in (("span1", held_out[:90]), ("span2", held_out[90:])):
        write_split(train if span == "span1" else train[:0], folder / span, "train")
        write_split(calibration if span == "span1" else calibration[:0], folder / span, "calibration")
        write_split(part, folder / span, "eval", gzip=span == "span2")
    write_model(folder / "model")
    return SimpleNamespace(folder=folder, eval=held_out)


def _artifacts(ground, out, model="model", spans=("span1", "span2")):
    from tfx.types import standard_artifacts

    from components.artifacts import Performance

    def made(kind, name):
        artifact = kind()
        artifact.uri = str(ground.folder / name)
        return artifact

    examples = [made(standard_artifacts.Examples, span) for span in spans]
    for artifact in examples:
        artifact.split_names = '["train", "calibration", "eval"]'
    performance = Performance()
    performance.uri = str(out)
    return (
        examples,
        made(standard_artifacts.TransformGraph, "graph"),
        made(standard_artifacts.Model, model),
        made(standard_artifacts.ModelRun, "run"),
        performance,
    )


@pytest.fixture
def task():
    evaluation = {"bootstrap": 60, "thresholds": {"auroc": {"at_least": 0.5}}}
    return Task.model_validate({**TASK, "evaluation": evaluation})


@pytest.fixture
def write(monkeypatch):
    from components.performance_report import write as module

    monkeypatch.setattr(module.tft, "TFTransformOutput", _Graph)
    monkeypatch.setattr(module.baseline_models, "load", lambda uri: {"logistic_regression": _Baseline()})
    return module.write_report


def test_it_writes_what_the_exported_model_says_about_every_split(ground, task, write, tmp_path):
    artifacts = _artifacts(ground, tmp_path)
    content = write(task.model_dump_json(), *artifacts)
    assert json.loads((tmp_path / "performance.json").read_text()) == content
    assert {split: found["rows"] for split, found in content["splits"].items()} == {
        "train": 250,
        "calibration": 80,
        "eval": 170,
    }
    assert (tmp_path / "performance.png").read_bytes().startswith(b"\x89PNG")
    table = pq.read_table(tmp_path / "predictions-eval.parquet").to_pandas()
    assert list(table[PATIENT_FEATURE]) == list(ground.eval[PATIENT_FEATURE])
    assert list(table["ill"]) == list(ground.eval["ill"])
    np.testing.assert_allclose(table["probability_network"], probability(ground.eval), atol=1e-6)
    assert table["probability_logistic_regression"].between(0, 1).all()
    assert list(table["sex"].isna()) == list(ground.eval["sex"].isna())
    assert set(table["age_band"].dropna()) == {"<40", "40-60", ">=60"}
    assert artifacts[-1].get_int_custom_property("better_than_baselines") == int(content["better_than_baselines"])


def test_the_same_run_again_gives_the_same_numbers(ground, task, write, tmp_path):
    first = write(task.model_dump_json(), *_artifacts(ground, tmp_path / "a"))
    second = write(task.model_dump_json(), *_artifacts(ground, tmp_path / "b"))
    assert first == second


def test_a_model_that_does_not_answer_is_said_without_its_rows(ground, task, write, tmp_path):
    write_model(ground.folder / "broken", output="chance")
    with pytest.raises(RunFailed, match="does not answer") as caught:
        write(task.model_dump_json(), *_artifacts(ground, tmp_path, model="broken"))
    assert caught.value.__suppress_context__
    assert "age" not in str(caught.value)


def test_a_model_that_is_not_there_is_said(ground, task, write, tmp_path):
    with pytest.raises(RunFailed, match="cannot be loaded"):
        write(task.model_dump_json(), *_artifacts(ground, tmp_path, model="nowhere"))


def test_baselines_that_are_not_there_are_said(ground, task, monkeypatch, tmp_path):
    from components.performance_report import write as module

    monkeypatch.setattr(module.tft, "TFTransformOutput", _Graph)
    with pytest.raises(RunFailed, match="baselines cannot be read"):
        module.write_report(task.model_dump_json(), *_artifacts(ground, tmp_path))


def test_an_empty_eval_split_is_said(ground, task, write, tmp_path):
    write_split(pd.DataFrame(), ground.folder / "empty", "eval")
    for split in ("train", "calibration"):
        write_split(sample_rows(5), ground.folder / "empty", split)
    with pytest.raises(RunFailed, match="no rows to evaluate on"):
        write(task.model_dump_json(), *_artifacts(ground, tmp_path, spans=("empty",)))


def test_the_component_takes_the_examples_of_several_spans():
    from tfx.types import standard_artifacts
    from tfx.types.channel import Channel

    from components.artifacts import Performance
    from components.performance_report.component import PerformanceReport

    node = PerformanceReport(
        task="{}",
        code="abc",
        examples=Channel(type=standard_artifacts.Examples),
        transform_graph=Channel(type=standard_artifacts.TransformGraph),
        model=Channel(type=standard_artifacts.Model),
        model_run=Channel(type=standard_artifacts.ModelRun),
    )
    assert node.outputs["performance"].type is Performance
