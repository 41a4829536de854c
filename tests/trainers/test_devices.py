"""trainers.devices: strategy, arithmetic and compilation by what there is and what is asked for."""

import logging
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipeline_configs.errors import ConfigError
from pipeline_configs.task import Task
from pipeline_configs.training import Training
from tests.samples.notes import sample_notes_task
from trainers import devices
from trainers.devices import Place, place_here, place_on, policy_for, xla_for
from trainers.epochs import adam
from trainers.fitting import fit
from trainers.input_fn import Rows
from trainers.workers import Workers

TRAINING = Training(members=2, hidden_units=8, epochs=6, batch_size=64, dropout=0.0, learning_rate=0.01, seed=3)


def rows(count: int = 320) -> Rows:
    x = np.random.default_rng(0).normal(size=(count, 6)).astype(np.float32)
    return Rows(x, (x[:, 0] - x[:, 1] > 0).astype(np.int64), np.array([b"p"] * count), {})


def test_one_processor_needs_no_strategy() -> None:
    for names in ([], ["/gpu:0"]):
        place = place_on(names)
        assert (place.strategy, place.replicas, place.local) == (tf.distribute.get_strategy(), 1, 1)


def test_a_broken_tf_config_is_refused_before_anything_is_read() -> None:
    with pytest.raises(ConfigError, match="TF_CONFIG is not JSON"):
        place_here({"TF_CONFIG": "{"})


def test_workers_need_a_process_that_has_not_used_tensorflow() -> None:
    tf.constant(1.0)
    config = '{"cluster": {"worker": ["localhost:1", "localhost:2"]}, "task": {"type": "worker", "index": 1}}'
    with pytest.raises(ConfigError, match="need a process that has not used TensorFlow yet") as caught:
        place_here({"TF_CONFIG": config})
    assert "worker 2 of 2" in caught.value.problems[0].where


def test_the_memory_of_gpus_grows_as_it_is_needed(monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    gpus, grown = [SimpleNamespace(name="gpu:0"), SimpleNamespace(name="gpu:1")], []

    def grow(gpu: Any, wanted: bool) -> None:
        if gpu is gpus[1]:
            raise RuntimeError("Physical devices cannot be modified after being initialized")
        grown.append((gpu, wanted))

    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: gpus if kind == "GPU" else [])
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda kind: gpus if kind == "GPU" else [])
    monkeypatch.setattr(tf.config.experimental, "set_memory_growth", grow)
    with caplog.at_level(logging.WARNING):
        assert devices.visible_gpus() == ["gpu:0", "gpu:1"]
    assert grown == [(gpus[0], True)] and "gpu:1: memory is taken whole" in caplog.text


def test_half_precision_is_for_gpus_and_scales_the_loss() -> None:
    assert policy_for(True, []) == policy_for(False, ["/gpu:0"]) == "float32"
    assert policy_for(True, ["/gpu:0"]) == "mixed_float16"
    assert isinstance(adam(0.1, "mixed_float16"), keras.optimizers.LossScaleOptimizer)
    assert not isinstance(adam(0.1), keras.optimizers.LossScaleOptimizer)


def test_half_precision_learns_the_same_and_leaves_a_model_of_full_precision() -> None:
    data = rows()
    full = fit(data, data, (), TRAINING)
    # A CPU that is called a device: it computes in float16 too, only slowly.
    half = fit(data, data, (), TRAINING.model_copy(update={"mixed_precision": True}), place=place_on(["/cpu:0"]))
    assert (half.record["dtype_policy"], full.record["dtype_policy"]) == ("mixed_float16", "float32")
    assert {layer.compute_dtype for layer in half.model.layers} == {"float32"}
    assert half.model(data.features[:3]).dtype == tf.float32
    assert all(weight.dtype == np.float32 for weight in half.model.get_weights())
    watched = [np.array(fitted.record["history"]["val_log_loss"]) for fitted in (half, full)]
    assert not np.array_equal(*watched)  # it was another arithmetic
    np.testing.assert_allclose(*watched, rtol=0.02)


def test_xla_trains_the_same_model() -> None:
    data = rows()
    plain = fit(data, data, (), TRAINING)
    compiled = fit(data, data, (), TRAINING.model_copy(update={"xla": True}))
    assert (plain.record["xla"], compiled.record["xla"]) == (False, True)
    for a, b in zip(plain.model.get_weights(), compiled.model.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)


def test_xla_is_asked_of_keras(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, compile_model = [], keras.Model.compile

    def noted(self: keras.Model, *args: Any, **kwargs: Any) -> None:
        asked.append(kwargs["jit_compile"])
        compile_model(self, *args, **kwargs)

    monkeypatch.setattr(keras.Model, "compile", noted)
    data = rows(64)
    for xla in (False, True):
        fit(data, data, (), TRAINING.model_copy(update={"xla": xla, "epochs": 1}))
    assert asked == [False, True]


def test_xla_is_left_out_aloud_where_several_replicas_share_a_step(caplog: Any) -> None:
    shared = Place(SimpleNamespace(num_replicas_in_sync=2), ("a", "b"), Workers({"worker": ("a:1", "b:1")}))
    with caplog.at_level(logging.WARNING):
        assert not xla_for(True, shared)
    assert "training.xla is left out" in caplog.text and "there are 2" in caplog.text
    assert xla_for(True, Place()) and not xla_for(False, Place())


def test_notes_refuse_xla() -> None:
    declared = sample_notes_task().model_dump(mode="json")
    declared["training"]["xla"] = True
    with pytest.raises(ValueError, match=r"training\.xla: XLA has no sparse products"):
        Task.model_validate(declared)
