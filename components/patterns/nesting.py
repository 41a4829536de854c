"""Of phrases within each other, keeps those that say something of their own.

Three rules over the terms that go with the diagnosis, in one direction each:

1. The longest phrase that explains a shorter one stands for it. "chest" goes where "chest pain" accounts for it: where
   the patients who have "chest" without "chest pain" are too few, or, among all patients without "chest pain", the odds
   ratio of "chest" is not sure to differ from 1.
2. Of several phrases of the same length that nearly all patients with the part they share have, the first stands for
   the others: "crushing chest pain" and "chest pain since" are then pieces of one longer phrase.
3. Of the phrases that are left, one that says no more than a shorter one goes: where the shorter one holds without it,
   and its interval does not lie wholly beyond the shorter one's odds ratio. "mild chest pain" then adds nothing.

A label word stands for no term that is none: its odds ratio is that of the label itself.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from components.patterns.association import OddsRatios, odds_ratios

__all__ = ["represented_by"]

NEARLY_ALL = 0.95
"""Share of the patients with a part who have each of two phrases around it: nine in ten then have both."""

Term = tuple[str, ...]


def represented_by(
    terms: Sequence[Term],
    counts: NDArray[np.int64],
    negatives: int,
    positives: int,
    direction: NDArray[np.int64],
    label_word: NDArray[np.bool_],
    min_patients: int,
) -> Mapping[int, int]:
    """Finds the terms that another term stands for.

    Args:
        terms: All terms.
        counts: int `[terms, 2]`, patients with each among negatives and positives.
        negatives: All negatives.
        positives: All positives.
        direction: int `[terms]`: 1 and -1 for terms that go with the diagnosis and with its absence; 0 is left alone.
        label_word: bool `[terms]`, words that give the label away.
        min_patients: Fewer patients without the longer phrase are too few.

    Returns:
        By the number of a term that goes, the number of the one that stands for it.
    """
    pairs = _pairs(terms, direction)
    if not len(pairs):
        return {}
    inner, outer = pairs[:, 0], pairs[:, 1]
    rest = counts[inner] - counts[outer]
    others = negatives - counts[outer, 0], positives - counts[outer, 1]
    alone = odds_ratios(rest, *others).direction == direction[inner]
    explained = (rest.sum(axis=1) < min_patients) | ~alone
    gone: dict[int, int] = {}
    order = np.lexsort((outer, -counts[outer].sum(axis=1), -_lengths(terms, outer)))
    for pair in order[(explained & ~(label_word[outer] & ~label_word[inner]))[order]]:
        gone.setdefault(int(inner[pair]), int(outer[pair]))
    nearly = counts[outer].sum(axis=1) >= NEARLY_ALL * counts[inner].sum(axis=1)
    first: dict[tuple[int, int], int] = {}
    for pair in order[nearly[order]]:
        part, phrase = int(inner[pair]), int(outer[pair])
        stands = first.setdefault((part, len(terms[phrase])), phrase)
        while stands in gone:
            stands = gone[stands]
        if stands != phrase and (label_word[phrase] or not label_word[stands]):
            gone.setdefault(phrase, stands)
    odds = odds_ratios(counts, negatives, positives)
    repeats = ~explained & ~_stronger(odds, outer, inner, direction[inner])
    repeats &= ~(label_word[inner] & ~label_word[outer])
    order = np.lexsort((inner, -counts[inner].sum(axis=1)))
    for pair in order[repeats[order]]:
        if int(inner[pair]) not in gone:
            gone.setdefault(int(outer[pair]), int(inner[pair]))
    return gone


def _pairs(terms: Sequence[Term], direction: NDArray[np.int64]) -> NDArray[np.int64]:
    """Returns the numbers of each term and of a longer one around it, int64 `[pairs, 2]`."""
    places = {terms[number]: number for number in np.flatnonzero(direction).tolist()}
    found = [
        (places[part], number)
        for term, number in places.items()
        for part in _parts(term)
        if part in places and direction[places[part]] == direction[number]
    ]
    return np.array(found, np.int64).reshape(-1, 2)


def _parts(term: Term) -> Iterator[Term]:
    for length in range(1, len(term)):
        for start in range(len(term) - length + 1):
            yield term[start : start + length]


def _lengths(terms: Sequence[Term], numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.fromiter((len(terms[number]) for number in numbers), np.int64, len(numbers))


def _stronger(
    odds: OddsRatios, one: NDArray[np.int64], other: NDArray[np.int64], direction: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Whether the interval of one lies wholly beyond the odds ratio of the other, away from 1."""
    beyond = np.where(direction > 0, odds.low[one] - odds.value[other], odds.value[other] - odds.high[one])
    return np.asarray(beyond > 0)
