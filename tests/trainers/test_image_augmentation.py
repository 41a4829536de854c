"""trainers.models.augmentation: what changes, by how much, and that the same seed changes the same way."""

import numpy as np
import pytest
import tensorflow as tf

from pipeline_configs.image_training import Augmentation
from trainers.models.augmentation import augmented, changed

NONE = {"rotation": 0, "shift": 0, "zoom": 0, "contrast": 0, "brightness": 0}
RNG = np.random.default_rng(2)
IMAGES = RNG.normal(size=(6, 24, 32, 1)).astype(np.float32)
SEED = tf.constant([3, 5], tf.int64)


def by(images: np.ndarray = IMAGES, seed: tf.Tensor = SEED, **changes: float) -> np.ndarray:
    return changed(tf.constant(images), Augmentation.model_validate({**NONE, **changes}), seed).numpy()


def blob(down: int, across: int) -> np.ndarray:
    y, x = np.mgrid[:41, :41]
    return np.repeat(np.exp(-((y - down) ** 2 + (x - across) ** 2) / 8)[np.newaxis, ..., np.newaxis], 64, 0).astype("f")


def middle(images: np.ndarray) -> np.ndarray:
    y, x = np.mgrid[: images.shape[1], : images.shape[2]]
    weight = images[..., 0].sum(axis=(1, 2))
    return np.stack([(images[..., 0] * place).sum(axis=(1, 2)) / weight for place in (y, x)], axis=1)


def test_without_changes_nothing_changes() -> None:
    np.testing.assert_allclose(by(), IMAGES, atol=1e-5)


def test_the_same_seed_changes_the_same_way_and_each_image_in_its_own() -> None:
    same = np.repeat(IMAGES[:1], 6, axis=0)
    first = by(same, rotation=20, shift=0.1)
    np.testing.assert_array_equal(first, by(same, rotation=20, shift=0.1))
    assert np.abs(first - by(same, SEED + 1, rotation=20, shift=0.1)).max() > 0.1
    assert np.abs(first[0] - first[1]).max() > 0.1


def test_a_rotation_keeps_the_distance_from_the_middle_and_stays_within_its_angle() -> None:
    place = middle(by(blob(20, 30), rotation=30)) - 20
    np.testing.assert_allclose(np.hypot(*place.T), 10, atol=0.4)
    angle = np.degrees(np.arctan2(place[:, 0], place[:, 1]))
    assert 20 < np.abs(angle).max() <= 31 and angle.min() < -10 and angle.max() > 10


def test_shift_and_zoom_stay_within_their_bounds() -> None:
    moved = middle(by(blob(20, 20), shift=0.1)) - 20
    assert 2 < np.abs(moved).max() <= 4.2
    scaled = np.hypot(*(middle(by(blob(20, 30), zoom=0.2)) - 20).T) / 10
    assert 0.8 < scaled.min() < 0.95 and 1.05 < scaled.max() < 1.3


def test_a_flip_mirrors_about_half_of_the_images_and_only_where_asked() -> None:
    images = np.repeat(IMAGES[:1], 64, axis=0)
    flipped = by(images, flip=True)
    mirrored = np.array([np.allclose(image, images[0][:, ::-1], atol=1e-5) for image in flipped])
    kept = np.array([np.allclose(image, images[0], atol=1e-5) for image in flipped])
    assert np.all(mirrored ^ kept) and 16 < mirrored.sum() < 48


def test_contrast_keeps_the_mean_and_brightness_the_deviation() -> None:
    contrast, brightness = by(contrast=0.5), by(brightness=0.5)
    np.testing.assert_allclose(contrast.mean(axis=(1, 2, 3)), IMAGES.mean(axis=(1, 2, 3)), atol=1e-5)
    assert np.abs(contrast.std(axis=(1, 2, 3)) / IMAGES.std(axis=(1, 2, 3)) - 1).max() > 0.1
    np.testing.assert_allclose(brightness.std(axis=(1, 2, 3)), IMAGES.std(axis=(1, 2, 3)), atol=1e-5)
    assert 0.1 < np.abs(brightness.mean(axis=(1, 2, 3)) - IMAGES.mean(axis=(1, 2, 3))).max() <= 0.5


@pytest.mark.parametrize("seed", [1, 2])
def test_a_dataset_changes_anew_each_epoch_and_the_same_way_for_the_same_seed(seed: int) -> None:
    def epochs() -> list[np.ndarray]:
        label, weight = np.zeros((6, 1), np.float32), np.ones(6, np.float32)
        plain = tf.data.Dataset.from_tensor_slices(({"image": IMAGES, "features": label}, label, weight)).batch(2)
        data = augmented(plain, Augmentation(), seed)
        assert int(data.cardinality()) == 3
        return [np.concatenate([views["image"].numpy() for views, _, _ in data]) for _ in range(2)]

    first, second = epochs()
    assert first.shape == IMAGES.shape and np.abs(first - second).max() > 0.1
    for mine, again in zip((first, second), epochs(), strict=True):
        np.testing.assert_array_equal(mine, again)
