"""Random changes of training images: rotation, shift, scale, mirroring, contrast and brightness.

They are applied to batches between reading and training, never in the network, so that what is exported knows nothing
of them. Position, size and angle are changed in one resampling.
"""

import math

import tensorflow as tf

from pipeline_configs.image_training import Augmentation
from trainers.datasets import CALLS, fixed
from transforms.image_views import IMAGE

__all__ = ["augmented", "changed"]

_DRAWS = 7
"""Random numbers an image takes."""


def augmented(batches: tf.data.Dataset, augmentation: Augmentation, seed: int) -> tf.data.Dataset:
    """Changes the images of a dataset, anew in each epoch and the same way for the same seed.

    Args:
        batches: ({view: tensor}, label, weight), with the view `image`.
        augmentation: The largest changes.
        seed: Of the random numbers.
    """
    seeds = tf.data.Dataset.random(seed, rerandomize_each_iteration=True).batch(2, drop_remainder=True)

    @tf.autograph.experimental.do_not_convert
    def change(batch: tuple[dict[str, tf.Tensor], ...], drawn: tf.Tensor) -> tuple[dict[str, tf.Tensor], ...]:
        views, *rest = batch
        return ({**views, IMAGE: changed(views[IMAGE], augmentation, drawn)}, *rest)

    pairs = tf.data.Dataset.zip(batches, seeds).map(change, num_parallel_calls=CALLS)
    return fixed(pairs.prefetch(2))


def changed(images: tf.Tensor, augmentation: Augmentation, seed: tf.Tensor) -> tf.Tensor:
    """Changes each image of a batch by its own random numbers.

    Args:
        images: float32 `[batch, height, width, channels]`, normalised.
        augmentation: The largest changes; brightness in standard deviations of the training split's pixels.
        seed: int64 `[2]`.

    Returns:
        float32 of the same shape. What comes in from beyond an edge repeats the edge.
    """
    shape = tf.shape(images)
    height, width = tf.cast(shape[1], tf.float32), tf.cast(shape[2], tf.float32)
    drawn = tf.unstack(tf.random.stateless_uniform([_DRAWS, shape[0]], seed, -1.0, 1.0))
    angle = drawn[0] * (augmentation.rotation * math.pi / 180)
    scale = 1.0 + drawn[1] * augmentation.zoom
    mirror = tf.where(drawn[2] > 0, -1.0, 1.0) if augmentation.flip else tf.ones_like(angle)
    cos, sin = tf.cos(angle) * scale, tf.sin(angle) * scale
    across, down = (width - 1) / 2, (height - 1) / 2
    # From a place in the new image to one in the old, both measured from the middle.
    rows = [cos * mirror, -sin, tf.zeros_like(cos), sin * mirror, cos, tf.zeros_like(cos)]
    rows[2] = across - rows[0] * across - rows[1] * down + drawn[3] * augmentation.shift * width
    rows[5] = down - rows[3] * across - rows[4] * down + drawn[4] * augmentation.shift * height
    moved = tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=tf.stack([*rows, tf.zeros_like(cos), tf.zeros_like(cos)], axis=1),
        output_shape=shape[1:3],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="NEAREST",
    )
    each = [shape[0], 1, 1, 1]
    contrast = tf.reshape(1.0 + drawn[5] * augmentation.contrast, each)
    brightness = tf.reshape(drawn[6] * augmentation.brightness, each)
    mean = tf.reduce_mean(moved, axis=[1, 2, 3], keepdims=True)
    return tf.ensure_shape((moved - mean) * contrast + mean + brightness, images.shape)
