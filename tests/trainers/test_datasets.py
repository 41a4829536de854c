"""Datasets do what is written: nobody tunes them while they run, and no strategy shards them."""

import numpy as np
import pytest
import tensorflow as tf

from pipeline_configs.image_training import Augmentation
from trainers.input_fn import batches, serialized
from trainers.models.augmentation import augmented
from trainers.share import Share

ROWS = np.zeros((8, 3), np.float32), np.zeros(8, np.int64), np.ones(8, np.float32)


def images() -> tf.data.Dataset:
    batch = {"image": tf.zeros((2, 4, 4, 1))}, tf.zeros((2, 1)), tf.ones(2)
    return augmented(tf.data.Dataset.from_tensors(batch), Augmentation(), 1)


@pytest.mark.parametrize(
    "dataset",
    [
        lambda: batches(*ROWS, 2),
        lambda: batches(*ROWS, 2, shuffle_seed=1),
        lambda: batches(*ROWS, 4, share=Share(0, 2, 1)),
        lambda: serialized([]),
        images,
    ],
)
def test_no_thread_tunes_and_no_strategy_shards(dataset: object) -> None:
    options = dataset().options()  # type: ignore[operator]
    assert options.autotune.enabled is False
    assert options.experimental_distribute.auto_shard_policy == tf.data.experimental.AutoShardPolicy.OFF
