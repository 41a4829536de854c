"""trainers.warm_start: weights go from model to model where they mean the same, and only there."""

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow_transform as tft

from pipeline_configs.task import Task
from tests.trainers.conftest import Sample, Trained
from trainers.warm_start import EXTRA, described, previous_weights, vocabulary_sizes
from transforms.layout import Layout


def description(sample: Sample, task: Task | None = None) -> dict:
    chosen = task or sample.task
    return described(Layout(chosen.inputs), tft.TFTransformOutput(sample.graph), chosen.training)


def test_the_earlier_models_weights_are_found(sample: Sample, trained: Trained) -> None:
    weights, how = previous_weights(trained.saved_model, description(sample))
    kept = keras.models.load_model(trained.model_run / "model.keras", compile=False).get_layer("ensemble").get_weights()
    assert how == "starts from the earlier model's weights"
    assert weights is not None
    for a, b in zip(weights, kept, strict=True):
        np.testing.assert_array_equal(a, b)


def test_without_an_earlier_model(sample: Sample) -> None:
    assert previous_weights(None, description(sample)) == (
        None,
        "starts anew: there is no earlier model to start from",
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [({"columns": ["age"]}, "other columns"), ({"members": 5}, "other members"), ({"vocabularies": {}}, "other vocab")],
)
def test_weights_that_mean_something_else_are_left(sample: Sample, trained: Trained, change: dict, said: str) -> None:
    weights, how = previous_weights(trained.saved_model, {**description(sample), **change})
    assert weights is None
    assert said in how


def test_a_model_that_cannot_be_read_is_left(sample: Sample, tmp_path: Path) -> None:
    assert previous_weights(str(tmp_path), description(sample))[1].startswith(
        "starts anew: the earlier model cannot be"
    )
    (tmp_path / EXTRA).mkdir()
    (tmp_path / EXTRA / "model.json").write_text("{")
    assert previous_weights(str(tmp_path), description(sample))[0] is None


def test_a_description_notices_another_vocabulary_and_another_feature(sample: Sample) -> None:
    fewer = sample.task.model_copy(update={"features": {k: v for k, v in sample.task.features.items() if k != "age"}})
    assert description(sample, fewer)["columns"] != description(sample)["columns"]
    assert list(description(sample)["vocabularies"]) == ["town"]
    assert "oak" not in str(description(sample))


def test_vocabulary_sizes_count_missing_and_other(sample: Sample) -> None:
    assert vocabulary_sizes(Layout(sample.task.inputs), tft.TFTransformOutput(sample.graph)) == [5]
