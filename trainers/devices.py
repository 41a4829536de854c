"""Which processors a model is trained on, and with which arithmetic."""

from collections.abc import Sequence

import tensorflow as tf

__all__ = ["policy_for", "strategy_for", "visible_gpus"]


def visible_gpus() -> list[str]:
    """Returns the names of the GPUs that TensorFlow sees."""
    return [device.name for device in tf.config.list_logical_devices("GPU")]


def strategy_for(devices: Sequence[str]) -> tf.distribute.Strategy:
    """Returns how training is spread.

    Args:
        devices: Names of the devices to use, such as `visible_gpus()`.

    Returns:
        MirroredStrategy on two and more: each holds the whole model and takes its share of every batch. Otherwise
        TensorFlow's default, which uses the one GPU or the CPU.
    """
    return tf.distribute.MirroredStrategy(list(devices)) if len(devices) > 1 else tf.distribute.get_strategy()


def policy_for(mixed_precision: bool, devices: Sequence[str]) -> str:
    """Returns Keras' dtype policy: "mixed_float16" where it is asked for and there is a GPU, else "float32"."""
    return "mixed_float16" if mixed_precision and devices else "float32"
