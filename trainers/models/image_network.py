"""The network of a task on images: a feature map, its means, other features beside them, one logit.

Only Keras' own layers are used, so that `model.keras` loads without Galen.
"""

from itertools import count

import keras
import numpy as np

from pipeline_configs.training import Training
from trainers.calibration import Calibrator
from trainers.models.backbones import backbone_map
from trainers.models.convolutional import small_map
from transforms.image_views import IMAGE
from transforms.layout import FEATURES

__all__ = ["NAME", "calibrated", "explainable", "image_network", "log_loss"]

NAME = "ensemble"
"""Name of the network within model.keras, by which a warm start finds it; here it has one member."""

MAP = "feature_map"


def image_network(
    shape: tuple[int, int, int],
    width: int,
    training: Training,
    levels: tuple[float, float] = (0.0, 1.0),
    bias: float = 0.0,
    policy: str = "float32",
) -> keras.Model:
    """Builds the network, untrained but for a backbone's weights.

    Args:
        shape: Height, width and channels of the image.
        width: Columns of the other features that the model sees; 0 without any.
        training: Hyperparameters.
        levels: What black and white are in the normalised image.
        bias: Where the logit starts: the log odds of the training split as it is weighted.
        policy: Keras' dtype policy, "float32" or "mixed_float16"; the logit is float32 in any case.

    Returns:
        Model from {"image": float32 `[batch, *shape]`} and, where `width` is not 0, "features" float32
        `[batch, width]`, to the logit, float32 `[batch, 1]`.

    Raises:
        ConfigError: A backbone's weights cannot be read or do not fit.
    """
    seeds, image = count(training.seed), training.image
    inputs = _inputs(shape, width)
    if image.backbone == "small":
        found = small_map(inputs[IMAGE], training, seeds, policy)
    else:
        found = backbone_map(inputs[IMAGE], image.backbone, levels, image.weights, policy)
    found = keras.layers.Activation("linear", dtype="float32", name=MAP)(found)
    x = keras.layers.GlobalAveragePooling2D(dtype="float32", name="means")(found)
    x = keras.layers.Dropout(training.dropout, seed=next(seeds), dtype="float32", name="dropout")(x)
    if width:
        x = keras.layers.Concatenate(dtype="float32", name="with_features")([x, inputs[FEATURES]])
    logit = keras.layers.Dense(
        1,
        kernel_initializer=keras.initializers.RandomNormal(stddev=0.01, seed=next(seeds)),
        bias_initializer=keras.initializers.Constant(bias),
        kernel_regularizer=keras.regularizers.L2(training.l2),
        dtype="float32",
        name="logit",
    )(x)
    return keras.Model(inputs, logit, name=NAME)


def calibrated(network: keras.Model, calibrator: Calibrator) -> keras.Model:
    """Joins a trained network and its calibrator into the model that is saved and served.

    Args:
        network: From `image_network`, with the policy "float32".
        calibrator: Fitted on its logits.

    Returns:
        Model from the network's inputs to {"probability", "logit"}, both float32 `[batch, 1]`:
        `probability = sigmoid(slope * logit + intercept)`.
    """
    inputs = {name: keras.Input(tensor.shape[1:], name=name, dtype="float32") for name, tensor in network.input.items()}
    logit = network(inputs, training=False)
    line = keras.layers.Dense(1, activation="sigmoid", trainable=False, name="calibrator")
    model = keras.Model(inputs, {"probability": line(logit), "logit": logit}, name="calibrated_network")
    line.set_weights([np.array([[calibrator.slope]]), np.array([calibrator.intercept])])
    return model


def explainable(network: keras.Model) -> keras.Model:
    """Returns the network with two outputs: its last feature map `[batch, h, w, filters]`, and the logit."""
    return keras.Model(network.input, [network.get_layer(MAP).output, network.output])


def log_loss(label: keras.KerasTensor, logit: keras.KerasTensor) -> keras.KerasTensor:
    """Log loss of a logit.

    Args:
        label: float32 `[batch, 1]`, 0 or 1.
        logit: float32 `[batch, 1]`.

    Returns:
        float32 `[batch]`, in nats.
    """
    return keras.ops.mean(keras.ops.softplus(logit) - label * logit, axis=-1)


def _inputs(shape: tuple[int, int, int], width: int) -> dict[str, keras.KerasTensor]:
    inputs = {IMAGE: keras.Input(shape, name=IMAGE, dtype="float32")}
    if width:
        inputs[FEATURES] = keras.Input((width,), name=FEATURES, dtype="float32")
    return inputs
