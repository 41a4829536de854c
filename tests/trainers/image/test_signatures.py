"""The SavedModel of images: training, signatures and the .keras file say the same, and nothing of Galen is needed."""

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
import tensorflow_transform as tft

from tests.samples.files import Sample, examples
from tests.samples.images import SIZE, image_sample, spots, trained_images
from trainers import streaming
from trainers.image.signatures import image_inputs


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return image_sample(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained_images(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="module")
def loaded(trained: Path) -> tf.Module:
    return tf.saved_model.load(str(trained / "Format-Serving"))


def named(rows: pd.DataFrame) -> dict[str, tf.Tensor]:
    pixels = np.stack([np.frombuffer(scan, np.uint8).reshape(*SIZE, 1) for scan in rows["scan"]])
    smoker = [-1 if value is None else value for value in rows["smoker"]]
    return {
        "scan": tf.constant(pixels),
        "age": tf.constant(rows["age"].to_numpy(np.float32)[:, np.newaxis]),
        "smoker": tf.constant(np.array(smoker, np.int64)[:, np.newaxis]),
    }


def test_no_skew_between_training_serving_and_the_keras_file(sample: Sample, trained: Path, loaded: tf.Module) -> None:
    [batch] = streaming.batches([sample.files["eval"]], tft.TFTransformOutput(sample.graph), sample.task)
    kept = keras.models.load_model(trained / "model_run" / "model.keras", compile=False)
    expected = kept({name: batch.views[name] for name in ("image", "features")})
    by_example = loaded.signatures["serving_default"](examples=batch.serialized)
    by_name = loaded.signatures["predict"](**named(sample.split("eval")))
    for output in ("probability", "logit"):
        np.testing.assert_allclose(by_example[output], expected[output], atol=1e-4, rtol=1e-4)
        np.testing.assert_allclose(by_name[output], expected[output], atol=1e-4, rtol=1e-4)
    assert float(np.std(by_name["probability"])) > 0.1


def test_label_patient_and_probe_may_be_absent(sample: Sample, loaded: tf.Module) -> None:
    rows = sample.split("eval")
    serve = loaded.signatures["serving_default"]
    bare = serve(examples=tf.constant(examples(rows[list(sample.task.inputs)])))
    whole = serve(examples=tf.constant(examples(rows)))
    np.testing.assert_allclose(bare["probability"], whole["probability"], atol=1e-6)


@pytest.mark.parametrize("count", [0, 1, 300])
def test_any_batch(sample: Sample, loaded: tf.Module, count: int) -> None:
    serialized = examples(sample.rows[:count]) if count else []
    out = loaded.signatures["serving_default"](examples=tf.constant(serialized, tf.string))
    assert out["probability"].shape == out["logit"].shape == (count, 1)
    named_inputs = named(sample.rows[:count] if count else sample.rows[:1])
    few = {name: value[:count] for name, value in named_inputs.items()}
    np.testing.assert_allclose(loaded.signatures["predict"](**few)["logit"], out["logit"], atol=1e-3)
    assert loaded.signatures["explain"](**few)["heat_map"].shape == (count, 3, 4)


def test_an_example_of_nothing_gets_a_probability(loaded: tf.Module) -> None:
    out = loaded.signatures["serving_default"](examples=tf.constant([b""]))
    assert 0 < float(out["probability"][0, 0]) < 1


def test_the_named_signatures_are_the_tasks_inputs(sample: Sample, loaded: tf.Module) -> None:
    for name in ("predict", "explain"):
        _, inputs = loaded.signatures[name].structured_input_signature
        assert {key: (spec.dtype, spec.shape.as_list()) for key, spec in inputs.items()} == {
            key: (spec.dtype, spec.shape.as_list()) for key, spec in image_inputs(sample.task).items()
        }
        assert inputs["scan"].dtype == tf.uint8


def test_a_heat_map_lies_on_the_spot(loaded: tf.Module) -> None:
    height, width = SIZE
    down, across = np.mgrid[:height, :width]
    images = spots(np.zeros(2, np.int64), 5)[..., 0].astype(np.float32)
    for image, (y, x) in zip(images, ((12, 10), (36, 22)), strict=True):
        image += 90 * np.exp(-((down - y) ** 2 + (across - x) ** 2) / 18)
    others = {"age": tf.fill([2, 1], float("nan")), "smoker": tf.fill([2, 1], tf.constant(-1, tf.int64))}
    pixels = tf.constant(images.clip(0, 255).astype(np.uint8)[..., np.newaxis])
    heat = loaded.signatures["explain"](scan=pixels, **others)["heat_map"].numpy()
    assert heat.shape == (2, 3, 4) and heat.min() >= 0 and heat.max(axis=(1, 2)).tolist() == [1, 1]
    rows, columns = (np.mgrid[:3, :4] + 0.5) * 16
    for one, (y, x) in zip(heat, ((12, 10), (36, 22)), strict=True):
        assert abs((one * rows).sum() / one.sum() - y) < 14
        assert abs((one * columns).sum() / one.sum() - x) < 14


def test_it_loads_without_galen(trained: Path, tmp_path: Path) -> None:
    code = f"""
import sys, tensorflow as tf, keras
model = tf.saved_model.load({str(trained / "Format-Serving")!r})
out = model.signatures["serving_default"](examples=tf.constant([b""]))
assert 0 < float(out["probability"][0, 0]) < 1
keras.models.load_model({str(trained / "model_run" / "model.keras")!r}, compile=False)
assert not {{"trainers", "transforms", "pipeline_configs"}} & set(sys.modules)
"""
    done = subprocess.run([sys.executable, "-I", "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
