"""Networks of keras.applications as the first part of the image model, with weights from a local file only.

Each is given pixels in its own scale: what the transform graph normalised is taken back to 0 to 255 first. Grey becomes
three equal channels, as in the pictures that the weights were learnt on.

References:
    Huang G et al. Densely connected convolutional networks. CVPR 2017. (DenseNet121)
    Tan M, Le QV. EfficientNetV2. ICML 2021.
    Howard A et al. Searching for MobileNetV3. ICCV 2019.
    He K et al. Identity mappings in deep residual networks. ECCV 2016. (ResNet50V2)
    Liu Z et al. A ConvNet for the 2020s. CVPR 2022. (ConvNeXtTiny)
"""

import warnings
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np

from pipeline_configs.errors import ConfigError, Problem

__all__ = ["SMALLEST_SIDE", "backbone_map", "fine_tuned", "load_weights", "pretrained"]

SMALLEST_SIDE = 32
"""Of an image that a backbone halves five times."""

_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_SCALES: dict[str, tuple[Sequence[float], Sequence[float]]] = {
    "DenseNet121": (
        [1 / (255 * deviation) for deviation in _DEVIATION],
        [-mean / deviation for mean, deviation in zip(_MEAN, _DEVIATION, strict=True)],
    ),
    "ResNet50V2": ([1 / 127.5] * 3, [-1.0] * 3),
}
"""Factor and offset from 0..255 to what a backbone was trained on; the others scale by themselves."""


def backbone_map(
    image: keras.KerasTensor, name: str, levels: tuple[float, float], weights: str, policy: str
) -> keras.KerasTensor:
    """Returns a backbone's last feature map.

    Args:
        image: float32 `[batch, height, width, channels]`, normalised by the transform graph.
        name: Which backbone, by its name in keras.applications.
        levels: What black and white are in the normalised image.
        weights: Local file; drawn at random where it is "".
        policy: Keras' dtype policy.

    Returns:
        `[batch, height / 32, width / 32, filters]`.

    Raises:
        ConfigError: The weights cannot be read or do not fit, or the image is smaller than 32 by 32.
    """
    height, width, channels = image.shape[1:]
    if min(height, width) < SMALLEST_SIDE:
        expected = f"at least {SMALLEST_SIDE} by {SMALLEST_SIDE}"
        raise ConfigError(
            Problem(f"images are too small for {name}", "training.image.backbone", expected, f"{height} by {width}")
        )
    black, white = levels
    x = keras.layers.Rescaling(255 / (white - black), -255 * black / (white - black), name="levels")(image)
    if channels == 1:
        x = keras.layers.Concatenate(name="rgb")([x, x, x])
    if name in _SCALES:
        factor, offset = _SCALES[name]
        x = keras.layers.Rescaling(list(factor), list(offset), name="backbone_scale")(x)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        backbone = getattr(keras.applications, name)(include_top=False, weights=None, input_shape=(height, width, 3))
    finally:
        keras.config.set_dtype_policy(before)
    backbone.name = "backbone"
    if not weights:
        return backbone(x)
    load_weights(backbone, name, weights)
    backbone.trainable = False
    # Statistics of batch normalisation stay those of the file, in fine-tuning too.
    return backbone(x, training=False)


def load_weights(backbone: keras.Model, name: str, path: str) -> None:
    """Reads a backbone's weights.

    Args:
        backbone: The network, without its classifier.
        name: Which it is, for messages.
        path: Local .weights.h5 or .h5 file of weights, or a .keras file of the whole network.

    Raises:
        ConfigError: There is no such file, or it holds something else.
    """
    where = "training.image.weights"
    expected = f"weights of keras.applications.{name} without its classifier, as .weights.h5, .h5 or .keras"
    if not Path(path).is_file():
        fix = "copy the file to this machine; nothing is downloaded"
        raise ConfigError(Problem("there is no such file", where, expected, path, fix))
    drawn = [np.array(weight) for weight in backbone.weights]
    found = ""
    try:
        with warnings.catch_warnings():
            # Keras only warns of layers that it does not find in the file; they are counted below.
            warnings.simplefilter("ignore")
            if path.endswith(".keras"):
                backbone.set_weights(keras.models.load_model(path, compile=False).get_weights())
            else:
                backbone.load_weights(path)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        found = type(error).__name__
    left = sum(w.ndim > 1 and np.array_equal(w, now) for w, now in zip(drawn, backbone.get_weights(), strict=True))
    if found or left:
        found = f"{path} ({found or f'nothing for {left} kernels'})"
        raise ConfigError(Problem("the weights do not fit the backbone", where, expected, found))


def pretrained(network: keras.Model) -> keras.Model | None:
    """Returns the backbone of a network where it has weights from a file and is frozen, else None."""
    layer = next((layer for layer in network.layers if layer.name == "backbone"), None)
    return layer if layer is not None and not layer.trainable else None


def fine_tuned(backbone: keras.Model, share: float) -> int:
    """Lets the upper layers of a frozen backbone learn; batch normalisation stays as it is.

    Args:
        backbone: From `pretrained`.
        share: Share of its layers, from the top.

    Returns:
        The number of weights that learn from now on.
    """
    backbone.trainable = True
    frozen = len(backbone.layers) - round(share * len(backbone.layers))
    for place, layer in enumerate(backbone.layers):
        layer.trainable = place >= frozen and not isinstance(layer, keras.layers.BatchNormalization)
    return int(sum(weight.shape.num_elements() or 0 for weight in backbone.trainable_weights))
