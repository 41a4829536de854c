"""MinHash against similarities that are computed outright."""

import random

import numpy as np
import pytest

from transforms.text.clusters import clusters, joined
from transforms.text.min_hash import PERMUTATIONS, MinHash, best_bands, similarity


def words(seed: int, count: int = 300) -> list[str]:
    chosen = random.Random(seed)
    return [f"word{chosen.randrange(2000)}" for _ in range(count)]


def jaccard(one: list[str], other: list[str]) -> float:
    first, second = ({tuple(text[i : i + 5]) for i in range(len(text) - 4)} for text in (one, other))
    return len(first & second) / len(first | second)


@pytest.mark.parametrize("changed", [0, 3, 10, 30, 100])
def test_the_estimate_is_near_the_similarity(changed: int) -> None:
    min_hash, errors = MinHash(0.8), []
    for seed in range(20):
        one = words(seed)
        other = [*one[changed:], *words(seed + 1000, changed)]
        first, second = min_hash(" ".join(one)), min_hash(" ".join(other))
        errors.append(similarity(first.bytes, second.bytes[None])[0] - jaccard(one, other))
    # The standard error of one estimate is at most .044, that of the mean of twenty .01.
    assert abs(np.mean(errors)) < 0.03
    assert np.abs(errors).max() < 0.18


def test_notes_that_share_nothing() -> None:
    min_hash = MinHash(0.8)
    first, second = min_hash(" ".join(words(1))), min_hash(" ".join(words(2)))
    assert similarity(first.bytes, second.bytes[None])[0] < 0.05
    assert not (first.bands == second.bands).any()


def test_case_and_what_is_between_words_make_no_difference() -> None:
    min_hash = MinHash(0.8)
    one, other = min_hash("No fever, no cough; chest clear."), min_hash("NO FEVER\n\nno cough - chest   clear")
    assert (one.bytes == other.bytes).all()
    assert (one.bands == other.bands).all()


@pytest.mark.parametrize("text", ["", "one", "one two", "one two three four five", "\xe4\xf6\xfc \u4e2d\u6587"])
def test_short_texts(text: str) -> None:
    min_hash = MinHash(0.8)
    assert (min_hash(text).bytes == min_hash(text).bytes).all()
    assert similarity(min_hash(text).bytes, min_hash("something else altogether").bytes[None])[0] < 0.1


@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.8, 0.9, 1.0])
def test_bands_bring_up_most_pairs_above_the_threshold(threshold: float) -> None:
    bands, rows = best_bands(threshold)
    assert bands * rows <= PERMUTATIONS
    assert 1 - (1 - min(threshold + 0.05, 1) ** rows) ** bands > 0.85
    assert threshold == 1 or 1 - (1 - (threshold - 0.3) ** rows) ** bands < 0.2


def test_clusters_are_found_among_many() -> None:
    min_hash = MinHash(0.8)
    notes = [words(seed) for seed in range(300)]
    copies = [[*notes[seed][:295], *words(seed + 5000, 5)] for seed in range(50)]
    further = [[*words(seed + 9000, 5), *copies[seed][5:]] for seed in range(10)]
    signatures = [min_hash(" ".join(note)) for note in (*notes, *copies, *further)]
    found = clusters(np.array([s.bands for s in signatures]), np.array([s.bytes for s in signatures]), 0.8)
    expected = [*range(300), *range(50), *range(10)]
    assert (found == expected).mean() > 0.99
    assert (found <= np.arange(360)).all()


def test_no_notes() -> None:
    assert len(clusters(np.empty((0, 14), np.uint64), np.empty((0, 128), np.uint8), 0.8)) == 0
    assert len(joined(np.empty(0, np.int64), np.empty(0, np.uint64))) == 0


def test_groups_are_joined() -> None:
    groups = joined(np.array([1, 1, 2, 3, 4]), np.array([7, 8, 8, 9, 10], np.uint64))
    assert len(set(groups[:3])) == 1
    assert len(set(groups)) == 3
