"""The groups of patients that a task looks at on their own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline_configs.task import Slicing

__all__ = ["ENOUGH", "TOO_FEW", "Group", "groups"]

ENOUGH = "enough"
TOO_FEW = "not enough evidence"


@dataclass(frozen=True)
class Group:
    """Rows with the same values of one or more slice features.

    Attributes:
        values: Value by slice feature.
        rows: Row numbers, int64 [k].
        positives: Positives among them.
        evidence: ENOUGH, or TOO_FEW by the task's slicing.
    """

    values: Mapping[str, str]
    rows: NDArray[np.int64]
    positives: int
    evidence: str

    @property
    def name(self) -> str:
        """The group in words, such as "sex=female, age_band=40-60"."""
        return ", ".join(f"{feature}={value}" for feature, value in self.values.items())


def groups(
    slices: Mapping[str, NDArray[np.bytes_]],
    labels: NDArray[np.int64],
    crossed: Sequence[Sequence[str]],
    slicing: Slicing,
    order: Mapping[str, Sequence[str]] | None = None,
) -> list[Group]:
    """Finds the groups that occur: by each slice feature, then by each intersection; rows without a value are in none.

    Args:
        slices: By slice feature, bytes [n]; b"" where missing.
        labels: int64 [n].
        crossed: Intersections of slice features.
        slicing: How many rows, positives and negatives are enough.
        order: Values of a slice feature in the order in which they are listed; else by name.
    """
    places = {(name, value): i for name, values in (order or {}).items() for i, value in enumerate(values)}
    found = []
    for features in [*((name,) for name in slices), *crossed]:
        codes, present = np.zeros(labels.size, dtype=np.int64), np.ones(labels.size, dtype=bool)
        for feature in features:
            distinct, of_feature = np.unique(slices[feature], return_inverse=True)
            codes = codes * distinct.size + of_feature
            present &= slices[feature] != b""
        of_features = []
        for code in np.unique(codes[present]):
            rows = np.flatnonzero(present & (codes == code))
            values = {feature: slices[feature][rows[0]].decode("utf-8", "replace") for feature in features}
            positives = int(labels[rows].sum())
            few = rows.size < slicing.min_examples or min(positives, rows.size - positives) < slicing.min_positives
            of_features.append(Group(values, rows, positives, TOO_FEW if few else ENOUGH))
        found += sorted(of_features, key=lambda group: [places.get(part, -1) for part in group.values.items()])
    return found
