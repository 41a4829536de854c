"""Statistics of terms, against scipy, numpy and figures that others have published."""

import numpy as np
import pytest
from scipy import stats

from components.patterns.association import (
    OddsRatios,
    false_discovery,
    fisher_exact,
    heterogeneity,
    log_odds_z,
    odds_ratios,
)

# Admissions to Berkeley in 1973 by department (Bickel et al. Science 1975): men and women admitted, men and women not.
BERKELEY = ((512, 89, 313, 19), (353, 17, 207, 8), (120, 202, 205, 391), (138, 131, 279, 244), (53, 94, 138, 299))
BERKELEY = (*BERKELEY, (22, 24, 351, 317))

# Ten studies of smoking (yes, no) and lung cancer: cases, then controls (Armitage, Berry. 1994, p. 516).
SMOKING = (
    (83, 3, 72, 14),
    (90, 3, 227, 43),
    (129, 7, 81, 19),
    (412, 32, 299, 131),
    (1350, 7, 1296, 61),
    (60, 3, 106, 27),
    (459, 18, 534, 81),
    (499, 19, 462, 56),
    (451, 39, 1729, 636),
    (260, 5, 259, 28),
)


def of_table(with_positive: int, with_negative: int, without_positive: int, without_negative: int) -> OddsRatios:
    counts = np.array([[with_negative, with_positive]])
    return odds_ratios(counts, with_negative + without_negative, with_positive + without_positive)


def random_counts(n: int, negatives: int, positives: int, seed: int = 3) -> np.ndarray:
    chance = np.random.default_rng(seed)
    return np.stack([chance.integers(0, negatives + 1, n), chance.integers(0, positives + 1, n)], axis=1)


def test_odds_ratio_of_hay_fever_and_eczema() -> None:
    """Bland JM, Altman DG. The odds ratio. BMJ 2000: 4.89 (3.99 to 6.00), there without the halves."""
    found = of_table(141, 420, 928, 13525)
    assert found.value[0] == pytest.approx(4.89, abs=0.02)
    assert (found.low[0], found.high[0]) == (pytest.approx(4.00, abs=0.02), pytest.approx(6.00, abs=0.02))
    assert found.log[0] == pytest.approx(np.log(141.5 * 13525.5 / (420.5 * 928.5)))
    assert found.direction[0] == 1


def test_an_empty_cell_has_an_interval_and_the_other_way_round_is_the_inverse() -> None:
    none, turned = of_table(0, 10, 40, 30), of_table(10, 0, 30, 40)
    assert 0 < none.low[0] < none.value[0] < none.high[0] < np.inf
    assert none.value[0] == pytest.approx(1 / turned.value[0]) and none.direction[0] == -turned.direction[0] == -1
    assert of_table(5, 5, 5, 5).direction[0] == 0


@pytest.mark.parametrize(("negatives", "positives"), [(4, 4), (30, 7), (120, 200), (1, 900)])
def test_exact_test_as_in_scipy(negatives: int, positives: int) -> None:
    counts = random_counts(60, negatives, positives)
    expected = [stats.fisher_exact([[b, positives - b], [a, negatives - a]])[1] for a, b in counts.tolist()]
    np.testing.assert_allclose(fisher_exact(counts, negatives, positives), expected, rtol=1e-6, atol=1e-12)


def test_the_lady_tasting_tea() -> None:
    """Fisher 1935: three of four cups right, 34 of 70 arrangements are as far from chance."""
    assert fisher_exact(np.array([[1, 3]]), 4, 4)[0] == pytest.approx(34 / 70)


def test_false_discovery_of_the_first_example() -> None:
    """Benjamini and Hochberg 1995, section 3.1: at 0.05 the first four of fifteen count."""
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459]
    p += [0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]
    assert (false_discovery(np.array(p)) <= 0.05).tolist() == [True] * 4 + [False] * 11
    assert false_discovery(np.zeros(0)).size == 0


@pytest.mark.parametrize("tables", [BERKELEY, SMOKING])
def test_heterogeneity_is_what_one_common_odds_ratio_leaves_unexplained(tables: tuple[tuple[int, ...], ...]) -> None:
    """Woolf's statistic is the residual of a weighted regression on nothing but a constant."""
    groups = [of_table(*table) for table in tables]
    log = np.concatenate([group.log for group in groups])
    root = 1 / np.concatenate([group.error for group in groups])
    _, residual, _, _ = np.linalg.lstsq(root[:, np.newaxis], root * log, rcond=None)
    q, p = heterogeneity(groups)
    assert q[0] == pytest.approx(residual[0]) and p[0] == pytest.approx(stats.chi2.sf(residual[0], len(tables) - 1))
    assert (p[0] < 0.05) == (tables is BERKELEY)  # men and women fared differently in one department, smoking never


def test_heterogeneity_keeps_its_level() -> None:
    chance = np.random.default_rng(5)
    groups = []
    for negatives, positives in ((400, 300), (300, 250), (500, 200)):
        cells = [chance.binomial(negatives, 0.2, 4000), chance.binomial(positives, 0.35, 4000)]
        groups.append(odds_ratios(np.stack(cells, axis=1), negatives, positives))
    _, p = heterogeneity(groups)
    assert np.mean(p < 0.05) == pytest.approx(0.05, abs=0.012)


def test_ranking_by_its_formula() -> None:
    """Term by term as in the paper: log-odds with prior, over the root of the sum of inverse counts with prior."""
    counts = np.array([[30, 90], [200, 210], [5, 5], [40, 0]])
    negatives, positives = 250, 260
    found = log_odds_z(counts, negatives, positives)
    prior = [10 * sum(row) / (negatives + positives) for row in counts.tolist()]
    for term, (a, b) in enumerate(counts.tolist()):
        n, m, whole = counts[:, 0].sum(), counts[:, 1].sum(), sum(prior)
        one = np.log((b + prior[term]) / (m + whole - b - prior[term]))
        two = np.log((a + prior[term]) / (n + whole - a - prior[term]))
        assert found[term] == pytest.approx((one - two) / np.sqrt(1 / (b + prior[term]) + 1 / (a + prior[term])))
    assert found[0] > 3 and found[3] < -3 and abs(found[2]) < 1


def test_ranking_prefers_what_is_sure_to_what_is_rare() -> None:
    counts = np.array([[100, 300], [0, 6], [900, 700]])
    z = log_odds_z(counts, 1000, 1000)
    assert z[0] > z[1] > 0
    np.testing.assert_allclose(log_odds_z(counts[:, ::-1], 1000, 1000), -z)
