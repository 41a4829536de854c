"""Acquisition metadata of images to columns, as the task declares them."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from components.ingest.columns import band_converter
from components.ingest.normalise import Refusal, converter
from pipeline_configs.feature import Numeric
from pipeline_configs.task import Task
from transforms.pixels.image_file import Acquired

__all__ = ["AcquiredColumns"]


class AcquiredColumns:
    """Converts what image files say about how they were made.

    Args:
        task: The declaration.
    """

    def __init__(self, task: Task) -> None:
        self._features = task.acquired
        # Numbers come as numbers, so that the decimal mark of the manifest does not matter.
        plain = task.model_copy(update={"data": task.data.model_copy(update={"decimal": "."})})
        self._converters = {name: converter(plain, feature) for name, feature in self._features.items()}
        self._bands = {
            band: (name, band_converter(task.sensitive[name].bands or (), task.sensitive[name].labels()))
            for band, name in task.band_features.items()
            if task.sensitive[name].bands and name in self._features
        }
        self._copies = {
            band: name
            for band, name in task.band_features.items()
            if not task.sensitive[name].bands and name in self._features
        }

    def __bool__(self) -> bool:
        """Whether the task declares any."""
        return bool(self._features)

    def __call__(self, found: Sequence[Acquired]) -> tuple[dict[str, pa.Array], list[Refusal]]:
        """Converts.

        Args:
            found: Of each image, the values by the keys of `ACQUISITION`.

        Returns:
            Each acquired feature and its bands by name, as in an example, null where missing; and the values that
            cannot be taken.
        """
        columns: dict[str, pa.Array] = {}
        refusals = []
        for name, feature in self._features.items():
            values = [one[feature.acquisition] for one in found] if feature.acquisition else []
            column = self._converters[name](_array(values, number=isinstance(feature, Numeric)))
            columns[name] = column.values
            refusals += [Refusal(name, reason, np.flatnonzero(mask)) for reason, mask in column.bad if mask.any()]
        for band, (name, convert) in self._bands.items():
            columns[band] = convert(columns[name]).values
        columns |= {band: columns[name].cast(pa.string()) for band, name in self._copies.items()}
        return columns, refusals


def _array(values: Sequence[str | float | None], *, number: bool) -> pa.Array:
    """As numbers where all are, else as text: a category may be made of a number, such as bits."""
    if number and not any(isinstance(value, str) for value in values):
        return pa.array(values, pa.float64())
    return pa.array([_text(value) for value in values], pa.string())


def _text(value: str | float | None) -> str | None:
    return f"{value:g}" if isinstance(value, float) else value
