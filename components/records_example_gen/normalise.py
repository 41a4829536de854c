"""Blocks to rows: checked, converted to what an example stores, the bad ones set aside."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from components.records_example_gen.block import Block
from components.records_example_gen.cells import merged
from components.records_example_gen.columns import (
    Column,
    band_converter,
    feature_converter,
    label_converter,
    patient_converter,
)
from pipeline_configs.task import Task

__all__ = ["Normaliser", "Refusal", "Rows", "source_columns"]

Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Refusal:
    """Cells (or rows) that go to quarantine for one reason.

    Attributes:
        column: Source column; "" for the row as a whole.
        reason: Fixed sentence.
        rows: int64[cells]; place of each row in the block, from 0.
    """

    column: str
    reason: str
    rows: Places


@dataclass(frozen=True)
class Rows:
    """The good rows of a block.

    Attributes:
        features: Each declared feature and each band by its name; float32, string or int64, null where missing.
        label: int64[rows], 0 or 1.
        patients: The identifiers as text; they go no further than to be hashed.
        places: int64[rows]; place of each row in its block, from 0.
    """

    features: dict[str, pa.Array]
    label: pa.Int64Array
    patients: pa.StringArray
    places: Places

    def __len__(self) -> int:
        return len(self.places)

    def where(self, mask: npt.NDArray[np.bool_]) -> "Rows":
        """Returns the rows at which the mask is true."""
        if mask.all():
            return self
        chosen = pa.array(mask)
        features = {name: column.filter(chosen) for name, column in self.features.items()}
        return Rows(features, self.label.filter(chosen), self.patients.filter(chosen), self.places[mask])


def source_columns(task: Task) -> list[str]:
    """Returns the columns that are read from a source: patient id, label, and the features'."""
    return list(dict.fromkeys([task.patient_id, task.label_column, *map(task.column, task.features)]))


class Normaliser:
    """Converts blocks as a task declares.

    Attributes:
        trimmed: Number of cells by source column that had spaces around their value, so far.
    """

    def __init__(self, task: Task) -> None:
        self._task = task
        self._features = {n: feature_converter(f, task.data.decimal) for n, f in task.features.items()}
        self._label = label_converter(task.label, task.data.decimal)
        self._bands = {
            band: band_converter(task.sensitive[name].bands or (), task.sensitive[name].labels())
            for band, name in task.band_features.items()
            if task.sensitive[name].bands
        }
        self.trimmed: dict[str, int] = {}

    def __call__(self, block: Block) -> tuple[Rows, list[Refusal]]:
        """Converts a block.

        Returns:
            The good rows in their order, and what is wrong with the others; a row may have several bad cells.
        """
        task, batch = self._task, block.batch
        patients = self._converted(task.patient_id, patient_converter(batch.column(task.patient_id)))
        label = self._converted(task.label_column, self._label(batch.column(task.label_column)))
        features = {
            name: self._converted(task.column(name), convert(batch.column(task.column(name))))
            for name, convert in self._features.items()
        }
        columns = [
            (task.patient_id, patients),
            *((task.column(name), column) for name, column in features.items()),
            (task.label_column, label),
        ]
        refusals = [
            Refusal(name, reason, np.flatnonzero(mask)) for name, column in columns for reason, mask in column.bad
        ]
        stored = {name: column.values for name, column in features.items()}
        for band, convert in self._bands.items():
            stored[band] = convert(stored[task.band_features[band]]).values
        # A slice feature with a name of its own and without bands is a copy of its feature, as text.
        copies = {band: name for band, name in task.band_features.items() if band not in stored}
        stored |= {band: stored[name].cast(pa.string()) for band, name in copies.items()}
        rows = Rows(stored, label.values, patients.values, np.arange(batch.num_rows))
        return rows.where(~merged((column.bad for _, column in columns), batch.num_rows)), refusals

    def _converted(self, name: str, column: Column) -> Column:
        if column.trimmed:
            self.trimmed[name] = self.trimmed.get(name, 0) + column.trimmed
        return column
