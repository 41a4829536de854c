"""Preprocessing of images: one graph for training and for serving, named by the pipeline's Transform node."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf
import tensorflow_transform as tft

from pipeline_configs.task import Task
from transforms.image_tensors import decoded, moments, scaled, thumbnails
from transforms.image_views import IMAGE, THUMBNAIL, THUMBNAIL_SIDE
from transforms.layout import ACQUISITION, FEATURES, Layout
from transforms.tensors import MISSING, dense
from transforms.vector import vector

__all__ = ["preprocessing_fn"]


def preprocessing_fn(inputs: Mapping[str, Any], custom_config: Mapping[str, Any]) -> dict[str, tf.Tensor]:
    """Turns stored pixels into a normalised image and a thumbnail, and the other inputs into a vector.

    The analyzers see two numbers an image, not its pixels.

    Args:
        inputs: Raw features by name, of shape `[batch, at most 1]`: the image string, others float32, string or int64.
        custom_config: {"task": JSON of the task}.

    Returns:
        image: float32 `[batch, height, width, channels]`, mean 0 and variance 1 over the training split.
        thumbnail: float32 `[batch, 256]`, 16 by 16 grey means of it.
        features: float32 `[batch, Layout(task.input_values).width]`; only where the model sees other values.
        acquisition: float32 `[batch, Layout(task.probed).width]`; only where the task probes for shortcuts.
    """
    task = Task.model_validate_json(custom_config["task"])
    name, declared = task.image
    content = dense(inputs[name], MISSING["image"])
    present = content != MISSING["image"]
    pixels = decoded(content, (*declared.size, declared.channels))
    mean, square = (tft.mean(value) for value in moments(pixels, present))
    image = scaled(pixels, present, mean, square)
    views = {IMAGE: image, THUMBNAIL: thumbnails(image, THUMBNAIL_SIDE)}
    if task.input_values:
        views[FEATURES] = vector(inputs, Layout(task.input_values))
    if task.probed:
        views[ACQUISITION] = vector(inputs, Layout(task.probed), prefix=f"{ACQUISITION}_")
    return views
