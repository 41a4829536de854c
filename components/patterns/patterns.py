"""The terms that go with a diagnosis, with all that is known of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.patterns.association import (
    OddsRatios,
    false_discovery,
    fisher_exact,
    heterogeneity,
    log_odds_z,
    odds_ratios,
)
from components.patterns.counting import Counts, Group
from components.patterns.nesting import represented_by
from components.patterns.phrases import readable
from components.patterns.suppression import SMALLEST_CELL, suppressed
from pipeline_configs.errors import DataProblem, Problem
from pipeline_configs.task import Slicing

__all__ = ["LEVEL", "Patterns", "SliceOdds", "find_patterns"]

LEVEL = 0.05
"""False discovery rate up to which a term counts, and a difference between groups."""

MASKED_SHARE = 0.1
"""A term that so large a share of its patients have only inside a masked phrase is a label word, at least in part."""


@dataclass(frozen=True)
class SliceOdds:
    """The terms within one group.

    Attributes:
        group: The group, with its counts.
        odds: Odds ratios within it.
        hidden: bool `[terms, 2]`, cells that are not shown, of negatives and positives.
        enough: Whether the group has enough patients of both classes to be looked at.
    """

    group: Group
    odds: OddsRatios
    hidden: NDArray[np.bool_]
    enough: bool

    def shown(self, term: int) -> bool:
        """Whether the odds ratio of a term is shown: it would give away suppressed cells."""
        return self.enough and not bool(self.hidden[term].any())

    def cells(self, term: int) -> tuple[int | str, int | str]:
        """Returns the patients with a term among negatives and positives; "<5" or "hidden" where suppressed."""
        shown = [_cell(int(self.group.counts[term, c]), bool(self.hidden[term, c])) for c in (0, 1)]
        return shown[0], shown[1]


@dataclass(frozen=True)
class Patterns:
    """The result.

    Attributes:
        counts: The counts that it rests on.
        names: Each term as people read it.
        negated: Whether it is negated.
        label_word: Whether it is a word that gives the label away.
        odds: Odds ratios.
        p: float64 `[terms]`, Fisher's exact test.
        q: float64 `[terms]`, false discovery rate over all terms.
        z: float64 `[terms]`, the ranking.
        represented: By the number of a term that a nested one stands for, the number of that one.
        slices: The same within each group.
        differs: By slice feature, the terms whose odds ratio differs between its groups, with their q.
        min_patients: Fewest patients of a term.
    """

    counts: Counts
    names: list[str]
    negated: NDArray[np.bool_]
    label_word: NDArray[np.bool_]
    odds: OddsRatios
    p: NDArray[np.float64]
    q: NDArray[np.float64]
    z: NDArray[np.float64]
    represented: Mapping[int, int]
    slices: list[SliceOdds]
    differs: Mapping[str, Mapping[int, float]]
    min_patients: int

    @cached_property
    def direction(self) -> NDArray[np.int64]:
        """1 and -1 for terms that go with the diagnosis and with its absence, 0 for the others."""
        return np.where((self.q < LEVEL) & (self.z * self.odds.log > 0), self.odds.direction, 0)

    def ranked(self, direction: int) -> list[int]:
        """Returns the terms of a direction that nothing else stands for, the strongest first."""
        found = [int(t) for t in np.flatnonzero(self.direction == direction) if int(t) not in self.represented]
        return sorted(found, key=lambda term: (-direction * float(self.z[term]), self.names[term]))

    def holds_in(self, term: int, feature: str) -> list[str]:
        """Returns the groups of a slice feature in which a term holds for sure, in its overall direction."""
        return [
            slice_.group.value
            for slice_ in self.slices
            if slice_.group.feature == feature
            and slice_.shown(term)
            and slice_.odds.direction[term] == np.sign(self.odds.log[term])
        ]

    def remarks(self, term: int) -> list[str]:
        """Returns what is to be known of a term: "label word", "only sex=female", "differs by site"."""
        found = ["label word"] if self.label_word[term] else []
        for feature, terms in self.differs.items():
            if term in terms:
                groups = self.holds_in(term, feature)
                sure = all(s.shown(term) for s in self.slices if s.group.feature == feature and s.enough)
                only = len(groups) == 1 and sure
                found.append(f"only {feature}={groups[0]}" if only else f"differs by {feature}")
        return found

    def as_dict(self, term: int) -> dict[str, Any]:
        """Returns a term for JSON."""
        negative, positive = (int(count) for count in self.counts.counts[term])
        return {
            "term": self.names[term],
            "words": len(self.counts.terms[term]),
            "negated": bool(self.negated[term]),
            "label_word": bool(self.label_word[term]),
            "positives_with_term": positive,
            "negatives_with_term": negative,
            "share_of_positives": positive / self.counts.positives,
            "share_of_negatives": negative / self.counts.negatives,
            "odds_ratio": float(self.odds.value[term]),
            "low": float(self.odds.low[term]),
            "high": float(self.odds.high[term]),
            "p": float(self.p[term]),
            "q": float(self.q[term]),
            "z": float(self.z[term]),
            "represented_by": self.names[self.represented[term]] if term in self.represented else "",
            "remarks": self.remarks(term),
            "differs": {feature: terms[term] for feature, terms in self.differs.items() if term in terms},
            "slices": [_slice_as_dict(slice_, term) for slice_ in self.slices],
        }


def find_patterns(counts: Counts, slicing: Slicing, min_patients: int) -> Patterns:
    """Computes the statistics of counted terms.

    Whether a term differs between groups is tested for the terms that go with the diagnosis, over the groups with
    enough patients of both classes; the false discovery rate is over all these tests.

    Args:
        counts: From `count_terms`.
        slicing: How many patients and positives make a group.
        min_patients: Fewest patients of a term.

    Raises:
        DataProblem: There are patients of one class only, or no term has enough patients.
    """
    _refuse_too_few(counts, min_patients)
    sizes = counts.negatives, counts.positives
    odds = odds_ratios(counts.counts, *sizes)
    p = fisher_exact(counts.counts, *sizes)
    q = false_discovery(p)
    z = log_odds_z(counts.counts, *sizes)
    direction = np.where((q < LEVEL) & (z * odds.log > 0), odds.direction, 0)
    readings = [readable(term) for term in counts.terms]
    slices = _slices(counts, slicing)
    label_word = counts.only_masked >= MASKED_SHARE * counts.counts.sum(axis=1)
    return Patterns(
        counts=counts,
        names=[name for name, _ in readings],
        negated=np.array([negated for _, negated in readings], np.bool_),
        label_word=label_word,
        odds=odds,
        p=p,
        q=q,
        z=z,
        represented=represented_by(counts.terms, counts.counts, *sizes, direction, label_word, min_patients),
        slices=slices,
        differs=_differences(slices, np.flatnonzero(direction)),
        min_patients=min_patients,
    )


def _refuse_too_few(counts: Counts, min_patients: int) -> None:
    if not counts.negatives or not counts.positives:
        found = f"{counts.positives:,} positive and {counts.negatives:,} negative patients"
        raise DataProblem(Problem("there is nothing to compare", "the notes", "patients of both classes", found))
    if not counts.terms:
        what = f"no term is in the notes of {min_patients} patients"
        found = f"{counts.notes:,} notes of {counts.negatives + counts.positives:,} patients"
        raise DataProblem(Problem(what, "the notes", found=found, fix="give more notes, or a smaller --min-patients"))


def _slices(counts: Counts, slicing: Slicing) -> list[SliceOdds]:
    found = []
    for feature in dict.fromkeys(group.feature for group in counts.groups):
        groups = [group for group in counts.groups if group.feature == feature]
        hidden = np.stack(
            [
                suppressed([group.counts[:, label] for group in groups], [_total(group, label) for group in groups])
                for label in (0, 1)
            ],
            axis=-1,
        )
        for group, of_group in zip(groups, hidden, strict=True):
            few = min(group.positives, group.negatives) < max(slicing.min_positives, SMALLEST_CELL)
            enough = not few and group.positives + group.negatives >= slicing.min_examples
            odds = odds_ratios(group.counts, group.negatives, group.positives)
            found.append(SliceOdds(group, odds, of_group, enough))
    return found


def _differences(slices: list[SliceOdds], terms: NDArray[np.int64]) -> dict[str, dict[int, float]]:
    tested: dict[str, NDArray[np.float64]] = {}
    for feature in dict.fromkeys(slice_.group.feature for slice_ in slices):
        groups = [s.odds for s in slices if s.group.feature == feature and s.enough]
        if len(groups) > 1 and terms.size:
            _, tested[feature] = heterogeneity([OddsRatios(odds.log[terms], odds.error[terms]) for odds in groups])
    if not tested:
        return {}
    q = false_discovery(np.concatenate(list(tested.values()))).reshape(len(tested), -1)
    return {
        feature: {int(terms[i]): float(of_feature[i]) for i in np.flatnonzero(of_feature < LEVEL)}
        for feature, of_feature in zip(tested, q, strict=True)
    }


def _slice_as_dict(slice_: SliceOdds, term: int) -> dict[str, Any]:
    negative, positive = slice_.cells(term)
    shown = slice_.shown(term)
    return {
        "feature": slice_.group.feature,
        "value": slice_.group.value,
        "positives_with_term": positive,
        "negatives_with_term": negative,
        "odds_ratio": float(slice_.odds.value[term]) if shown else None,
        "low": float(slice_.odds.low[term]) if shown else None,
        "high": float(slice_.odds.high[term]) if shown else None,
    }


def _total(group: Group, label: int) -> int:
    return group.positives if label else group.negatives


def _cell(count: int, hidden: bool) -> int | str:
    if not hidden:
        return count
    return f"<{SMALLEST_CELL}" if 0 < count < SMALLEST_CELL else "hidden"
