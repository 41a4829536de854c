"""Pure tensor functions of the records transform, from raw values to centred columns.

They hold no state and need no analyzer, so that they are tested eagerly. Throughout, NaN in a float32 tensor means "not
known"; it counts for no mean and becomes 0, the average patient, once a column is centred.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from pipeline_configs.feature import Feature, Numeric
from transforms.layout import Layout

__all__ = [
    "MISSING",
    "analysed_columns",
    "bucket_columns",
    "categories",
    "centred",
    "clean_inputs",
    "dense",
    "flags",
    "ids",
    "numbers",
]

MISSING: Mapping[str, Any] = {"numeric": float("nan"), "categorical": "", "flag": -1, "image": "", "text": ""}
"""What stands for a missing value in a dense tensor, by the feature's kind."""

NARROW = 1e-5
"""A column whose standard deviation is less than this share of its mean is constant: float32 holds seven digits, and
the variance of a constant is then rounding error that must not be divided by."""


def dense(value: tf.Tensor | tf.SparseTensor, missing: float | int | str) -> tf.Tensor:
    """Makes one value per row of an optional feature.

    Args:
        value: SparseTensor of shape `[batch, at most 1]`, or a tensor of shape `[batch]` or `[batch, 1]`.
        missing: What stands for an absent value.

    Returns:
        Tensor of shape `[batch]` and the dtype of `value`.

    Raises:
        tf.errors.InvalidArgumentError: A row has more than one value.
    """
    if isinstance(value, tf.SparseTensor):
        shape = tf.stack([value.dense_shape[0], tf.constant(1, tf.int64)])
        value = tf.sparse.to_dense(tf.SparseTensor(value.indices, value.values, shape), missing)
    return tf.reshape(value, [-1])


def clean_inputs(inputs: Mapping[str, Any], features: Mapping[str, Feature]) -> dict[str, tf.Tensor]:
    """Makes the model's inputs dense: NaN, "" or -1 where missing.

    Args:
        inputs: Raw features by name, as TensorFlow Transform or a parsed request gives them; others are ignored.
        features: The features that the model sees.

    Returns:
        By name, float32, string or int64 of shape `[batch]`.
    """
    return {name: dense(inputs[name], MISSING[feature.kind]) for name, feature in features.items()}


def numbers(values: Sequence[tf.Tensor], features: Sequence[Numeric]) -> tf.Tensor:
    """Brings numeric features into their plausible range and takes logarithms where the task says so.

    A value outside the range is set to the nearer end. Ingest never lets one through, so that this acts at serving
    only: a value just outside stays extreme, in its own direction, and a wild one cannot throw the model. Infinity is
    not known.

    Args:
        values: One float32 tensor of shape `[batch]` a feature, NaN where missing.
        features: Their declarations; at least one.

    Returns:
        float32 of shape `[batch, features]`, in the feature's unit or log(1 + unit), NaN where missing.
    """
    x = tf.stack([tf.cast(value, tf.float32) for value in values], axis=1)
    low = tf.constant([f.range[0] for f in features], tf.float32)
    high = tf.constant([f.range[1] for f in features], tf.float32)
    x = tf.where(tf.math.is_finite(x), tf.clip_by_value(x, low, high), float("nan"))
    log = [f.transform == "log_zscore" for f in features]
    return tf.where(tf.constant(log), tf.math.log1p(x), x) if any(log) else x


def flags(values: Sequence[tf.Tensor]) -> tf.Tensor:
    """Turns flags into numbers.

    Args:
        values: One int64 tensor of shape `[batch]` a flag; 0, 1, anything else is missing.

    Returns:
        float32 of shape `[batch, flags]`: 0, 1, NaN where missing.
    """
    x = tf.stack(values, axis=1)
    return tf.where((x == 0) | (x == 1), tf.cast(x, tf.float32), float("nan"))


def categories(value: tf.Tensor, declared: Sequence[str]) -> tf.Tensor:
    """One-hot encodes a categorical feature with declared values.

    Args:
        value: string of shape `[batch]`, "" where missing.
        declared: The values that may occur.

    Returns:
        float32 of shape `[batch, values + 1]`. The last column says "other": a value that is not declared. A row with a
        missing or other value is NaN in the columns before it.
    """
    hit = value[:, tf.newaxis] == tf.constant(list(declared), tf.string)
    known = tf.reduce_any(hit, axis=1, keepdims=True)
    one_hot = tf.where(known, tf.cast(hit, tf.float32), float("nan"))
    other = ~known & (value != "")[:, tf.newaxis]
    return tf.concat([one_hot, tf.cast(other, tf.float32)], axis=1)


def analysed_columns(values: Mapping[str, tf.Tensor], layout: Layout) -> tf.Tensor:
    """Makes the columns whose mean and variance the training split gives.

    Args:
        values: The model's inputs from `clean_inputs`.
        layout: The order of the columns.

    Returns:
        float32 of shape `[batch, len(layout.analysed)]`, NaN where not known.
    """
    blocks, missing = [], []
    if layout.numbers:
        blocks.append(numbers([values[name] for name in layout.numbers], list(layout.numbers.values())))
        missing.append(tf.math.is_nan(blocks[-1]))
    if layout.flags:
        blocks.append(flags([values[name] for name in layout.flags]))
        missing.append(tf.math.is_nan(blocks[-1]))
    for name, declared in layout.categories.items():
        blocks.append(categories(values[name], declared))
        missing.append((values[name] == "")[:, tf.newaxis])
    if layout.buckets:
        missing.append(~tf.math.is_finite(tf.stack([values[name] for name in layout.buckets], axis=1)))
    return tf.concat([*blocks, *(tf.cast(m, tf.float32) for m in missing)], axis=1)


def centred(x: tf.Tensor, mean: tf.Tensor, variance: tf.Tensor, numeric: int) -> tf.Tensor:
    """Subtracts the mean, scales numeric columns to variance 1, and silences columns that never varied.

    A column that was constant in the training split (a flag for "missing" that was never set, a category that never
    occurred) teaches the model nothing, and the weights that it meets stay as they were drawn. It is 0 for ever, so
    that the first patient who differs is not judged by chance.

    Args:
        x: float32 of shape `[batch, columns]`, NaN where not known.
        mean: float32 of shape `[columns]`; NaN for a column without any value.
        variance: float32 of shape `[columns]`; NaN for a column without any value.
        numeric: The first so many columns are scaled; the others are 0 or 1 and only centred, since scaling would make
            a rare flag a very large number.

    Returns:
        float32 of shape `[batch, columns]`, finite; 0 where not known or constant.
    """
    deviation = tf.sqrt(variance)
    varies = tf.math.is_finite(deviation) & (deviation > NARROW * tf.abs(mean)) & (deviation > 1e-30)
    binary = tf.range(tf.shape(x)[1]) >= numeric
    divisor = tf.where(binary | ~varies, 1.0, deviation)
    z = (x - mean) / divisor
    return tf.where(varies & tf.math.is_finite(z), z, 0.0)


def bucket_columns(x: tf.Tensor, boundaries: tf.Tensor, count: int) -> tf.Tensor:
    """One-hot encodes quantile buckets, centred: each holds the same share of the training split.

    Args:
        x: float32 of shape `[batch, features]`, NaN where missing.
        boundaries: float32 of shape `[features, count - 1]`, rising in each row.
        count: Number of buckets.

    Returns:
        float32 of shape `[batch, features * count]`; a row of zeros for a missing value.
    """
    index = tf.reduce_sum(tf.cast(x[:, :, tf.newaxis] >= boundaries, tf.int32), axis=2)
    one_hot = tf.one_hot(index, count) - 1.0 / count
    known = tf.math.is_finite(x)[:, :, tf.newaxis]
    return tf.reshape(tf.where(known, one_hot, 0.0), [-1, x.shape[1] * count])


def ids(value: tf.Tensor, place: tf.Tensor) -> tf.Tensor:
    """Turns places in a vocabulary into ids.

    Args:
        value: string of shape `[batch]`, "" where missing.
        place: int64 of shape `[batch]`, -1 where the vocabulary does not have the value.

    Returns:
        float32 of shape `[batch, 1]`: 0 missing, 1 other, from 2 on the place in the vocabulary.
    """
    known = tf.where(place < 0, tf.ones_like(place), place + 2)
    return tf.cast(tf.where(value == "", tf.zeros_like(place), known), tf.float32)[:, tf.newaxis]
