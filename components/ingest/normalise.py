"""Blocks to rows: checked, converted to what an example stores, the bad ones set aside."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from components.ingest.block import Block
from components.ingest.cells import merged
from components.ingest.columns import (
    Column,
    Converter,
    band_converter,
    feature_converter,
    label_converter,
    patient_converter,
)
from components.ingest.identifiers import capped_age, days_before, year_of, zip3
from pipeline_configs.feature import Categorical, Feature, Numeric
from pipeline_configs.task import Task

__all__ = ["Normaliser", "Refusal", "Rows", "converter", "source_columns"]

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
    """Returns the columns that are read from a source: patient id, label, the features', and names known from it."""
    references = [f.date.column for f in task.features.values() if isinstance(f, Numeric) and f.date and f.date.column]
    features = map(task.column, task.tabular)
    return list(dict.fromkeys([task.patient_id, task.label_column, *features, *references, *task.privacy.known_names]))


def _converters(task: Task) -> dict[str, Converter]:
    """A converter for each feature that stands in a column, but for those that need two columns."""
    return {name: converter(task, feature) for name, feature in task.tabular.items() if not _reference(feature)}


def _reference(feature: Feature) -> str:
    """The column that a feature is counted from; "" for most."""
    return feature.date.column if isinstance(feature, Numeric) and feature.date else ""


def converter(task: Task, feature: Feature) -> Converter:
    """Returns the converter of a feature's column, with what privacy asks for."""
    safe_harbor = task.privacy.mode == "safe_harbor"
    if isinstance(feature, Numeric) and feature.date:
        return year_of(feature, safe_harbor=safe_harbor)
    if isinstance(feature, Categorical) and feature.zip_code and safe_harbor:
        return zip3(feature, task.privacy.small_zip3)
    convert = feature_converter(feature, task.data.decimal)
    return capped_age(convert, feature.unit) if isinstance(feature, Numeric) and task.caps_age(feature) else convert


class Normaliser:
    """Converts blocks as a task declares.

    Attributes:
        trimmed: Number of cells by source column that had spaces around their value, so far.
        removed: Number of cells by source column and by the kind of identifier taken out of them, so far.
    """

    def __init__(self, task: Task) -> None:
        self._task = task
        self._features = _converters(task)
        self._label = label_converter(task.label, task.data.decimal)
        self._bands = {
            band: band_converter(task.sensitive[name].bands or (), task.sensitive[name].labels())
            for band, name in task.band_features.items()
            if task.sensitive[name].bands and name in task.tabular
        }
        self.trimmed: dict[str, int] = {}
        self.removed: Counter[tuple[str, str]] = Counter()

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
        for name, feature in task.tabular.items():
            if isinstance(feature, Numeric) and _reference(feature):
                dates, reference = batch.column(task.column(name)), batch.column(_reference(feature))
                features[name] = self._converted(task.column(name), days_before(feature, dates, reference))
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
        copies = {b: name for b, name in task.band_features.items() if b not in stored and name in stored}
        stored |= {band: stored[name].cast(pa.string()) for band, name in copies.items()}
        rows = Rows(stored, label.values, patients.values, np.arange(batch.num_rows))
        return rows.where(~merged((column.bad for _, column in columns), batch.num_rows)), refusals

    def _converted(self, name: str, column: Column) -> Column:
        if column.trimmed:
            self.trimmed[name] = self.trimmed.get(name, 0) + column.trimmed
        self.removed.update({(name, kind): count for kind, count in column.removed.items()})
        return column
