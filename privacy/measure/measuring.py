"""Recall and precision of an engine on labelled texts, by span and by character."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from privacy.findings import Category, Finding
from privacy.measure.gold import GoldText
from privacy.text.engine import TextEngine
from privacy.text.known_names import KnownNames

__all__ = ["Figures", "Measurement", "Rate", "measure"]

_NOBODY = KnownNames()
_ALIKE = {Category.FAX: Category.PHONE}
_Z = 1.959964


@dataclass(frozen=True)
class Rate:
    """A share.

    Attributes:
        right: How many.
        total: Of how many.
    """

    right: int
    total: int

    @property
    def value(self) -> float:
        """The share; NaN of nothing."""
        return self.right / self.total if self.total else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of Wilson (J Am Stat Assoc 1927;22:209); 0 and 1 of nothing."""
        if not self.total:
            return 0.0, 1.0
        n, p, square = self.total, self.value, _Z * _Z
        centre = (p + square / (2 * n)) / (1 + square / n)
        half = _Z / (1 + square / n) * math.sqrt(p * (1 - p) / n + square / (4 * n * n))
        return max(0.0, centre - half), min(1.0, centre + half)


@dataclass(frozen=True)
class Figures:
    """What was measured for one category, or for all of them.

    Attributes:
        recall: Gold spans of which every letter and digit is covered by findings of any category.
        precision: Findings that overlap a gold span of any category.
        strict_recall: As recall, by findings of the same category alone.
        strict_precision: As precision, with a gold span of the same category.
        characters_recall: Letters and digits of gold spans that are covered.
        characters_precision: Letters and digits of findings that are within a gold span.
    """

    recall: Rate
    precision: Rate
    strict_recall: Rate
    strict_precision: Rate
    characters_recall: Rate
    characters_precision: Rate

    @property
    def f1(self) -> float:
        """Harmonic mean of recall and precision by span."""
        return _f1(self.recall, self.precision)

    @property
    def characters_f1(self) -> float:
        """Harmonic mean of recall and precision by character."""
        return _f1(self.characters_recall, self.characters_precision)


@dataclass(frozen=True)
class Measurement:
    """What an engine found in labelled texts.

    Attributes:
        part: Which of the texts: "note", "dialogue" or "text".
        with_known: Whether the names of the record were given to the engine.
        texts: Number of texts.
        words: Number of words.
        total: Figures over all categories.
        categories: Figures by category, for those that were labelled or found.
    """

    part: str
    with_known: bool
    texts: int
    words: int
    total: Figures
    categories: dict[Category, Figures]

    @property
    def false_per_thousand(self) -> float:
        """Findings that overlap no gold span, per 1,000 words."""
        wrong = self.total.precision.total - self.total.precision.right
        return 1000 * wrong / self.words if self.words else math.nan


def measure(texts: Iterable[GoldText], engine: TextEngine, *, with_known: bool = False) -> list[Measurement]:
    """Measures an engine.

    Args:
        texts: Labelled texts.
        engine: What is measured.
        with_known: Whether it is given the names of the record.

    Returns:
        One measurement for each part that the texts have, in alphabetical order of the parts.
    """
    tallies: dict[str, _Tally] = {}
    for text in texts:
        tally = tallies.setdefault(text.part, _Tally())
        tally.add(text, engine.find(text.text, text.known if with_known else _NOBODY))
    return [tallies[part].measurement(part, with_known) for part in sorted(tallies)]


class _Tally:
    """Counts of one part."""

    def __init__(self) -> None:
        self.texts = self.words = 0
        self.counts: Counter[tuple[str, Category]] = Counter()

    def add(self, text: GoldText, findings: Sequence[Finding]) -> None:
        self.texts += 1
        self.words += len(text.text.split())
        letters = {place for place in _places((*text.spans, *findings)) if text.text[place].isalnum()}
        letters -= _places(text.unmeasured)
        covered: dict[Category, set[int]] = {}
        for finding in findings:
            covered.setdefault(_alike(finding.category), set()).update(_places([finding]) & letters)
        anything = set().union(*covered.values())
        for span in text.spans:
            wanted, kind = _places([span]) & letters, _alike(span.category)
            self._count("recall", kind, wanted <= anything)
            self._count("strict_recall", kind, wanted <= covered.get(kind, set()))
            self._count("characters_recall", kind, len(wanted & anything), len(wanted))
        gold = _places(text.spans)
        neutral = _places(text.neutral)
        for finding in findings:
            kind, places = _alike(finding.category), _places([finding]) & letters
            right = bool(places & gold)
            if (text.judged and finding.category not in text.judged) or (not right and places & neutral):
                continue
            self._count("precision", kind, right)
            same = any(
                _alike(s.category) is kind and s.start < finding.end and finding.start < s.end for s in text.spans
            )
            self._count("strict_precision", kind, same)
            self._count("characters_precision", kind, len(places & gold), len(places - neutral | places & gold))

    def _count(self, what: str, kind: Category, right: int, total: int = 1) -> None:
        self.counts[f"{what} right", kind] += right
        self.counts[f"{what} total", kind] += total

    def measurement(self, part: str, with_known: bool) -> Measurement:
        kinds = [
            kind for kind in Category if any(self.counts[f"{what} total", kind] for what in ("recall", "precision"))
        ]
        figures = {kind: self._figures([kind]) for kind in kinds}
        return Measurement(part, with_known, self.texts, self.words, self._figures(kinds), figures)

    def _figures(self, kinds: Sequence[Category]) -> Figures:
        def rate(what: str) -> Rate:
            return Rate(*(sum(self.counts[f"{what} {which}", kind] for kind in kinds) for which in ("right", "total")))

        return Figures(
            recall=rate("recall"),
            precision=rate("precision"),
            strict_recall=rate("strict_recall"),
            strict_precision=rate("strict_precision"),
            characters_recall=rate("characters_recall"),
            characters_precision=rate("characters_precision"),
        )


def _alike(category: Category) -> Category:
    """The category as labels know it: no set tells a fax from a telephone."""
    return _ALIKE.get(category, category)


def _places(findings: Iterable[Finding]) -> set[int]:
    return {place for finding in findings for place in range(finding.start, finding.end)}


def _f1(recall: Rate, precision: Rate) -> float:
    both = recall.value + precision.value
    return 2 * recall.value * precision.value / both if both else math.nan
