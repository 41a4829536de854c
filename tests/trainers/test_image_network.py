"""The networks for images: shapes, backbones from a local file, what is frozen, what a heat map is made of."""

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipeline_configs.errors import ConfigError
from pipeline_configs.training import Training
from trainers.calibration import Calibrator
from trainers.image.signatures import grad_cam
from trainers.models.backbones import fine_tuned, pretrained
from trainers.models.image_network import calibrated, explainable, image_network, log_loss

NAME = "MobileNetV3Small"
RNG = np.random.default_rng(1)


def training(**image: object) -> Training:
    return Training.model_validate({"hidden_units": 16, "image": image})


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of a real backbone, drawn at random, as a user has them in a file."""
    path = tmp_path_factory.mktemp("weights") / "mobilenet.weights.h5"
    keras.utils.set_random_seed(3)
    keras.applications.MobileNetV3Small(include_top=False, weights=None, input_shape=(32, 32, 3)).save_weights(path)
    return path


def test_the_default_network_is_small_and_starts_at_the_bias() -> None:
    network = image_network((128, 128, 1), 0, Training(), bias=0.7)
    assert network.count_params() < 250_000
    assert explainable(network).output_shape[0] == (None, 8, 8, 64)
    logit = network({"image": np.zeros((2, 128, 128, 1), np.float32)})
    np.testing.assert_allclose(logit, 0.7, atol=0.2)


def test_the_arithmetic_may_be_mixed_and_the_logit_never_is() -> None:
    network = image_network((32, 32, 1), 2, Training(), policy="mixed_float16")
    logit = network({"image": np.ones((1, 32, 32, 1), np.float32), "features": np.zeros((1, 2), np.float32)})
    assert keras.backend.standardize_dtype(logit.dtype) == "float32"
    assert all(keras.backend.standardize_dtype(weight.dtype) == "float32" for weight in network.weights)
    assert any(layer.compute_dtype == "float16" for layer in network.layers)


def test_the_same_seed_draws_the_same_weights() -> None:
    first, second, other = (image_network((32, 32, 1), 0, Training(seed=seed)).get_weights()[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, second)
    assert np.abs(first - other).max() > 0


def test_other_features_reach_the_logit() -> None:
    network = image_network((32, 32, 3), 2, Training())
    image = np.zeros((1, 32, 32, 3), np.float32)
    one, two = (network({"image": image, "features": np.array([row], np.float32)}) for row in ([0, 0], [3, -2]))
    assert float(one[0, 0]) != float(two[0, 0])


def test_calibration_is_a_line_on_the_logit_and_does_not_learn() -> None:
    network = image_network((32, 32, 1), 0, Training())
    model = calibrated(network, Calibrator(2.0, -0.5, "platt", 1, 1))
    images = RNG.normal(size=(5, 32, 32, 1)).astype(np.float32)
    logit = np.asarray(network({"image": images}))
    np.testing.assert_allclose(model({"image": images})["probability"], 1 / (1 + np.exp(0.5 - 2 * logit)), atol=1e-6)
    assert not model.get_layer("calibrator").trainable_weights


def test_log_loss_is_that_of_the_probability() -> None:
    logit, label = RNG.normal(size=(9, 1)).astype("f"), (np.arange(9) % 2)[:, np.newaxis].astype("f")
    expected = keras.losses.binary_crossentropy(label, logit, from_logits=True)
    np.testing.assert_allclose(log_loss(label, logit), expected, atol=1e-6)


def test_grad_cam_of_a_mean_and_a_line_is_the_class_activation_map() -> None:
    network = image_network((48, 32, 1), 0, Training())
    inner = explainable(network)
    images = tf.constant(RNG.normal(size=(4, 48, 32, 1)).astype(np.float32))
    found, _ = inner({"image": images})
    line = network.get_layer("logit").get_weights()[0][:, 0]
    expected = np.maximum(np.asarray(found) @ line, 0)
    expected /= np.maximum(expected.max(axis=(1, 2), keepdims=True), 1e-12)
    np.testing.assert_allclose(grad_cam(inner, {"image": images}), expected, atol=1e-4)


def test_a_backbone_takes_its_weights_from_a_file_and_is_frozen(weights: Path) -> None:
    network = image_network((32, 48, 1), 0, training(backbone=NAME, weights=str(weights)), (-1.0, 2.0))
    again = keras.applications.MobileNetV3Small(include_top=False, weights=None, input_shape=(32, 48, 3))
    again.load_weights(weights)
    backbone = pretrained(network)
    assert backbone is not None
    for mine, kept in zip(backbone.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, kept)
    assert {weight.path.split("/")[0] for weight in network.trainable_weights} == {"logit"}
    pixels = RNG.integers(0, 256, (2, 32, 48, 1)).astype(np.float32)
    found, _ = explainable(network)({"image": pixels / 255 * 3 - 1})
    np.testing.assert_allclose(found, again(np.repeat(pixels, 3, axis=3), training=False), atol=1e-3)


def test_fine_tuning_moves_the_upper_layers_and_leaves_the_statistics_alone(weights: Path) -> None:
    network = image_network((32, 32, 1), 0, training(backbone=NAME, weights=str(weights)))
    backbone = pretrained(network)
    assert backbone is not None
    assert fine_tuned(backbone, 0.3) > 0
    before = {weight.path: np.array(weight) for weight in backbone.weights}
    network.compile(keras.optimizers.SGD(0.1), loss=log_loss)
    images = RNG.normal(size=(8, 32, 32, 1)).astype(np.float32)
    network.fit({"image": images}, (np.arange(8) % 2)[:, np.newaxis], epochs=2, verbose=0)
    moved = {weight.path for weight in backbone.weights if np.any(before[weight.path] != np.array(weight))}
    assert moved
    assert not any("moving_" in path or "gamma" in path or "beta" in path for path in moved)
    first = next(layer for layer in backbone.layers if layer.weights)
    assert not any(weight.path in moved for weight in first.weights)


@pytest.mark.parametrize("name", ["DenseNet121", "ResNet50V2"])
def test_backbones_without_a_scale_of_their_own_get_that_of_keras(name: str) -> None:
    module = {"DenseNet121": keras.applications.densenet, "ResNet50V2": keras.applications.resnet_v2}[name]
    network = image_network((32, 32, 3), 0, training(backbone=name), (-2.0, 1.5))
    pixels = RNG.integers(0, 256, (2, 32, 32, 3)).astype(np.float32)
    inner = keras.Model(network.input, network.get_layer("backbone_scale").output)
    got = inner({"image": pixels / 255 * 3.5 - 2.0})
    np.testing.assert_allclose(got, module.preprocess_input(pixels.copy()), atol=1e-4)
    assert pretrained(network) is None


def test_a_missing_a_wrong_and_a_broken_file_of_weights_say_what_is_expected(weights: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.weights.h5"
    broken.write_bytes(b"no weights")
    other = tmp_path / "other.keras"
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save(other)
    for path, words in ((tmp_path / "none.h5", "there is no such file"), (broken, "do not fit"), (other, "do not fit")):
        with pytest.raises(ConfigError, match=words) as error:
            image_network((32, 32, 1), 0, training(backbone=NAME, weights=str(path)))
        assert f"keras.applications.{NAME} without its classifier" in str(error.value)
    with pytest.raises(ConfigError, match="do not fit the backbone"):
        image_network((32, 32, 1), 0, training(backbone="ResNet50V2", weights=str(weights)))


def test_an_image_smaller_than_a_backbone_takes_is_a_configuration_error() -> None:
    with pytest.raises(ConfigError, match="too small for ResNet50V2"):
        image_network((16, 64, 1), 0, training(backbone="ResNet50V2"))
