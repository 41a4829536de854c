"""Where each declared feature stands in the vector that model and baselines see."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline_configs.feature import Categorical, Feature, Flag, Numeric

__all__ = ["ACQUISITION", "FEATURES", "Layout"]

FEATURES = "features"
"""Name of the view with the values that the model sees: float32 of shape `[batch, layout.width]`."""

ACQUISITION = "acquisition"
"""Name of the view with the values that the shortcut probe sees, of the same form."""

OTHER = "other"


@dataclass(frozen=True)
class Layout:
    """The columns of the vector, in order: numbers, flags, categories, missing flags, buckets, ids.

    All columns but the ids are dense: centred, and 0 where the value is not known. An id stands for one value of a
    categorical feature whose values are not declared (0 missing, 1 other, from 2 on the vocabulary) and is to be
    embedded or one-hot encoded by whoever reads it.

    Args:
        inputs: The features that the model sees, by name, in the task's order.
    """

    inputs: Mapping[str, Feature]

    @property
    def numbers(self) -> dict[str, Numeric]:
        """Numeric features that become a z-score."""
        return {name: f for name, f in self._numeric().items() if f.transform != "buckets"}

    @property
    def buckets(self) -> dict[str, Numeric]:
        """Numeric features that become quantile buckets."""
        return {name: f for name, f in self._numeric().items() if f.transform == "buckets"}

    @property
    def flags(self) -> dict[str, Flag]:
        """Features that are true or false."""
        return {name: f for name, f in self.inputs.items() if isinstance(f, Flag)}

    @property
    def categories(self) -> dict[str, tuple[str, ...]]:
        """Categorical features with declared values, each with its stored values in order and without repeats."""
        return {name: tuple(dict.fromkeys(f.mapping.values())) for name, f in self._categorical().items() if f.mapping}

    @property
    def ids(self) -> dict[str, Categorical]:
        """Categorical features whose values the vocabulary learns."""
        return {name: f for name, f in self._categorical().items() if not f.mapping}

    @property
    def with_missing_flag(self) -> tuple[str, ...]:
        """Features with a missing flag: all but the ids, which have a place for it."""
        return (*self.numbers, *self.flags, *self.categories, *self.buckets)

    @property
    def analysed(self) -> tuple[str, ...]:
        """Names of the columns that are centred by their mean over the training split."""
        categories = [f"{name}={v}" for name, values in self.categories.items() for v in (*values, OTHER)]
        return (*self.numbers, *self.flags, *categories, *(f"{name} missing" for name in self.with_missing_flag))

    @property
    def dense(self) -> tuple[str, ...]:
        """Names of all columns but the ids."""
        buckets = [f"{name} bucket {i + 1}" for name, f in self.buckets.items() for i in range(f.buckets)]
        return (*self.analysed, *buckets)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns, in order."""
        return (*self.dense, *(f"{name} id" for name in self.ids))

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.names)

    def _numeric(self) -> dict[str, Numeric]:
        return {name: f for name, f in self.inputs.items() if isinstance(f, Numeric)}

    def _categorical(self) -> dict[str, Categorical]:
        return {name: f for name, f in self.inputs.items() if isinstance(f, Categorical)}
