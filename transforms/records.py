"""Preprocessing of records: one graph for training and for serving, named by the pipeline's Transform node."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from pipeline_configs.task import Task
from transforms.layout import FEATURES, Layout
from transforms.vector import vector

__all__ = ["preprocessing_fn"]


def preprocessing_fn(inputs: Mapping[str, Any], custom_config: Mapping[str, Any]) -> dict[str, tf.Tensor]:
    """Turns raw features into one vector.

    Args:
        inputs: Raw features by name, of shape `[batch, at most 1]`: float32, string or int64.
        custom_config: {"task": JSON of the task, with at least its features and label}.

    Returns:
        {"features": float32 of shape `[batch, Layout(task.inputs).width]`}, always finite.
    """
    return {FEATURES: vector(inputs, Layout(Task.model_validate_json(custom_config["task"]).inputs))}
