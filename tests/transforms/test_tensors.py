"""transforms.tensors: each pure function on values, eagerly."""

import numpy as np
import pytest
import tensorflow as tf

from pipeline_configs.feature import Numeric
from transforms import tensors

NAN = float("nan")


def numeric(transform: str = "zscore", low: float = 0.0, high: float = 100.0) -> Numeric:
    return Numeric(kind="numeric", unit="1", range=(low, high), transform=transform)  # type: ignore[arg-type]


def sparse(values: list, rows: list[int], count: int) -> tf.SparseTensor:
    return tf.SparseTensor([[row, 0] for row in rows], values, [count, 1])


@pytest.mark.parametrize(
    ("values", "missing", "expected"),
    [
        ([1.5, 2.5], NAN, [1.5, NAN, 2.5]),
        ([b"a", b"b"], "", [b"a", b"", b"b"]),
        (tf.constant([1, 0], tf.int64), -1, [1, -1, 0]),
    ],
)
def test_dense_fills_absent_values(values: list, missing: float | int | str, expected: list) -> None:
    out = tensors.dense(sparse(values, [0, 2], 3), missing).numpy()
    assert out.shape == (3,)
    np.testing.assert_array_equal(out, np.array(expected, out.dtype))


def test_dense_takes_a_batch_without_any_value_and_an_empty_batch() -> None:
    nothing = tf.SparseTensor(tf.zeros([0, 2], tf.int64), tf.zeros([0]), [3, 0])
    assert np.isnan(tensors.dense(nothing, NAN).numpy()).tolist() == [True] * 3
    assert tensors.dense(tf.SparseTensor(tf.zeros([0, 2], tf.int64), tf.zeros([0]), [0, 0]), NAN).shape == (0,)


def test_dense_refuses_two_values_in_a_row() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError):
        tensors.dense(tf.SparseTensor([[0, 0], [0, 1]], [1.0, 2.0], [1, 2]), NAN)


def test_numbers_stay_in_their_range_and_missing_stays_missing() -> None:
    out = tensors.numbers([tf.constant([-5.0, 50.0, 300.0, NAN, np.inf])], [numeric()]).numpy()[:, 0]
    np.testing.assert_array_equal(out, [0.0, 50.0, 100.0, NAN, NAN])


def test_numbers_take_the_logarithm_only_where_declared() -> None:
    x = tf.constant([0.0, 9.0, NAN])
    out = tensors.numbers([x, x], [numeric("log_zscore"), numeric()]).numpy()
    np.testing.assert_allclose(out[:, 0], [0.0, np.log(10), NAN], rtol=1e-6)
    np.testing.assert_array_equal(out[:, 1], [0.0, 9.0, NAN])


def test_flags_know_only_0_and_1() -> None:
    out = tensors.flags([tf.constant([0, 1, -1, 7], tf.int64)]).numpy()[:, 0]
    np.testing.assert_array_equal(out, [0.0, 1.0, NAN, NAN])


def test_categories_know_missing_from_other() -> None:
    out = tensors.categories(tf.constant(["a", "b", "", "new"]), ["a", "b"]).numpy()
    np.testing.assert_array_equal(out, [[1, 0, 0], [0, 1, 0], [NAN, NAN, 0], [NAN, NAN, 1]])


def test_centred_scales_numbers_and_only_centres_flags() -> None:
    x = tf.constant([[2.0, 1.0], [4.0, 0.0], [NAN, 0.0]])
    out = tensors.centred(x, tf.constant([3.0, 0.25]), tf.constant([4.0, 0.1875]), numeric=1).numpy()
    np.testing.assert_allclose(out, [[-0.5, 0.75], [0.5, -0.25], [0.0, -0.25]])


@pytest.mark.parametrize(("mean", "variance"), [(0.1, 0.0), (0.1, 1e-15), (NAN, NAN), (0.0, 0.0)])
def test_a_column_that_never_varied_says_nothing_whatever_comes(mean: float, variance: float) -> None:
    x = tf.constant([[0.1], [0.0], [55.0], [NAN]])
    out = tensors.centred(x, tf.constant([mean]), tf.constant([variance]), numeric=1).numpy()
    np.testing.assert_array_equal(out, np.zeros((4, 1)))


def test_buckets_are_centred_and_missing_is_zero() -> None:
    x = tf.constant([[0.5], [1.0], [9.0], [NAN]])
    out = tensors.bucket_columns(x, tf.constant([[1.0, 2.0]]), 3).numpy() + 1 / 3
    np.testing.assert_allclose(out, [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1 / 3] * 3], atol=1e-6)


def test_ids_have_a_place_for_missing_and_for_other() -> None:
    out = tensors.ids(tf.constant(["", "x", "y", "z"]), tf.constant([-1, -1, 0, 5], tf.int64)).numpy()
    assert out[:, 0].tolist() == [0.0, 1.0, 2.0, 7.0]
