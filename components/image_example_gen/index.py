"""What is kept of each image that was read, in numbers: to find duplicates and to describe the data set."""

from collections import Counter
from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from components.image_example_gen.formats import FORMATS
from components.image_example_gen.near_duplicates import LOOK_WORDS, pairs_across_splits
from components.ingest.job import Result, load_hashes
from components.ingest.reasons import Reason

__all__ = ["WIDTH", "Column", "Index", "facts_of", "load_index", "repeated_images", "repeated_patients"]

Index = npt.NDArray[np.uint64]
"""uint64[images, columns]."""


class Column(IntEnum):
    """The columns of an index."""

    ORDER = 0
    """Place of the image in the data; unique, and rising in the order of manifests and rows."""
    PATIENT = 1
    SPLIT = 2
    LABEL = 3
    PIXELS = 4
    """Hash of the stored pixels."""
    FORMAT = 5
    """Place in `FORMATS`."""
    ROW = 6
    """Row of the table of labels."""
    LOOK = 7
    """First of the numbers of `look_of`."""


WIDTH = Column.LOOK + LOOK_WORDS
"""Numbers that are kept of an image."""


def load_index(results: Iterable[Result]) -> Index:
    """Returns what the results of an ingest kept, in the order of the data."""
    parts = [load_hashes(result.hashes).reshape(-1, WIDTH) for result in results if result.hashes]
    index = np.concatenate([np.empty((0, WIDTH), np.uint64), *parts])
    return index[np.argsort(index[:, Column.ORDER], kind="stable")]


def repeated_images(index: Index) -> dict[int, str]:
    """Returns the images to leave out because their pixels stand there more than once, by order, with the reason.

    Of the same image of one patient the first stays. Of an image that stands under two patients none does: one of the
    two is wrong, and nobody knows which.
    """
    left_out: dict[int, str] = {}
    ordered = index[np.argsort(index[:, Column.PIXELS], kind="stable")]
    for group in _groups(ordered, Column.PIXELS):
        shared = len(np.unique(group[:, Column.PATIENT])) > 1
        reason = Reason.SHARED_IMAGE if shared else Reason.SAME_IMAGE
        left_out |= {int(order): str(reason) for order in group[0 if shared else 1 :, Column.ORDER]}
    return left_out


def repeated_patients(index: Index) -> dict[int, str]:
    """Returns the images of patients who have one already, by order, with the reason."""
    ordered = index[np.argsort(index[:, Column.PATIENT], kind="stable")]
    repeated = [int(order) for group in _groups(ordered, Column.PATIENT) for order in group[1:, Column.ORDER]]
    return dict.fromkeys(repeated, str(Reason.REPEATED_PATIENT))


def facts_of(index: Index) -> dict[str, Any]:
    """Returns what the report says about the images that were taken."""
    patients = len(np.unique(index[:, Column.PATIENT]))
    with_label = len(np.unique(index[:, [Column.PATIENT, Column.LABEL]], axis=0))
    formats = Counter(FORMATS[int(number)] for number in index[:, Column.FORMAT])
    return {
        "formats": dict(formats.most_common()),
        "patients_with_both_labels": with_label - patients,
        "near_duplicates_across_splits": pairs_across_splits(index[:, Column.LOOK :], index[:, Column.SPLIT]),
    }


def _groups(ordered: Index, column: Column) -> Sequence[Index]:
    """Rows with the same value in a column by which they are sorted, where there are at least two."""
    values = ordered[:, column]
    same = values[1:] == values[:-1]
    chosen = np.flatnonzero(np.append(same, False) | np.insert(same, 0, False)) if len(values) else np.array([], int)
    repeated = ordered[chosen]
    groups = np.split(repeated, np.flatnonzero(np.diff(repeated[:, column])) + 1)
    return [group for group in groups if len(group)]
