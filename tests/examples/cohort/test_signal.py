"""The ceilings: the formula against scikit-learn on many drawn patients."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from examples.cohort.identifiers import Identifiers
from examples.cohort.people import ETHNICITIES, MALE_SHARE, draw_people
from examples.cohort.records import SIGNAL, UNITS, measure
from examples.cohort.signal import (
    NOISE,
    REFERRAL_SHARE,
    REFERRAL_SHIFT,
    auroc,
    expected_auroc,
    expected_prevalence,
    label_probability,
)


@pytest.mark.parametrize("noise", [0.0, *NOISE.values()])
def test_the_formula_is_what_many_patients_give(noise: float) -> None:
    random = np.random.default_rng(1)
    severity = random.standard_normal(400_000) + REFERRAL_SHIFT * (random.random(400_000) < REFERRAL_SHARE)
    label = (random.random(400_000) < label_probability(severity)).astype(int)
    view = severity + noise * random.standard_normal(400_000)
    assert roc_auc_score(label, view) == pytest.approx(expected_auroc(noise), abs=0.003)
    assert label.mean() == pytest.approx(expected_prevalence(), abs=0.003)


def test_the_ceilings_are_those_that_are_documented() -> None:
    assert expected_prevalence() == pytest.approx(0.35, abs=0.01)
    assert expected_auroc(0.0) == pytest.approx(0.906, abs=0.001)
    assert expected_auroc(NOISE["records"]) == pytest.approx(0.853, abs=0.001)
    assert expected_auroc(NOISE["images"]) == pytest.approx(0.853, abs=0.001)
    assert expected_auroc(NOISE["notes"]) == pytest.approx(0.832, abs=0.001)


def test_auroc_with_ties() -> None:
    random = np.random.default_rng(2)
    score, label = random.integers(0, 5, 200).astype(float), random.integers(0, 2, 200)
    assert auroc(score, label) == pytest.approx(roc_auc_score(label, score))


def test_people() -> None:
    people = draw_people(3_000, np.random.default_rng(3), Identifiers())
    label = np.array([person.label for person in people])
    for modality, noise in NOISE.items():
        view = np.array([person.views[modality] for person in people])
        assert auroc(view, label) == pytest.approx(expected_auroc(noise), abs=0.025)
    assert np.mean([person.sex == "male" for person in people]) == pytest.approx(MALE_SHARE, abs=0.03)
    for group, share in ETHNICITIES.items():
        assert np.mean([person.ethnicity == group for person in people]) == pytest.approx(share, abs=0.03)
    assert 0.03 < np.mean([person.age > 89 for person in people]) < 0.08
    for attribute in ("mrn", "phone", "email"):
        assert len({getattr(person, attribute) for person in people}) == len(people)
    for person in people:
        had_birthday = (person.admitted.month, person.admitted.day) >= (person.birth.month, person.birth.day)
        assert person.admitted.year - person.birth.year - (not had_birthday) == person.age


def test_only_one_site_tells_of_the_label() -> None:
    people = draw_people(4_000, np.random.default_rng(4), Identifiers())
    label = np.array([person.label for person in people])

    def share(chosen: list[bool]) -> float:
        return float(label[np.array(chosen)].mean())

    assert share([p.site.code == "harbor" for p in people]) - share([p.site.code != "harbor" for p in people]) > 0.08
    assert auroc(np.array([p.site.code == "harbor" for p in people], float), label) < 0.58
    assert abs(share([p.sex == "male" for p in people]) - share([p.sex == "female" for p in people])) < 0.05
    assert 0.46 < auroc(np.array([float(p.age) for p in people]), label) < 0.54


def test_the_columns_of_the_records_are_together_worth_their_view() -> None:
    """The sum over columns, undone to the normal scale, is the view itself, but for rounding and capping."""
    random = np.random.default_rng(5)
    people = draw_people(500, random, Identifiers())
    found = [measure(person, random).values for person in people]
    undo = {
        "temperature": lambda x: (x - 37.1) / 0.55,
        "heart_rate": lambda x: (x - 84) / 11,
        "respiratory_rate": lambda x: np.log(x / 18.5) / 0.13,
        "oxygen_saturation": lambda x: np.log((100.2 - x) / 3.8) / -0.42,
        "white_cells": lambda x: np.log(x / 8.6) / 0.28,
        "crp": lambda x: np.log(x / 22) / 0.85,
    }
    rows = [
        (person.views["records"], sum(weight * undo[name](values[name]) for name, weight in SIGNAL.items()))
        for person, values in zip(people, found, strict=True)
        if all(values[name] is not None for name in SIGNAL)
    ]
    assert len(rows) > 300
    view, total = np.array(rows).T
    assert np.corrcoef(view, total / sum(weight**2 for weight in SIGNAL.values()))[0, 1] > 0.97
    assert set(found[0]) == set(UNITS) - {"age"}
