"""The vector of features of one value each, with what the training split says about them."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf
import tensorflow_transform as tft

from transforms.layout import Layout
from transforms.tensors import analysed_columns, bucket_columns, centred, clean_inputs, ids, numbers

__all__ = ["RARE", "vector"]

QUANTILE_ERROR = 0.005
"""Largest error of a quantile boundary, as a share of rows; a bucket is a tenth of them by default."""

RARE = 5
"""Values of an undeclared vocabulary with fewer rows count as "other": there is nothing to learn from them, "other"
learns from them, and a rare text may point at a person."""


def vector(inputs: Mapping[str, Any], layout: Layout, prefix: str = "") -> tf.Tensor:
    """Turns raw features into one vector; called within a preprocessing_fn.

    Args:
        inputs: Raw features by name, of shape `[batch, at most 1]`: float32, string or int64.
        layout: The features and the order of their columns.
        prefix: Before the name of each learnt vocabulary, so that two vectors of a task may hold the same feature.

    Returns:
        float32 of shape `[batch, layout.width]`, always finite.
    """
    values = clean_inputs(inputs, layout.inputs)
    blocks = []
    if layout.analysed:
        columns = analysed_columns(values, layout)
        mean, variance = tft.mean(columns, reduce_instance_dims=False), tft.var(columns, reduce_instance_dims=False)
        blocks.append(centred(columns, mean, variance, numeric=len(layout.numbers)))
    for name, feature in layout.buckets.items():
        x = numbers([values[name]], [feature])
        boundaries = tft.quantiles(x, feature.buckets, QUANTILE_ERROR, reduce_instance_dims=False)
        blocks.append(bucket_columns(x, boundaries, feature.buckets))
    for name, category in layout.ids.items():
        vocabulary = {
            "top_k": category.max_vocabulary,
            "frequency_threshold": RARE,
            "vocab_filename": f"{prefix}{name}",
        }
        blocks.append(ids(values[name], tft.compute_and_apply_vocabulary(values[name], default_value=-1, **vocabulary)))
    return tf.ensure_shape(tf.concat(blocks, axis=1), [None, layout.width])
