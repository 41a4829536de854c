"""Patients of a block: pseudonym and split of each row, and which patients were there before."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from components.ingest.splits import assign, positions
from pipeline_configs.task import Splits
from privacy.pseudonyms import digests

__all__ = ["Patients", "Seen", "hash_patients", "pseudonym_column"]

Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Patients:
    """The patients of the rows of a block.

    Attributes:
        hashes: uint64[rows]; the pseudonym as a number.
        splits: int8[rows]; number of the split in `SPLITS`.
    """

    hashes: Hashes
    splits: npt.NDArray[np.int8]


def hash_patients(ids: pa.StringArray, key: bytes, splits: Splits) -> Patients:
    """Hashes each patient id of a block once.

    Args:
        ids: Patient ids, none of them null.
        key: Secret of the pseudonyms.
        splits: Shares and key of the splits.
    """
    encoded = ids.cast(pa.binary()).dictionary_encode()
    unique = encoded.dictionary.to_pylist()
    rows = encoded.indices.to_numpy()
    hashes = np.frombuffer(digests(key, unique), ">u8").astype(np.uint64)
    return Patients(hashes[rows], assign(splits, positions(splits.key, unique))[rows])


def pseudonym_column(hashes: Hashes) -> pa.BinaryArray:
    """Returns pseudonyms as 16 hexadecimal characters each."""
    text = hashes.astype(">u8").tobytes().hex().encode()
    return pa.Array.from_buffers(pa.binary(16), len(hashes), [None, pa.py_buffer(text)]).cast(pa.binary())


class Seen:
    """The patients so far, eight bytes each, in sorted runs of doubling length.

    Two patients with the same 64-bit hash would be taken for one; with ten million patients that has a chance of 3 in
    a million, and their pseudonyms would be the same anyway.
    """

    def __init__(self) -> None:
        self._runs: list[Hashes] = []

    def __len__(self) -> int:
        return sum(map(len, self._runs))

    def known(self, hashes: Hashes) -> npt.NDArray[np.bool_]:
        """Returns bool[hashes]: which of them were added before."""
        found = np.zeros(len(hashes), bool)
        for run in self._runs:
            place = np.minimum(np.searchsorted(run, hashes), len(run) - 1)
            found |= run[place] == hashes
        return found

    def add(self, hashes: Hashes) -> None:
        """Adds hashes; those that are there already do no harm."""
        fresh = np.unique(hashes)
        fresh = fresh[~self.known(fresh)]
        while self._runs and len(self._runs[-1]) <= 2 * len(fresh):
            fresh = np.concatenate([self._runs.pop(), fresh])
            fresh.sort()
        if len(fresh):
            self._runs.append(fresh)

    def repeated(self, hashes: Hashes) -> npt.NDArray[np.bool_]:
        """Returns bool[hashes]: which were added before, or stand earlier in `hashes`."""
        repeats = np.ones(len(hashes), bool)
        repeats[np.unique(hashes, return_index=True)[1]] = False
        return repeats | self.known(hashes)

    def all(self) -> Hashes:
        """Returns all hashes, sorted."""
        if len(self._runs) == 1:
            return self._runs[0]
        everything = np.concatenate([np.empty(0, np.uint64), *self._runs])
        everything.sort()
        return everything
