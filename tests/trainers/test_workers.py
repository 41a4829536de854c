"""trainers.workers, trainers.share: who trains, and on which part of each batch."""

import json
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from pipeline_configs.errors import ConfigError
from trainers.input_fn import batches
from trainers.share import WHOLE, Share
from trainers.workers import ALONE, patience, workers_of

TWO = {"worker": ["a:2222", "b:2222"]}


def config(cluster: Any, kind: Any = "worker", index: Any = 0) -> dict[str, str]:
    return {"TF_CONFIG": json.dumps({"cluster": cluster, "task": {"type": kind, "index": index}})}


def test_without_a_cluster_or_with_one_process_nobody_waits() -> None:
    for variables in ({}, {"TF_CONFIG": ""}, {"TF_CONFIG": "{}"}, config({"worker": ["a:1"]}), config({})):
        workers = workers_of(variables)
        assert (workers, workers.chief, workers.count) == (ALONE, True, 1)


def test_the_first_worker_is_the_chief_unless_there_is_one() -> None:
    first, second = workers_of(config(TWO)), workers_of(config(TWO, index="1"))
    assert (first.chief, first.index, second.chief, second.index) == (True, 0, False, 1)
    with_chief = {"worker": ["b:1", "c:1"], "chief": ["a:1"]}
    chief, last = workers_of(config(with_chief, "chief")), workers_of(config(with_chief, "worker", 1))
    assert (chief.chief, chief.index, last.index, last.count, last.chief) == (True, 0, 2, 3, False)
    assert workers_of(config(with_chief)).chief is False
    assert chief.addresses == ("a:1", "b:1", "c:1")


@pytest.mark.parametrize(
    ("text", "what", "found"),
    [
        ('{"cluster": ', "is not JSON", "character 12"),
        ("[1]", "is not an object", "list"),
        (json.dumps({"cluster": TWO}), "does not say which of the processes this one is", "no task.type"),
        (config(TWO, "chief")["TF_CONFIG"], "a task.type that the cluster has not: 'chief'", "a cluster of worker"),
        (config(TWO, index=2)["TF_CONFIG"], "a task.index that no worker has", "2, with 2 of that kind"),
        (config(TWO, index=True)["TF_CONFIG"], "a task.index that no worker has", "True"),
        (config({"worker": ["a", "b:1"]})["TF_CONFIG"], "cluster.worker that is not host:port", "'a'"),
        (config({"worker": "a:1"})["TF_CONFIG"], "cluster.worker that is no list", "str"),
        (config({"worker": ["a:1", "a:1"]})["TF_CONFIG"], "names an address twice", "a:1"),
        (config({**TWO, "ps": ["c:1"]})["TF_CONFIG"], "processes that Galen does not train with", "ps"),
        (config({**TWO, "chief": ["c:1", "d:1"]})["TF_CONFIG"], "more than one chief", "2"),
    ],
)
def test_a_broken_tf_config_is_refused_with_what_and_how(text: str, what: str, found: str) -> None:
    with pytest.raises(ConfigError) as caught:
        workers_of({"TF_CONFIG": text})
    [problem] = caught.value.problems
    assert problem.what.startswith("TF_CONFIG ") and what in problem.what and found in problem.found
    assert '"task": {"type": "worker", "index": 0}' in problem.expected and problem.where and problem.fix


def test_patience_is_a_number_of_seconds() -> None:
    assert (patience({}), patience({"GALEN_WORKERS_TIMEOUT": "20"})) == (1800, 20)
    for text in ("0", "soon", "-3"):
        with pytest.raises(ConfigError, match="GALEN_WORKERS_TIMEOUT"):
            patience({"GALEN_WORKERS_TIMEOUT": text})


@pytest.mark.parametrize(("workers", "local"), [(2, 1), (3, 1), (2, 2)])
def test_the_shares_of_all_workers_are_the_whole(workers: int, local: int) -> None:
    order = np.arange(5 * 12).reshape(5, 12)
    shares = [Share(number, workers, local).of(order) for number in range(workers)]
    assert all(share.shape == (5 * local, 12 // (workers * local)) for share in shares)
    together = np.concatenate([share.reshape(5, -1) for share in shares], axis=1)
    np.testing.assert_array_equal(together, order)
    np.testing.assert_array_equal(Share(1, workers, local).of(tf.constant(order)), shares[1])
    assert WHOLE.of(order) is order


@pytest.mark.parametrize("rows", [1, 7, 100, 101])
def test_every_row_counts_once_and_all_workers_do_the_same_steps(rows: int) -> None:
    parts = [Share(number, 3, 2).padded(rows, 32) for number in range(3)]
    counted = np.concatenate([numbers[counts] for numbers, counts in parts])
    assert sorted(counted) == list(range(rows))
    assert len({numbers.shape for numbers, _ in parts}) == 1
    assert parts[0][0].shape[0] == Share(0, 3, 2).steps(rows, 32)[0] * 2


def test_workers_see_the_rows_of_each_batch_of_one_process_and_no_row_twice() -> None:
    x = np.arange(50, dtype=np.float32)[:, np.newaxis]
    y, w = np.arange(50) % 2, np.ones(50, np.float32)
    [whole] = [[b[0].numpy().ravel() for b in batches(x, y, w, 12, 5)]]
    halves = [[b[0].numpy().ravel() for b in batches(x, y, w, 12, 5, Share(n, 2)).take(4)] for n in range(2)]
    for batch, first, second in zip(whole, *halves, strict=True):
        np.testing.assert_array_equal(batch, np.concatenate([first, second]))


def test_workers_shuffle_each_epoch_anew_and_alike() -> None:
    x, y, w = np.arange(48, dtype=np.float32)[:, np.newaxis], np.arange(48) % 2, np.ones(48, np.float32)
    parts = [[b[0].numpy().ravel() for b in batches(x, y, w, 12, 5, Share(n, 2)).take(12)] for n in range(2)]
    epochs = [np.concatenate([*parts[0][start : start + 4], *parts[1][start : start + 4]]) for start in (0, 4, 8)]
    for epoch in epochs:
        assert sorted(epoch) == list(range(48))
    assert not np.array_equal(epochs[0], epochs[1])


def test_held_out_rows_that_only_fill_up_weigh_nothing() -> None:
    x, y = np.arange(7, dtype=np.float32)[:, np.newaxis], np.zeros(7, np.int64)
    w = np.arange(1, 8).astype(np.float32)
    seen: list[tuple[float, float]] = []
    for number in range(2):
        share = Share(number, 2)
        for features, _, weight in batches(x, y, w, 4, share=share).take(share.steps(7, 4)[0]):
            seen += zip(features.numpy().ravel().tolist(), weight.numpy().tolist(), strict=True)
    assert sorted(pair for pair in seen if pair[1]) == [(float(i), float(i + 1)) for i in range(7)]
    assert len(seen) == 8
