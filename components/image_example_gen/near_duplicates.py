"""Images that look nearly the same: difference hashes of each, and pairs of them across splits.

A difference hash (dHash) says of a grid of grey means whether each is darker than its right neighbour; what is scaled,
compressed again or a little brighter has nearly the same bits. One of 64 bits finds pairs, one of 256 bits confirms
them: radiographs of two patients share a body's outline, and so most of the first. Pairs that differ in at most three
of 64 bits share at least one of four groups of 16 (the pigeonhole principle), so that only images that share a group
are compared (multi-index hashing: Norouzi, Punjani and Fleet, CVPR 2012).
"""

import numpy as np
import numpy.typing as npt

from transforms.pixels.image_file import Pixels

__all__ = ["LOOK_WORDS", "MOST_BITS", "MOST_FINE_BITS", "look_of", "pairs_across_splits"]

MOST_BITS = 3
"""Of 64 bits, those in which two images that count as nearly the same may differ."""

MOST_FINE_BITS = 12
"""Of 256 bits, the same. Noise of one grey level in 256 changes 6 of a phantom of the chest; of two different ones, 17
or more differ."""

LOOK_WORDS = 5
"""Numbers of 64 bits that a look has: the small hash, then four of the large one."""

_GROUPS = MOST_BITS + 1
_EVERY_FOURTH = np.uint64(0x1111111111111111)
"""Groups take every fourth bit each: neighbouring bits say much the same."""
_BLOCK = 1 << 22
"""Comparisons at a time."""
_MOST_COMPARISONS = 1 << 31

Looks = npt.NDArray[np.uint64]
Keys = npt.NDArray[np.uint64]


def look_of(pixels: Pixels) -> list[int]:
    """Returns the hashes of an image, `LOOK_WORDS` numbers of 64 bits.

    Args:
        pixels: uint8 `[height, width, channels]`.
    """
    from PIL.Image import Resampling, fromarray

    picture = fromarray(pixels[:, :, 0]) if pixels.shape[2] == 1 else fromarray(pixels).convert("L")
    bits = []
    for side in (8, 16):
        grid = np.asarray(picture.resize((side + 1, side), Resampling.BOX))
        bits.append(np.packbits(grid[:, :-1] < grid[:, 1:]))
    numbers: list[int] = np.concatenate(bits).view(">u8").tolist()
    return numbers


def pairs_across_splits(looks: Looks, splits: npt.NDArray[np.uint64]) -> int | None:
    """Counts pairs of images in different splits that look nearly the same.

    Args:
        looks: uint64[images, `LOOK_WORDS`], from `look_of`.
        splits: uint64[images]; number of each image's split.

    Returns:
        The number; None where so many images are alike in part that counting them would take minutes.
    """
    keys = [(looks[:, 0] >> np.uint64(group)) & _EVERY_FOURTH for group in range(_GROUPS)]
    grouped = [_same(key) for key in keys]
    if sum(len(group) ** 2 for groups in grouped for group in groups) > _MOST_COMPARISONS:
        return None
    return sum(_pairs(group, looks, splits, keys[:number]) for number, groups in enumerate(grouped) for group in groups)


def _same(key: Keys) -> list[npt.NDArray[np.int64]]:
    """Places with the same key, where there are at least two."""
    order = np.argsort(key, kind="stable")
    cuts = np.flatnonzero(np.diff(key[order])) + 1
    return [group for group in np.split(order, cuts) if len(group) > 1]


def _pairs(group: npt.NDArray[np.int64], looks: Looks, splits: npt.NDArray[np.uint64], earlier: list[Keys]) -> int:
    """Pairs within a group, but for those that an earlier group has counted."""
    found = 0
    step = max(1, _BLOCK // len(group))
    for start in range(0, len(group), step):
        rows, others = group[start : start + step], group[start:]
        near = np.bitwise_count(looks[rows, :1] ^ looks[others, 0][None]) <= MOST_BITS
        near &= np.arange(len(others))[None] > np.arange(len(rows))[:, None]
        near &= splits[rows][:, None] != splits[others][None]
        left, right = np.nonzero(near)
        left, right = rows[left], others[right]
        counted = np.bitwise_count(looks[left, 1:] ^ looks[right, 1:]).sum(axis=1) <= MOST_FINE_BITS
        for key in earlier:
            counted &= key[left] != key[right]
        found += int(counted.sum())
    return found
