"""Looks of images, and pairs of them across splits, against counting every pair."""

from itertools import pairwise

import numpy as np
import pytest

from components.image_example_gen import near_duplicates
from components.image_example_gen.near_duplicates import (
    LOOK_WORDS,
    MOST_BITS,
    MOST_FINE_BITS,
    look_of,
    pairs_across_splits,
)


def differing(one: list[int], other: list[int]) -> int:
    return sum((left ^ right).bit_count() for left, right in zip(one, other, strict=True))


def every_pair(looks: list[list[int]], splits: list[int]) -> int:
    return sum(
        differing(looks[i][:1], looks[j][:1]) <= MOST_BITS
        and differing(looks[i][1:], looks[j][1:]) <= MOST_FINE_BITS
        and splits[i] != splits[j]
        for i in range(len(looks))
        for j in range(i)
    )


@pytest.mark.parametrize("seed", range(5))
def test_pairs(seed: int) -> None:
    """Few different looks with some bits flipped: many near pairs, equal ones, and pairs that share several groups."""
    rng = np.random.default_rng(seed)
    looks = []
    for _ in range(300):
        look = [int(rng.integers(0, 6)) * 0x0123456789ABCDEF & (1 << 64) - 1] * LOOK_WORDS
        for bit in rng.integers(0, 64 * LOOK_WORDS, rng.integers(0, 16)):
            look[int(bit) // 64] ^= 1 << int(bit) % 64
        looks.append(look)
    splits = rng.integers(0, 3, 300).tolist()
    expected = every_pair(looks, splits)
    assert expected > 1000
    assert pairs_across_splits(np.array(looks, np.uint64), np.array(splits, np.uint64)) == expected


def test_no_images() -> None:
    assert pairs_across_splits(np.empty((0, LOOK_WORDS), np.uint64), np.array([], np.uint64)) == 0


def test_too_much_to_compare_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near_duplicates, "_MOST_COMPARISONS", 3)
    assert pairs_across_splits(np.zeros((4, LOOK_WORDS), np.uint64), np.zeros(4, np.uint64)) is None


@pytest.mark.parametrize("channels", [1, 3])
def test_looks_bear_brightness_and_noise_and_tell_images_apart(channels: int) -> None:
    rng = np.random.default_rng(0)
    coarse = rng.integers(40, 200, (16, 17))
    image = np.repeat(np.kron(coarse, np.ones((9, 8), int))[:, :, None], channels, axis=2).astype(np.uint8)
    changed = np.clip(image * 0.9 + 12 + rng.normal(0, 3, image.shape), 0, 255).astype(np.uint8)
    look = look_of(image)
    assert len(look) == LOOK_WORDS
    assert differing(look[:1], look_of(changed)[:1]) <= MOST_BITS
    assert differing(look[1:], look_of(changed)[1:]) <= MOST_FINE_BITS
    bits = "".join(str(int(left < right)) for line in coarse for left, right in pairwise(line))
    assert look[1:] == [int(bits[place : place + 64], 2) for place in range(0, 256, 64)]
    assert differing(look[1:], look_of(image[:, ::-1].copy())[1:]) > 3 * MOST_FINE_BITS
