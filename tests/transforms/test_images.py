"""transforms.images: the graph that Beam makes of the sample task, held against NumPy on the same rows."""

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
import tensorflow_transform as tft

from tests.samples.files import Sample, examples
from tests.samples.images import SIZE, image_sample
from trainers.input_fn import input_spec
from transforms.image_views import IMAGE, THUMBNAIL
from transforms.layout import ACQUISITION, FEATURES, Layout


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return image_sample(tmp_path_factory.getbasetemp())


def views(sample: Sample, rows: pd.DataFrame, served: bool = False) -> dict[str, np.ndarray]:
    features = {**sample.task.inputs, **({} if served else sample.task.probed)}
    raw = tf.io.parse_example(tf.constant(examples(rows), tf.string), input_spec(features))
    found = tft.TFTransformOutput(sample.graph).transform_features_layer()(raw)
    return {name: view.numpy() for name, view in found.items()}


def test_the_views_and_their_shapes(sample: Sample) -> None:
    spec = tft.TFTransformOutput(sample.graph).transformed_feature_spec()
    assert {name: (view.dtype, list(view.shape)) for name, view in spec.items()} == {
        IMAGE: (tf.float32, [*SIZE, 1]),
        THUMBNAIL: (tf.float32, [256]),
        FEATURES: (tf.float32, [Layout(sample.task.input_values).width]),
        ACQUISITION: (tf.float32, [Layout(sample.task.probed).width]),
    }


def test_the_image_is_scaled_by_mean_and_variance_of_the_training_split(sample: Sample) -> None:
    train, rows = sample.split("train"), sample.split("eval").iloc[:8]
    pixels = np.stack([np.frombuffer(content, np.uint8) for content in train["scan"]]).astype(np.float64)
    given = np.stack([np.frombuffer(content, np.uint8) for content in rows["scan"]]).reshape(8, *SIZE, 1)
    got = views(sample, rows)
    np.testing.assert_allclose(got[IMAGE], (given - pixels.mean()) / pixels.std(), atol=1e-3)
    means = got[IMAGE].reshape(8, 16, SIZE[0] // 16, 16, SIZE[1] // 16).mean(axis=(2, 4)).reshape(8, 256)
    np.testing.assert_allclose(got[THUMBNAIL], means, atol=1e-5)


def test_acquisition_and_features_hold_what_the_layouts_say(sample: Sample) -> None:
    rows = sample.split("eval").iloc[:20]
    got = views(sample, rows)
    age = dict(zip(Layout(sample.task.input_values).names, got[FEATURES].T, strict=True))["age"]
    train = sample.split("train")["age"]
    np.testing.assert_allclose(age, ((rows["age"] - train.mean()) / train.std(ddof=0)).fillna(0), atol=1e-4)
    device = dict(zip(Layout(sample.task.probed).names, got[ACQUISITION].T, strict=True))["device id"]
    assert len(set(device[rows["device"] == "Alpha"])) == 1
    assert set(device[rows["device"] == "Alpha"]).isdisjoint(device[rows["device"] == "Beta"])


def test_what_the_model_does_not_see_is_not_needed_when_it_serves(sample: Sample) -> None:
    rows = sample.split("eval").iloc[:4]
    served = views(sample, rows, served=True)
    assert ACQUISITION not in served
    np.testing.assert_array_equal(served[IMAGE], views(sample, rows)[IMAGE])


def test_an_empty_example_is_the_average_grey(sample: Sample) -> None:
    raw = tf.io.parse_example(tf.constant([b""]), input_spec(sample.task.inputs))
    got = tft.TFTransformOutput(sample.graph).transform_features_layer()(raw)
    assert np.all(got[IMAGE].numpy() == 0) and np.all(got[THUMBNAIL].numpy() == 0)
    assert np.all(np.isfinite(got[FEATURES]))


def test_the_graph_refuses_an_image_of_another_size(sample: Sample) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError):
        views(sample, sample.rows.iloc[:1].assign(scan=[b"\x01" * 7]))
