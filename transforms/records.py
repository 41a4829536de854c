"""Preprocessing of records: one graph for training and for serving, named by the pipeline's Transform node."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf
import tensorflow_transform as tft

from pipeline_configs.task import Task
from transforms.layout import FEATURES, Layout
from transforms.tensors import analysed_columns, bucket_columns, centred, clean_inputs, ids, numbers

__all__ = ["preprocessing_fn"]

QUANTILE_ERROR = 0.005
"""Largest error of a quantile boundary, as a share of rows; a bucket is a tenth of them by default."""

RARE = 5
"""Values of an undeclared vocabulary with fewer rows count as "other": there is nothing to learn from them, "other"
learns from them, and a rare text may point at a person."""


def preprocessing_fn(inputs: Mapping[str, Any], custom_config: Mapping[str, Any]) -> dict[str, tf.Tensor]:
    """Turns raw features into one vector.

    Args:
        inputs: Raw features by name, of shape `[batch, at most 1]`: float32, string or int64.
        custom_config: {"task": JSON of the task, with at least its features and label}.

    Returns:
        {"features": float32 of shape `[batch, Layout(task.inputs).width]`}, always finite.
    """
    layout = Layout(Task.model_validate_json(custom_config["task"]).inputs)
    values = clean_inputs(inputs, layout.inputs)
    columns = analysed_columns(values, layout)
    mean, variance = tft.mean(columns, reduce_instance_dims=False), tft.var(columns, reduce_instance_dims=False)
    blocks = [centred(columns, mean, variance, numeric=len(layout.numbers))]
    for name, feature in layout.buckets.items():
        x = numbers([values[name]], [feature])
        boundaries = tft.quantiles(x, feature.buckets, QUANTILE_ERROR, reduce_instance_dims=False)
        blocks.append(bucket_columns(x, boundaries, feature.buckets))
    for name, category in layout.ids.items():
        vocabulary = {"top_k": category.max_vocabulary, "frequency_threshold": RARE, "vocab_filename": name}
        blocks.append(ids(values[name], tft.compute_and_apply_vocabulary(values[name], default_value=-1, **vocabulary)))
    return {FEATURES: tf.ensure_shape(tf.concat(blocks, axis=1), [None, layout.width])}
