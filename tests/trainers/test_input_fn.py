"""trainers.input_fn: what is read is what was written, row by row."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft

from pipeline_configs.errors import DataProblem
from tests.samples.files import examples, write_split
from tests.samples.records import sample_rows
from tests.trainers.conftest import Sample
from trainers.input_fn import batches, features_and_labels, input_spec
from transforms.layout import FEATURES


@pytest.mark.parametrize("split", ["train", "calibration"])
def test_rows_come_in_order_from_plain_and_gzipped_files(sample: Sample, split: str) -> None:
    graph, written = tft.TFTransformOutput(sample.graph), sample.split(split)
    features, labels, patients, slices = features_and_labels([sample.files[split]], graph, sample.task)
    assert labels.tolist() == written["ill"].tolist()
    assert labels.dtype == np.int64
    assert patients.tolist() == [patient.encode() for patient in written["patient"]]
    assert set(slices) == {"sex", "age_band"}
    for name, values in slices.items():
        assert values.tolist() == [(value or "").encode() for value in written[name]]
    raw = tf.io.parse_example(examples(written), input_spec(sample.task.inputs))
    np.testing.assert_array_equal(features, graph.transform_features_layer()(raw)[FEATURES])
    assert features.dtype == np.float32


def test_several_files_are_read_in_order_of_their_names(sample: Sample, tmp_path: Path) -> None:
    graph, rows = tft.TFTransformOutput(sample.graph), sample_rows(30, seed=9)
    later, earlier = write_split(rows[:10], tmp_path / "b", "train"), write_split(rows[10:], tmp_path / "a", "train")
    read = features_and_labels([later, earlier], graph, sample.task)
    assert read.labels.tolist() == [*rows["ill"][10:], *rows["ill"][:10]]


def test_no_rows_give_empty_arrays_of_the_right_width(sample: Sample, tmp_path: Path) -> None:
    pattern = write_split(sample.rows[:0], tmp_path, "train")
    read = features_and_labels([pattern], tft.TFTransformOutput(sample.graph), sample.task)
    assert read.features.shape == (0, 24)
    assert (len(read.labels), len(read.patients), len(read.slices["sex"])) == (0, 0, 0)


def test_a_row_without_label_is_a_data_problem_that_quotes_nothing(sample: Sample, tmp_path: Path) -> None:
    rows = sample.rows[:3].assign(town="Secret-on-Sea").drop(columns="ill")
    pattern = write_split(rows, tmp_path, "train")
    with pytest.raises(DataProblem, match="cannot be read") as caught:
        features_and_labels([pattern], tft.TFTransformOutput(sample.graph), sample.task)
    assert "Secret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("record", [b"garbage", b"\xff\xfe garbage"])
def test_a_record_that_is_no_example_is_a_data_problem_that_quotes_nothing(
    sample: Sample, tmp_path: Path, record: bytes
) -> None:
    with tf.io.TFRecordWriter(str(tmp_path / "data.tfrecord")) as writer:
        writer.write(record)
    with pytest.raises(DataProblem, match="cannot be read") as caught:
        features_and_labels([str(tmp_path / "data.tfrecord")], tft.TFTransformOutput(sample.graph), sample.task)
    assert "garbage" not in str(caught.value)


def test_a_broken_file_is_a_data_problem(sample: Sample, tmp_path: Path) -> None:
    (tmp_path / "data.tfrecord").write_bytes(b"this is no TFRecord file at all")
    with pytest.raises(DataProblem, match=r"data\.tfrecord"):
        features_and_labels([str(tmp_path / "data.tfrecord")], tft.TFTransformOutput(sample.graph), sample.task)


def numbered(count: int, batch: int, seed: int | None) -> tf.data.Dataset:
    x = np.arange(count, dtype=np.float32)[:, np.newaxis]
    return batches(x, np.arange(count) % 2, np.arange(count, dtype=np.float32), batch, seed)


def test_batches_keep_rows_labels_and_weights_together() -> None:
    for x, y, w in numbered(100, 32, seed=1):
        assert (x.shape, y.shape, w.shape) == ((32, 1), (32, 1), (32,))
        np.testing.assert_array_equal(x[:, 0], w)
        np.testing.assert_array_equal(y[:, 0], x[:, 0] % 2)


def test_shuffling_is_new_each_epoch_and_the_same_for_a_seed() -> None:
    def epochs(seed: int) -> list[list[float]]:
        data = numbered(96, 32, seed)
        return [[float(v) for x, _, _ in data for v in x[:, 0]] for _ in range(2)]

    first, second = epochs(1)
    assert sorted(first) == sorted(second) == list(range(96))
    assert first != second
    assert epochs(1) == [first, second]
    assert epochs(2)[0] != first


def test_without_a_seed_every_row_comes_in_order() -> None:
    assert [float(v) for x, _, _ in numbered(70, 32, None) for v in x[:, 0]] == list(range(70))
