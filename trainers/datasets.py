"""What every dataset of tf.data here has in common."""

import os

import tensorflow as tf

__all__ = ["CALLS", "fixed"]

CALLS = len(os.sched_getaffinity(0))
"""Batches that are prepared at a time."""


def fixed(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Leaves a dataset as it is written: not tuned while it runs, not sharded by a strategy.

    The thread that tunes sleeps 10 ms, then twice as long each time, and TensorFlow 2.21 does not always wake it when
    an iterator ends: what reads the last batch then waits for it, up to as long again as all took before. An epoch of
    2.6 s took 5.1 s. With fixed numbers there is nothing to tune.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    return dataset.with_options(options)
