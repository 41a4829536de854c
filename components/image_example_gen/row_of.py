"""Where a key stands among digests."""

import numpy as np
import numpy.typing as npt

from privacy.pseudonyms import digests

__all__ = ["row_of"]


def row_of(keys: npt.NDArray[np.uint64], key: bytes, value: str) -> int:
    """Returns the row that a file belongs to, or -1.

    Args:
        keys: uint64[rows], rising; digests.
        key: Secret of the digests.
        value: The element of its header.
    """
    digest = np.uint64(int.from_bytes(digests(key, [value.encode()]), "big"))
    place = int(np.searchsorted(keys, digest))
    return place if place < len(keys) and keys[place] == digest else -1
