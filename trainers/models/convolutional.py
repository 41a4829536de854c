"""A small residual network for images, which learns from a few hundred of them on a CPU.

Stages halve height and width and widen the channels; each has one residual block (He et al. 2016). Three of them leave
a map of 8 by 8 of an image of 128 by 128, fine enough for a heat map. Batch normalisation (Ioffe and Szegedy 2015)
learnt faster and ranked better than group normalisation on 400 chest X-rays; its averages forget quickly, because there
are few steps in an epoch.

References:
    He K et al. Deep residual learning for image recognition. CVPR 2016.
    Ioffe S, Szegedy C. Batch normalization. ICML 2015.
"""

from collections.abc import Iterator

import keras

from pipeline_configs.training import Training

__all__ = ["small_map"]

STAGES = (1, 2, 4)
"""Channels of each stage, in multiples of the first."""

MOMENTUM = 0.9
"""Share of the averages of batch normalisation that stays from step to step."""

MULTIPLE = 8
"""Channels come in multiples of it, as processors like them."""


def small_map(image: keras.KerasTensor, training: Training, seeds: Iterator[int], policy: str) -> keras.KerasTensor:
    """Returns the last feature map.

    Args:
        image: float32 `[batch, height, width, channels]`.
        training: `hidden_units` / 2 channels in the first stage, rounded up to a multiple of 8; weight decay.
        seeds: For the initial weights.
        policy: Keras' dtype policy.

    Returns:
        `[batch, height / 16, width / 16, filters]`.
    """
    first = MULTIPLE * max(1, -(-training.hidden_units // (2 * MULTIPLE)))
    layers = _Layers(training.l2, seeds, policy)
    x = layers.relu(layers.normalised(layers.convolution(image, first, 5, 2)))
    for stage in STAGES:
        x = _halved(x, first * stage, layers)
    return x


def _halved(x: keras.KerasTensor, filters: int, layers: "_Layers") -> keras.KerasTensor:
    """A residual block that halves height and width; the short cut averages, so that no pixel is passed over."""
    short = keras.layers.AveragePooling2D(2, padding="same", dtype=layers.policy)(x)
    if short.shape[-1] != filters:
        short = layers.convolution(short, filters, 1, 1)
    long = layers.relu(layers.normalised(layers.convolution(x, filters, 3, 2)))
    long = layers.normalised(layers.convolution(long, filters, 3, 1))
    return layers.relu(keras.layers.Add(dtype=layers.policy)([short, long]))


class _Layers:
    """The layers as the network has them."""

    def __init__(self, decay: float, seeds: Iterator[int], policy: str) -> None:
        self.policy, self._seeds, self._decay = policy, seeds, keras.regularizers.L2(decay)

    def convolution(self, x: keras.KerasTensor, filters: int, size: int, step: int) -> keras.KerasTensor:
        return keras.layers.Conv2D(
            filters,
            size,
            step,
            padding="same",
            use_bias=False,
            kernel_initializer=keras.initializers.HeNormal(next(self._seeds)),
            kernel_regularizer=self._decay,
            dtype=self.policy,
        )(x)

    def normalised(self, x: keras.KerasTensor) -> keras.KerasTensor:
        return keras.layers.BatchNormalization(momentum=MOMENTUM, dtype=self.policy)(x)

    def relu(self, x: keras.KerasTensor) -> keras.KerasTensor:
        return keras.layers.ReLU(dtype=self.policy)(x)
