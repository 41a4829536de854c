"""Pure tensor functions from stored pixels to what models see.

They hold no state and need no analyzer, so that they are tested eagerly. NaN in a statistic of an image means that
there is no image; it counts for no mean.
"""

from collections.abc import Sequence

import tensorflow as tf

__all__ = ["decoded", "moments", "scaled", "thumbnails"]

FLAT = 1e-4
"""Pixels that all lie within a fortieth of a grey level have nothing to divide by."""


def decoded(content: tf.Tensor, shape: Sequence[int]) -> tf.Tensor:
    """Turns stored bytes into pixels.

    Args:
        content: string `[batch]`, `height * width * channels` unsigned bytes row by row; "" where there is no image.
        shape: Height, width and channels.

    Returns:
        float32 `[batch, height, width, channels]` from 0, black, to 1, white; 0 where there is no image.

    Raises:
        tf.errors.InvalidArgumentError: An image has another number of bytes.
    """
    height, width, channels = shape
    size, length = height * width * channels, tf.strings.length(content)
    right = tf.debugging.Assert(
        tf.reduce_all((length == size) | (length == 0)), [f"an image has other than {size} bytes"]
    )
    # In a tf.function the assertion is an operation that the pixels have to wait for; eagerly it has already been made.
    with tf.control_dependencies([] if right is None else [right]):
        content = tf.identity(content)
    pixels = tf.io.decode_raw(content, tf.uint8, fixed_length=size)
    return tf.cast(tf.reshape(pixels, [-1, height, width, channels]), tf.float32) / 255.0


def moments(pixels: tf.Tensor, present: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns each image's mean and mean square, whose means over images give mean and variance of all pixels.

    Args:
        pixels: float32 `[batch, height, width, channels]`.
        present: bool `[batch]`, whether there is an image.

    Returns:
        Two float32 tensors `[batch, 1]`, NaN where there is no image.
    """
    mean = tf.reduce_mean(pixels, axis=[1, 2, 3])
    square = tf.reduce_mean(tf.square(pixels), axis=[1, 2, 3])
    return tuple(tf.where(present, value, float("nan"))[:, tf.newaxis] for value in (mean, square))


def scaled(pixels: tf.Tensor, present: tf.Tensor, mean: tf.Tensor, square: tf.Tensor) -> tf.Tensor:
    """Brings pixels to mean 0 and variance 1 over the training split.

    Args:
        pixels: float32 `[batch, height, width, channels]`.
        present: bool `[batch]`, whether there is an image.
        mean: float32 scalar, mean of the training split's pixels; NaN without any.
        square: float32 scalar, their mean square.

    Returns:
        float32 of the shape of `pixels`, finite; 0, the average grey, where there is no image.
    """
    deviation = tf.sqrt(tf.maximum(square - tf.square(mean), 0.0))
    known = tf.math.is_finite(deviation)
    mean, deviation = tf.where(known, mean, 0.0), tf.where(known & (deviation > FLAT), deviation, 1.0)
    return tf.where(present[:, tf.newaxis, tf.newaxis, tf.newaxis], (pixels - mean) / deviation, 0.0)


def thumbnails(images: tf.Tensor, side: int) -> tf.Tensor:
    """Shrinks images to grey means of equal areas.

    Args:
        images: float32 `[batch, height, width, channels]`.
        side: Height and width of the result.

    Returns:
        float32 `[batch, side * side]`, row by row.
    """
    grey = tf.reduce_mean(images, axis=3, keepdims=True)
    return tf.reshape(tf.image.resize(grey, [side, side], method="area"), [-1, side * side])
