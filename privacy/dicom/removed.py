"""What was found in a header and what was done with it: counts by kind and action, never a value."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ["Action", "Kind", "Removed"]


class Kind(StrEnum):
    """What an attribute holds, as reports call it."""

    NAME = "names of persons"
    ID = "numbers and codes of patients, studies and requests"
    DATE = "dates and times"
    UID = "unique identifiers"
    PLACE = "institutions, addresses and telephone numbers"
    DEVICE = "stations, serial numbers and other marks of devices"
    TEXT = "descriptions and comments"
    TRAIT = "characteristics of the patient"
    GRAPHIC = "overlays, curves and icons"
    PRIVATE = "private attributes"
    OTHER = "other attributes"


class Action(StrEnum):
    """What was done with an attribute; the letters of PS3.15 Table E.1-1a in brackets."""

    REMOVED = "removed"
    """The attribute is gone (X)."""
    EMPTIED = "emptied"
    """The attribute stays without a value (Z)."""
    REPLACED = "replaced"
    """Another value stands in its place (D)."""
    REMAPPED = "remapped"
    """A unique identifier became another, the same wherever it stands (U)."""
    SHIFTED = "shifted"
    """A date moved by the patient's number of days (C)."""
    CAPPED = "capped"
    """An age over 89 years became 90 (C)."""


@dataclass(frozen=True)
class Removed:
    """Counts of attributes that held a value, nested ones included.

    Attributes:
        counts: Number of attributes by what they held and what was done.
    """

    counts: Counter[tuple[Kind, Action]] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """Number of attributes that were changed or removed."""
        return self.counts.total()

    def by_kind(self) -> dict[Kind, int]:
        """Returns the number of attributes of each kind, in the order of `Kind`."""
        kinds: Counter[Kind] = Counter()
        for (kind, _), number in self.counts.items():
            kinds[kind] += number
        return {kind: kinds[kind] for kind in Kind if kinds[kind]}

    def __add__(self, other: "Removed") -> "Removed":
        return Removed(self.counts + other.counts)
