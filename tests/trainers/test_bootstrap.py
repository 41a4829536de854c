"""The bootstrap against a plain loop over scikit-learn, its coverage, and what it does with degenerate samples."""

import numpy as np
import pytest
from scipy import special, stats
from sklearn import metrics as sk

from trainers import bootstrap as module
from trainers.bootstrap import Scores, bootstrap, patient_codes, resamples


def _visits(seed, patients, visits):
    """Rows of patients with several visits each; the visits of a patient are alike."""
    random = np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), visits)
    x = np.repeat(random.normal(size=patients), visits)
    y = np.repeat(random.random(patients) < special.expit(1.5 * x[::visits]), visits).astype(int)
    return patient, y, special.expit(x + random.normal(size=x.size) * 0.3)


def test_it_agrees_with_a_loop_that_copies_the_rows():
    patient, y, p = _visits(0, 60, 3)
    got = bootstrap({"model": Scores(y, p)}, patient, 0.5, count=40, seed=3, metrics=["auroc", "auprc", "brier", "ppv"])
    random = np.random.default_rng(3)
    for i in range(40):
        drawn = random.integers(0, 60, 60)
        rows = np.concatenate([np.flatnonzero(patient == number) for number in drawn])
        replicate = {name: values[i] for name, values in got.replicates["model"].items()}
        assert replicate["auroc"] == pytest.approx(sk.roc_auc_score(y[rows], p[rows]))
        assert replicate["auprc"] == pytest.approx(sk.average_precision_score(y[rows], p[rows]))
        assert replicate["brier"] == pytest.approx(sk.brier_score_loss(y[rows], p[rows]))
        assert replicate["ppv"] == pytest.approx(sk.precision_score(y[rows], p[rows] >= 0.5))
    interval = got.interval("model", "auroc")
    assert interval.value == pytest.approx(sk.roc_auc_score(y, p))
    assert (interval.low, interval.high) == pytest.approx(np.quantile(got.replicates["model"]["auroc"], [0.025, 0.975]))


def test_the_size_of_a_chunk_changes_nothing():
    patient, y, p = _visits(1, 50, 2)
    whole = bootstrap({0: Scores(y, p)}, patient, 0.5, count=30)
    small = bootstrap({0: Scores(y, p)}, patient, 0.5, count=30, max_bytes=8 * 100 * 4)
    for name, values in whole.replicates[0].items():
        np.testing.assert_allclose(small.replicates[0][name], values, rtol=1e-12)


def test_the_seed_decides():
    draw = lambda seed: np.concatenate(list(resamples(np.arange(20), 5, seed)))  # noqa: E731
    assert (draw(1) == draw(1)).all()
    assert (draw(1) != draw(2)).any()


def test_rows_of_one_patient_go_together():
    codes = patient_codes(np.array([b"ff", b"aa", b"ff", b"0b", b"aa", b"ff"]))
    for chunk in resamples(codes, 20, 0):
        assert (chunk[:, 0] == chunk[:, 2]).all() and (chunk[:, 0] == chunk[:, 5]).all()
        assert (chunk[:, 1] == chunk[:, 4]).all()
        assert (chunk[:, 0] + chunk[:, 1] + chunk[:, 3] == 3).all()


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    truth = special.ndtr(1 / np.sqrt(2))  # AUROC of two normal distributions one standard deviation apart
    hits, trials = 0, 200
    random = np.random.default_rng(11)
    for trial in range(trials):
        y = random.integers(0, 2, 150)
        p = special.expit(random.normal(size=150) + y)
        interval = bootstrap({0: Scores(y, p)}, np.arange(150), 0.5, count=200, seed=trial, metrics=["auroc"]).interval(
            0, "auroc"
        )
        hits += interval.low <= truth <= interval.high
    assert stats.binomtest(hits, trials, 0.95).pvalue > 0.001
    assert hits / trials > 0.88


def test_repeated_visits_are_not_taken_for_more_evidence():
    patient, y, p = _visits(2, 200, 5)
    together = bootstrap({0: Scores(y, p)}, patient, 0.5, count=200, metrics=["auroc"]).interval(0, "auroc")
    apart = bootstrap({0: Scores(y, p)}, np.arange(y.size), 0.5, count=200, metrics=["auroc"]).interval(0, "auroc")
    assert together.high - together.low > 1.6 * (apart.high - apart.low)


def test_a_difference_is_paired():
    patient, y, p = _visits(3, 300, 1)
    nearly = np.clip(p + np.random.default_rng(0).normal(size=p.size) * 0.01, 0, 1)
    got = bootstrap({"a": Scores(y, p), "b": Scores(y, nearly)}, patient, 0.5, count=200)
    difference, alone = got.difference("a", "b", "auroc"), got.interval("a", "auroc")
    assert difference.value == pytest.approx(got.values["a"]["auroc"] - got.values["b"]["auroc"])
    assert difference.low <= difference.value <= difference.high
    assert difference.high - difference.low < 0.25 * (alone.high - alone.low)


def test_a_slice_is_measured_on_its_own_rows_of_the_same_resamples():
    patient, y, p = _visits(4, 100, 2)
    rows = np.flatnonzero(patient % 3 == 0)
    got = bootstrap({"all": Scores(y, p), "slice": Scores(y[rows], p[rows], rows)}, patient, 0.5, count=20, seed=7)
    weights = np.concatenate(list(resamples(patient_codes(patient), 20, 7)))
    for i in range(20):
        expected = sk.roc_auc_score(y[rows], p[rows], sample_weight=weights[i, rows])
        assert got.replicates["slice"]["auroc"][i] == pytest.approx(expected)


def test_condensing_many_rows_hardly_moves_a_resample(monkeypatch):
    patient, y, p = _visits(6, 6000, 2)
    condensed = bootstrap({0: Scores(y, p)}, patient, 0.3, count=20)
    monkeypatch.setattr(module, "EXACT_ROWS", 10**9)
    exact = bootstrap({0: Scores(y, p)}, patient, 0.3, count=20)
    assert condensed.values == exact.values
    for name, expected in exact.replicates[0].items():
        found = condensed.replicates[0][name]
        assert np.abs(found - expected).max() < 0.05 * expected.std(), name
    for name in ("sensitivity", "specificity", "ppv", "npv", "accuracy", "net_benefit"):
        np.testing.assert_allclose(condensed.replicates[0][name], exact.replicates[0][name], rtol=1e-12)


def test_resamples_without_both_classes_are_counted_and_too_many_leave_no_interval():
    y = np.array([1] + [0] * 29)
    interval = bootstrap({0: Scores(y, np.linspace(0.9, 0.1, 30))}, np.arange(30), 0.5, count=300).interval(0, "auroc")
    # A resample of 30 misses one given patient with probability (29/30)^30.
    assert interval.undefined == pytest.approx(300 * (29 / 30) ** 30, abs=40)
    assert interval.value == 1.0
    assert np.isnan(interval.low) and np.isnan(interval.high)

    y[:4] = 1
    interval = bootstrap({0: Scores(y, np.linspace(0.9, 0.1, 30))}, np.arange(30), 0.5, count=300).interval(0, "auroc")
    assert 0 < interval.undefined < 30
    assert np.isfinite([interval.low, interval.high]).all()


def test_no_rows_give_no_numbers():
    got = bootstrap({0: Scores([], [])}, [], 0.5, count=10)
    assert np.isnan(got.interval(0, "auroc").value)


def test_predictions_that_do_not_fit_the_rows_are_refused():
    with pytest.raises(ValueError, match="number of predictions"):
        bootstrap({0: Scores([0, 1], [0.1, 0.9])}, [1, 2, 3], 0.5, count=2)
