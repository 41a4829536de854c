"""MinHash of a note: how much of its wording another note shares, in 128 bytes.

Broder, "On the resemblance and containment of documents", SEQUENCES 1997: the share of permutations under which two
sets have the same smallest element estimates the Jaccard similarity of the sets. A set is a note's runs of five words.
Of each smallest element the lowest byte is kept (Li and Koenig, "b-Bit Minwise Hashing", WWW 2010); bands of the full
values find the pairs that are worth comparing (locality-sensitive hashing; Leskovec, Rajaraman, Ullman, "Mining of
Massive Datasets", chapter 3.4).
"""

import functools
import re
import zlib
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["PERMUTATIONS", "MinHash", "Signature", "best_bands", "similarity"]

PERMUTATIONS = 128
"""The standard error of a similarity of 0.8 is 0.035."""

_RUN = 5
_CHUNK = 2048
"""Runs of words that are hashed at a time: 2 MiB of numbers."""

_WORD = re.compile(r"\w+")
_MISSED = 0.9
"""Weight of a pair that the bands miss, against one that they bring up in vain: that one costs a comparison."""

UInt64 = npt.NDArray[np.uint64]


class Signature(NamedTuple):
    """What is kept of a note.

    Attributes:
        bytes: uint8[128]; lowest byte of the smallest hash under each permutation.
        bands: uint64[bands]; a hash of the smallest hashes of each band.
    """

    bytes: npt.NDArray[np.uint8]
    bands: UInt64


class MinHash:
    """Makes signatures that can be compared with each other.

    Args:
        threshold: Similarity from which on pairs are to be found.
    """

    def __init__(self, threshold: float) -> None:
        self.bands, self.rows = best_bands(threshold)
        numbers = np.random.default_rng(1997).integers(1, 2**63, (2, PERMUTATIONS), np.uint64)
        self._factors = (numbers[0] | np.uint64(1))[:, None]
        self._offsets = numbers[1][:, None]

    def __call__(self, text: str) -> Signature:
        """Returns the signature of a text; upper and lower case, and what is between words, make no difference."""
        runs = _runs(text)
        smallest = np.full(PERMUTATIONS, np.iinfo(np.uint64).max, np.uint64)
        with np.errstate(over="ignore"):
            for start in range(0, len(runs), _CHUNK):
                hashed = self._factors * runs[None, start : start + _CHUNK] + self._offsets
                np.minimum(smallest, hashed.min(axis=1), out=smallest)
            mixed = _mixed(smallest)
            banded = mixed[: self.bands * self.rows].reshape(self.bands, self.rows)
            bands = _mixed((banded * self._factors[: self.rows, 0]).sum(axis=1, dtype=np.uint64))
        return Signature((mixed & np.uint64(255)).astype(np.uint8), bands)


def similarity(one: npt.NDArray[np.uint8], others: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Estimates the Jaccard similarity of a note and others.

    Args:
        one: uint8[128].
        others: uint8[notes, 128].

    Returns:
        float64[notes]; bytes that are the same by chance (one in 256) are taken off.
    """
    chance = 1 / 256
    equal = (others == one).mean(axis=1)
    return np.asarray((equal - chance) / (1 - chance), np.float64)


@functools.lru_cache(maxsize=16)
def best_bands(threshold: float) -> tuple[int, int]:
    """Returns the number of bands, and of permutations in each, that fit a threshold best.

    A pair of similarity s is brought up with probability 1 - (1 - s^rows)^bands. The choice minimises the weighted
    areas of pairs missed above the threshold and of pairs brought up below it.

    Args:
        threshold: From 0.5 to 1.
    """
    if threshold >= 1:
        return 1, PERMUTATIONS
    grid = (np.arange(1000) + 0.5) / 1000
    below, above = grid[grid < threshold], grid[grid >= threshold]

    def cost(shape: tuple[int, int]) -> float:
        bands, rows = shape
        in_vain = (1 - (1 - below**rows) ** bands).sum()
        missed = ((1 - above**rows) ** bands).sum()
        return float((1 - _MISSED) * in_vain + _MISSED * missed)

    return min(((PERMUTATIONS // rows, rows) for rows in range(1, PERMUTATIONS + 1)), key=cost)


def _runs(text: str) -> UInt64:
    """uint64[runs]; a hash of each different run of five words, of all words where there are fewer; at least one."""
    words = np.array([zlib.crc32(word.encode("utf-8", "replace")) for word in _WORD.findall(text.lower())], np.uint64)
    with np.errstate(over="ignore"):
        words = _mixed(words + np.uint64(1))
        length = min(_RUN, len(words))
        count = len(words) - length + 1 if length else 1
        total = np.zeros(count, np.uint64)
        for place in range(length):
            total = total * np.uint64(0x9E3779B97F4A7C15) + words[place : place + count]
        return np.unique(_mixed(total))


def _mixed(numbers: UInt64) -> UInt64:
    """The finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): every bit of what comes in changes every bit."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))
