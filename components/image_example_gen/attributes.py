"""What is known of images besides their pixels: label, features, pseudonym and split, as columns."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from components.ingest.normalise import Rows
from components.ingest.patients import Hashes

__all__ = ["Attributes"]

_LABEL, _PATIENT, _SPLIT = "#label", "#patient", "#split"
"""Names that no feature can have."""


@dataclass(frozen=True)
class Attributes:
    """Rows of a manifest or of a table of labels, with nothing in them that identifies a patient.

    Attributes:
        features: Each feature that stands in a column, and its bands; float32, string or int64, null where missing.
        label: int64[rows], 0 or 1.
        patients: uint64[rows]; the pseudonym as a number.
        splits: int8[rows]; number of the split.
    """

    features: Mapping[str, pa.Array]
    label: pa.Int64Array
    patients: Hashes
    splits: npt.NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.label)

    @classmethod
    def of(cls, rows: Rows, image: str, patients: Hashes, splits: npt.NDArray[np.int8]) -> "Attributes":
        """Returns those of normalised rows.

        Args:
            rows: The rows.
            image: Name of the image's feature, whose path is left out here.
            patients: uint64[rows].
            splits: int8[rows].
        """
        features = {name: column for name, column in rows.features.items() if name != image}
        return cls(features, rows.label, patients, splits)

    def take(self, rows: npt.NDArray[np.int64]) -> "Attributes":
        """Returns these rows, in this order."""
        places = pa.array(rows)
        features = {name: column.take(places) for name, column in self.features.items()}
        return Attributes(features, self.label.take(places), self.patients[rows], self.splits[rows])

    def to_batch(self) -> pa.RecordBatch:
        """Returns the columns in one."""
        own = {_LABEL: self.label, _PATIENT: pa.array(self.patients), _SPLIT: pa.array(self.splits)}
        columns = {**self.features, **own}
        return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))

    @classmethod
    def from_batch(cls, batch: pa.RecordBatch) -> "Attributes":
        """Returns what `to_batch` put together; other columns whose names begin with # do no harm."""
        features = {name: batch.column(name) for name in batch.schema.names if not name.startswith("#")}
        patients = batch.column(_PATIENT).to_numpy()
        return cls(features, batch.column(_LABEL), patients, batch.column(_SPLIT).to_numpy())
