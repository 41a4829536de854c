"""Which split a patient belongs to: a keyed hash of the patient id decides, the same way for ever."""

import hashlib
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from pipeline_configs.task import Splits

__all__ = ["SPLITS", "assign", "positions"]

SPLITS = ("train", "calibration", "eval")
"""The splits, in the order in which they take up the interval from 0 to 1."""

_MAX_KEY = 64


def positions(key: str, patients: Iterable[bytes]) -> npt.NDArray[np.float64]:
    """Returns the place of each patient between 0 and 1: the first 53 bits of BLAKE2b (RFC 7693) of the id.

    Args:
        key: `splits.key` of the task. It need not be secret; another key makes another split.
        patients: Identifiers in UTF-8, without surrounding spaces.

    Returns:
        float64[patients], evenly spread over [0, 1).
    """
    secret = key.encode()
    if len(secret) > _MAX_KEY:
        secret = hashlib.blake2b(secret).digest()
    hashed = b"".join([hashlib.blake2b(patient, digest_size=8, key=secret).digest() for patient in patients])
    return (np.frombuffer(hashed, ">u8") >> np.uint64(11)).astype(np.float64) / 2**53


def assign(splits: Splits, places: npt.NDArray[np.float64]) -> npt.NDArray[np.int8]:
    """Returns the number of each patient's split in `SPLITS`.

    Args:
        splits: Shares of the splits.
        places: float64[patients], from `positions`.

    Returns:
        int8[patients].
    """
    bounds = np.round([splits.train, splits.train + splits.calibration], 9)
    return np.searchsorted(bounds, places, side="right").astype(np.int8)
