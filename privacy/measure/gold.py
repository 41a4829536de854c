"""A labelled text: what is in it."""

from dataclasses import dataclass, field

from privacy.findings import Category, Finding
from privacy.text.known_names import KnownNames

__all__ = ["GoldText"]


@dataclass(frozen=True)
class GoldText:
    """A text with what is in it.

    Attributes:
        text: The text.
        spans: Identifiers, in order.
        neutral: Stretches where a finding is neither right nor wrong.
        unmeasured: Stretches within spans that need not be found: states and countries in an address.
        judged: Categories whose findings are judged; the others are not labelled. All where it is empty.
        known: Names that the record gives.
        part: "note", "dialogue" or "text": figures are given for each.
    """

    text: str
    spans: tuple[Finding, ...]
    neutral: tuple[Finding, ...] = ()
    unmeasured: tuple[Finding, ...] = ()
    judged: frozenset[Category] = frozenset()
    known: KnownNames = field(default_factory=KnownNames)
    part: str = "text"
