"""transforms.image_tensors, eagerly, held against NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from transforms.image_tensors import decoded, moments, scaled, thumbnails

RNG = np.random.default_rng(4)
PIXELS = RNG.integers(0, 256, (3, 20, 24, 3), dtype=np.uint8)


def test_bytes_become_pixels_row_by_row() -> None:
    got = decoded(tf.constant([image.tobytes() for image in PIXELS]), (20, 24, 3))
    assert got.dtype == tf.float32
    np.testing.assert_allclose(got, PIXELS / 255, atol=1e-7)


def test_an_absent_image_is_black_and_an_empty_batch_is_empty() -> None:
    assert np.all(decoded(tf.constant([b""]), (20, 24, 3)).numpy() == 0)
    assert decoded(tf.constant([], tf.string), (20, 24, 3)).shape == (0, 20, 24, 3)


@pytest.mark.parametrize("traced", [False, True])
@pytest.mark.parametrize("size", [1, 20 * 24 * 3 - 1, 20 * 24 * 3 + 1])
def test_another_number_of_bytes_is_refused(size: int, traced: bool) -> None:
    function = tf.function(decoded, autograph=False) if traced else decoded
    with pytest.raises(tf.errors.InvalidArgumentError):
        function(tf.constant([PIXELS[0].tobytes(), b"\x01" * size]), (20, 24, 3))


def test_means_over_images_give_mean_and_variance_of_all_pixels() -> None:
    x = tf.constant(PIXELS / 255, tf.float32)
    present = tf.constant([True, True, False])
    mean, square = (float(np.nanmean(value)) for value in moments(x, present))
    assert mean == pytest.approx((PIXELS[:2] / 255).mean(), abs=1e-6)
    assert square - mean**2 == pytest.approx((PIXELS[:2] / 255).var(), abs=1e-6)
    z = scaled(x, present, tf.constant(mean), tf.constant(square)).numpy()
    assert z[:2].mean() == pytest.approx(0, abs=1e-5)
    assert z[:2].std() == pytest.approx(1, abs=1e-4)
    assert np.all(z[2] == 0)


@pytest.mark.parametrize(("mean", "square"), [(0.5, 0.25), (0.0, 0.0), (float("nan"), float("nan"))])
def test_constant_and_unknown_images_stay_finite(mean: float, square: float) -> None:
    z = scaled(tf.fill([1, 4, 4, 1], 0.5), tf.constant([True]), tf.constant(mean), tf.constant(square))
    assert np.all(np.isfinite(z)) and np.all(np.abs(z) <= 1)


def test_a_thumbnail_holds_means_of_equal_areas_of_the_grey_image() -> None:
    x = RNG.normal(size=(2, 32, 48, 3)).astype(np.float32)
    expected = x.mean(axis=3).reshape(2, 16, 2, 16, 3).mean(axis=(2, 4)).reshape(2, 256)
    np.testing.assert_allclose(thumbnails(tf.constant(x), 16), expected, atol=1e-6)


@pytest.mark.parametrize("size", [(8, 8), (17, 33), (100, 30)])
def test_a_thumbnail_of_any_size_keeps_the_mean(size: tuple[int, int]) -> None:
    x = RNG.normal(size=(1, *size, 1)).astype(np.float32)
    got = thumbnails(tf.constant(x), 16)
    assert got.shape == (1, 256)
    assert float(tf.reduce_mean(got)) == pytest.approx(float(x.mean()), abs=1e-4)
