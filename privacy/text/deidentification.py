"""De-identification of a text: what was found is replaced, by category, in the way that the mode allows."""

import datetime
import re
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Literal

from pipeline_configs.errors import ConfigError, Problem
from pipeline_configs.privacy import SMALL_ZIP3
from privacy.findings import Category, Finding
from privacy.text.ages import OLDEST
from privacy.text.date_writing import date_year, shifted
from privacy.text.engine import TextEngine
from privacy.text.known_names import KnownNames

__all__ = ["Deidentified", "deidentify"]

_KEPT_IN_LIMITED = frozenset({Category.LOCATION, Category.ZIP, Category.AGE})
_US_ZIP = re.compile(r"(\d{3})\d{2}(?:-\d{4})?")
_YEAR = re.compile(r"(?:19|20)\d\d")
_MOST_PASSES = 4
_NOBODY = KnownNames()
_NO_YEAR = 2001


@dataclass(frozen=True)
class Deidentified:
    """A text without identifiers.

    Attributes:
        text: The text.
        counts: How many identifiers of each category were replaced or shifted.
    """

    text: str
    counts: Counter[Category]


def deidentify(
    text: str,
    *,
    engine: TextEngine,
    mode: Literal["safe_harbor", "limited_data_set"] = "safe_harbor",
    known: KnownNames = _NOBODY,
    shift_days: int | None = None,
    small_zip3: Collection[str] = SMALL_ZIP3,
) -> Deidentified:
    """Replaces the identifiers in a text.

    `safe_harbor` (45 CFR 164.514(b)(2)): each becomes its category in brackets; of a date the year stays where it is
    not so long ago that it tells an age over 89, of an age over 89 "90+", of a US ZIP code three digits. What stands
    then is looked at again until nothing is found, so that a second run changes nothing.

    `limited_data_set` (45 CFR 164.514(e)(2)): city, state, ZIP and ages stay; dates move by `shift_days` and keep their
    form, and one that is not understood is replaced. A second run would move the dates again.

    Args:
        text: The text.
        engine: Finds the identifiers.
        mode: See above.
        known: Names from the record.
        shift_days: By how many days dates move; needed in `limited_data_set`.
        small_zip3: First three digits of ZIP codes that become 000.

    Returns:
        The text, and counts by category.

    Raises:
        ConfigError: `limited_data_set` without a shift.
    """
    if mode == "limited_data_set" and not shift_days:
        raise ConfigError(
            Problem(
                "a limited data set needs a shift of dates",
                "privacy.mode",
                expected="a number of days other than 0",
                fix="give shift_days, as privacy.dates.date_shift draws it for a patient",
            )
        )
    counts: Counter[Category] = Counter()
    if mode == "limited_data_set":
        findings = [finding for finding in engine.find(text, known) if finding.category not in _KEPT_IN_LIMITED]
        year = _year_of(text, findings)
        counts.update(finding.category for finding in findings)
        return Deidentified(
            _replaced(text, findings, lambda old, what: _limited(old, what, shift_days or 0, year)), counts
        )
    this_year = datetime.date.today().year
    for _ in range(_MOST_PASSES):
        findings = engine.find(text, known)
        if not findings:
            break
        counts.update(finding.category for finding in findings)
        text = _replaced(text, findings, lambda old, what: _safe(old, what, small_zip3, this_year))
    return Deidentified(text, counts)


def _replaced(text: str, findings: list[Finding], new: Callable[[str, Category], str]) -> str:
    parts, position = [], 0
    for finding in findings:
        parts += [text[position : finding.start], new(text[finding.start : finding.end], finding.category)]
        position = finding.end
    return "".join((*parts, text[position:]))


def _safe(old: str, category: Category, small_zip3: Collection[str], this_year: int) -> str:
    if category is Category.AGE:
        return "90+"
    if category is Category.ZIP and (match := _US_ZIP.fullmatch(old)):
        return "000**" if match[1] in small_zip3 else f"{match[1]}**"
    if category is Category.DATE:
        year = date_year(old)
        if year is not None and this_year - OLDEST <= year <= this_year + 1:
            return f"[DATE {year}]"
    return f"[{category}]"


def _limited(old: str, category: Category, days: int, year: int) -> str:
    if category is Category.DATE and (new := shifted(old, days, year)) is not None:
        return new
    return f"[{category}]"


def _year_of(text: str, findings: list[Finding]) -> int:
    """The year that dates without one most likely mean: the latest that the text names."""
    dates = [text[finding.start : finding.end] for finding in findings if finding.category is Category.DATE]
    years = [year for date in dates if (year := date_year(date)) is not None]
    years += [int(year) for year in _YEAR.findall(text)] if not years else []
    limit = datetime.date.today().year + 1
    return max((year for year in years if year <= limit), default=_NO_YEAR)
