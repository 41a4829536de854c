"""trainers.streaming: the same rows as trainers.input_fn, batch by batch."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft

from pipeline_configs.errors import DataProblem
from tests.trainers.conftest import Sample
from trainers import streaming
from trainers.input_fn import features_and_labels
from transforms.layout import FEATURES


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "read_batch", lambda task: 64)


@pytest.mark.usefixtures("small_batches")
def test_batches_hold_what_reading_all_at_once_gives(sample: Sample) -> None:
    graph = tft.TFTransformOutput(sample.graph)
    whole = features_and_labels([sample.files["train"]], graph, sample.task)
    parts = list(streaming.batches([sample.files["train"]], graph, sample.task))
    assert {len(part.labels) for part in parts[:-1]} == {64} and len(parts) > 10
    np.testing.assert_array_equal(np.concatenate([part.views[FEATURES] for part in parts]), whole.features)
    np.testing.assert_array_equal(np.concatenate([part.labels for part in parts]), whole.labels)
    assert np.concatenate([part.patients for part in parts]).tolist() == whole.patients.tolist()
    for name, values in whole.slices.items():
        assert np.concatenate([part.slices[name] for part in parts]).tolist() == values.tolist()
    assert sum(len(part.serialized) for part in parts) == len(whole.labels)


def test_only_the_views_that_are_asked_for_come(sample: Sample) -> None:
    graph = tft.TFTransformOutput(sample.graph)
    [first, *_] = streaming.batches([sample.files["train"]], graph, sample.task, views=[])
    assert first.views == {}


def test_a_stream_shuffles_anew_each_epoch_and_the_same_way_for_the_same_seed(sample: Sample) -> None:
    graph, rows = tft.TFTransformOutput(sample.graph), sample.split("train")

    def epochs(seed: int | None) -> list[np.ndarray]:
        data = streaming.stream([sample.files["train"]], graph, sample.task, [FEATURES], 50, shuffle_seed=seed)
        return [np.concatenate([x[FEATURES][:, 0].numpy() for x, _, _ in data]) for _ in range(2)]

    first, second = epochs(3)
    assert len(first) == len(rows) // 50 * 50
    assert not np.array_equal(first, second)
    for mine, again in zip((first, second), epochs(3), strict=True):
        np.testing.assert_array_equal(mine, again)
    assert not np.array_equal(first, epochs(4)[0])
    in_order = epochs(None)
    assert len(in_order[0]) == len(rows)
    np.testing.assert_array_equal(in_order[0], in_order[1])


def test_weights_go_by_the_label(sample: Sample) -> None:
    graph = tft.TFTransformOutput(sample.graph)
    for _, label, weight in streaming.stream([sample.files["eval"]], graph, sample.task, [], 64, weights=(0.5, 2.0)):
        assert label.shape == (len(weight), 1)
        np.testing.assert_array_equal(weight, np.where(label[:, 0] == 1, 2.0, 0.5))


@pytest.mark.parametrize("cache", ["memory", "disk"])
def test_a_cache_is_filled_once_and_changes_nothing(sample: Sample, tmp_path: Path, cache: str) -> None:
    graph = tft.TFTransformOutput(sample.graph)
    files = [sample.files["eval"]]
    plain = streaming.stream(files, graph, sample.task, [FEATURES], 64)
    cached = streaming.stream(files, graph, sample.task, [FEATURES], 64, cache=cache, cache_folder=str(tmp_path))  # type: ignore[arg-type]
    for _ in range(2):
        for (mine, *_), (kept, *_) in zip(plain, cached, strict=True):
            np.testing.assert_array_equal(mine[FEATURES], kept[FEATURES])
    assert bool(list(tmp_path.glob("examples*"))) == (cache == "disk")


def test_labels_alone(sample: Sample) -> None:
    labels = streaming.labels_of([sample.files["train"]], sample.task)
    assert labels.tolist() == sample.split("train")["ill"].tolist()
    assert len(streaming.labels_of([str(sample.folder / "none*")], sample.task)) == 0


def test_a_sparse_view_becomes_a_matrix() -> None:
    sparse = tf.SparseTensor([[0, 3], [2, 1]], [0.5, 2.0], [3, 5])
    np.testing.assert_array_equal(streaming._as_array(sparse).toarray(), tf.sparse.to_dense(sparse))


def test_a_broken_record_is_told_without_its_content(sample: Sample, tmp_path: Path) -> None:
    file = str(tmp_path / "x.tfrecord")
    with tf.io.TFRecordWriter(file) as writer:
        writer.write(b"Secretname, 91 years")
    for read in (
        lambda: list(streaming.batches([file], tft.TFTransformOutput(sample.graph), sample.task)),
        lambda: streaming.labels_of([file], sample.task),
    ):
        with pytest.raises(DataProblem, match="the examples cannot be read") as error:
            read()
        assert "Secretname" not in str(error.value)
