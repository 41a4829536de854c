"""Trains the network on images: streamed from files, changed at random, stopped by the calibration split."""

import logging
import math
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
import numpy as np
import tensorflow as tf
import tensorflow_transform as tft
from numpy.typing import NDArray

from pipeline_configs.task import Task
from pipeline_configs.training import Training
from trainers import epochs, loop
from trainers.devices import Place, policy_for, xla_for
from trainers.epochs import MONITORED, Fitted, adam
from trainers.fitting import class_weights
from trainers.input_fn import input_spec
from trainers.loop import share_of
from trainers.models.augmentation import augmented
from trainers.models.backbones import fine_tuned, pretrained
from trainers.models.image_network import image_network, log_loss
from trainers.share import Share
from trainers.streaming import stream
from transforms.image_views import IMAGE
from transforms.layout import FEATURES, Layout

__all__ = ["BATCH", "ImageSplits", "fit_images", "levels", "logits_of_images", "network_for"]

BATCH = 32
"""Examples in a batch on each replica, where the task does not say."""

PREDICT_BATCH = 64

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ImageSplits:
    """What is trained on and what decides when to stop.

    Attributes:
        train: Files of the train split.
        calibration: Files of the calibration split.
        graph: The transform graph.
        task: The task.
        labels: int64 `[n]`, those of the train split.
        held_out: Number of images of the calibration split.
    """

    train: Sequence[str]
    calibration: Sequence[str]
    graph: tft.TFTransformOutput
    task: Task
    labels: NDArray[np.int64]
    held_out: int

    @property
    def views(self) -> list[str]:
        """The outputs of the transform graph that the network sees."""
        return [IMAGE, FEATURES] if self.task.input_values else [IMAGE]

    @cached_property
    def levels(self) -> tuple[float, float]:
        """What black and white become in the normalised image."""
        return levels(self.graph, self.task)


def levels(graph: tft.TFTransformOutput, task: Task) -> tuple[float, float]:
    """Returns what black and white become in the normalised image."""
    name, declared = task.image
    size = declared.size[0] * declared.size[1] * declared.channels
    serialized = []
    for level in (b"\x00", b"\xff"):
        pixels = tf.train.Feature(bytes_list=tf.train.BytesList(value=[level * size]))
        serialized.append(tf.train.Example(features=tf.train.Features(feature={name: pixels})).SerializeToString())
    image = graph.transform_features_layer()(tf.io.parse_example(serialized, input_spec(task.inputs)))[IMAGE]
    return float(image[0, 0, 0, 0]), float(image[1, 0, 0, 0])


def network_for(splits: ImageSplits, training: Training, bias: float = 0.0, policy: str = "float32") -> keras.Model:
    """Builds the untrained network that fits a task's images and other inputs."""
    declared, values = splits.task.image[1], splits.task.input_values
    width = Layout(values).width if values else 0
    shape = (*declared.size, declared.channels)
    return image_network(shape, width, training, splits.levels, bias, policy)


def fit_images(
    splits: ImageSplits,
    training: Training,
    start: Sequence[NDArray[Any]] | None = None,
    place: Place | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> Fitted:
    """Trains the network and keeps the weights of the best epoch.

    A backbone with weights from a file is frozen at first. Where the task asks for it, its upper part then learns too,
    and what it learnt is kept only if the calibration split got better.

    Args:
        splits: What to train on.
        training: Hyperparameters.
        start: Weights to start from, as `keras.Model.get_weights` gives them; drawn anew where left out.
        place: Where to train; TensorFlow's default where left out.
        callbacks: Further callbacks, such as TensorBoard.

    Returns:
        The trained network.

    Raises:
        ConfigError: A backbone's weights cannot be read or do not fit.
        RunFailed: The loss became NaN or infinite.
    """
    began = time.monotonic()
    _, positive = weights = class_weights(splits.labels, training)
    place = place or Place()
    policy, xla, share = (
        policy_for(training.mixed_precision, place.devices),
        xla_for(training.xla, place),
        share_of(place),
    )
    replicas, rows = place.replicas, len(splits.labels)
    batch_size = min(training.batch_size or BATCH, rows // replicas) * replicas
    prior = positive * float(np.mean(splits.labels))
    with place.strategy.scope():
        model = network_for(splits, training, math.log(prior / (1 - prior)), policy)
        if start is not None:
            model.set_weights(start)
        _compile(model, training.learning_rate, policy, xla)
    backbone = pretrained(model)
    with tempfile.TemporaryDirectory() as scratch:
        data = stream(
            splits.train,
            splits.graph,
            splits.task,
            splits.views,
            batch_size,
            weights=weights,
            shuffle_seed=training.seed,
            cache=training.image.cache,
            cache_folder=scratch,
            share=share,
            rows=rows,
        )
        steps = max(1, rows // batch_size)
        changed = augmented(data, training.image.augmentation, training.seed)
        size, count = PREDICT_BATCH * replicas, splits.held_out
        held_out = stream(
            splits.calibration,
            splits.graph,
            splits.task,
            splits.views,
            size,
            weights=weights,
            share=share,
            rows=count,
        )
        learnt, judged = _batches(changed, steps, share), _batches(held_out, share.steps(count, size)[0], share)

        def run(last: int, done: int) -> dict[str, list[float]]:
            watchers = epochs.callbacks(training, callbacks)
            return epochs.finite(model, loop.train(model, place, learnt, judged, last, done, watchers), done)

        histories = [run(training.epochs, 0)]
        if backbone is not None and training.image.fine_tune_epochs:
            before, done = model.get_weights(), len(histories[0]["loss"])
            with place.strategy.scope():
                learning = fine_tuned(backbone, training.image.fine_tune_share)
                _compile(model, training.image.fine_tune_rate, policy, xla)
            _log.info("fine-tuning %d weights of the backbone", learning)
            last = done + training.image.fine_tune_epochs
            histories.append(run(last, done))
            if min(histories[1][MONITORED]) >= min(histories[0][MONITORED]):
                model.set_weights(before)
    history = {name: [value for found in histories for value in found.get(name, [])] for name in histories[0]}
    record = epochs.record(
        history,
        weights,
        batch_size,
        steps,
        began,
        epochs_frozen=len(histories[0]["loss"]) if backbone is not None else 0,
        **place.described(policy, xla),
    )
    return Fitted(_in_float32(model, splits, training), weights, record)


def logits_of_images(network: keras.Model, splits: ImageSplits) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Returns logit and label of each image of the calibration split, `[n]` both."""
    logits, labels = [np.zeros(0)], [np.zeros(0, np.int64)]
    for views, label, _ in stream(splits.calibration, splits.graph, splits.task, splits.views, PREDICT_BATCH):
        logits.append(np.asarray(network(views, training=False), np.float64)[:, 0])
        labels.append(label.numpy()[:, 0].astype(np.int64))
    return np.concatenate(logits), np.concatenate(labels)


def _batches(data: tf.data.Dataset, steps: int, share: Share) -> loop.Batches:
    """Says how many batches there are, which Keras otherwise finds out by running out of them, with a warning."""
    known = tf.data.experimental.assert_cardinality(steps)
    return loop.Batches(data.apply(known) if share.whole else data, steps)


def _compile(model: keras.Model, rate: float, policy: str, xla: bool) -> None:
    watched = keras.metrics.MeanMetricWrapper(log_loss, name="log_loss")
    model.compile(adam(rate, policy), loss=log_loss, weighted_metrics=[watched], jit_compile=xla)


def _in_float32(model: keras.Model, splits: ImageSplits, training: Training) -> keras.Model:
    """The same weights, outside any strategy and in float32, as they are exported."""
    without_file = training.image.model_copy(update={"weights": "", "fine_tune_epochs": 0})
    plain = network_for(splits, training.model_copy(update={"image": without_file}))
    plain.set_weights(model.get_weights())
    return plain
