"""Ages that could not be capped are refused by the declaration."""

from typing import Any

import pytest
from pydantic import ValidationError

from pipeline_configs.ages import is_age
from pipeline_configs.task import Task
from tests.samples.records import TASK


def task(name: str, feature: dict[str, Any], mode: str = "safe_harbor") -> Task:
    features = {**{key: value for key, value in TASK["features"].items() if key != "age"}, name: feature}
    return Task.model_validate({**TASK, "features": features, "sensitive": {}, "privacy": {"mode": mode}})


@pytest.mark.parametrize("unit", ["years", "Year", "yr", "yrs.", "y"])
def test_other_words_for_years_mean_years(unit: str) -> None:
    declared = task("patient_age", {"kind": "numeric", "unit": unit, "range": [0, 120]})
    feature = declared.features["patient_age"]
    assert feature.unit == "a" and declared.inputs["patient_age"].range == (0, 90)  # type: ignore[union-attr]


@pytest.mark.parametrize("unit", ["1", "n", "score"])
def test_an_age_without_a_unit_of_time_is_refused(unit: str) -> None:
    feature = {"kind": "numeric", "unit": unit, "range": [0, 120]}
    with pytest.raises(ValidationError, match=r"features\.patient_age\.unit is '.*', but an age needs one of: a, mo"):
        task("patient_age", feature)
    task("patient_age", feature, "limited_data_set")


@pytest.mark.parametrize(("unit", "most"), [("a", 90.0), ("mo", 1080.0)])
def test_an_age_is_capped_in_its_own_unit(unit: str, most: float) -> None:
    declared = task("x", {"kind": "numeric", "unit": unit, "range": [0, 1500]})
    assert declared.inputs["x"].range == (0, most)  # type: ignore[union-attr]


def test_a_year_of_birth_is_refused_unless_it_is_a_date() -> None:
    feature = {"kind": "numeric", "unit": "1", "range": [1900, 2030]}
    with pytest.raises(ValidationError, match="a year of birth tells an age over 89"):
        task("birth_year", feature)
    task("birth_year", {**feature, "date": {"keep": "year", "format": "%Y"}})


def test_other_quantities_are_left_alone() -> None:
    task("stage_score", {"kind": "numeric", "unit": "1", "range": [0, 200]})
    task("age_score", {"kind": "numeric", "unit": "1", "range": [0, 10]})


@pytest.mark.parametrize("name", ["age", "PatientAge", "Age (years)", "age_at_dx", "AGE"])
def test_names_of_ages(name: str) -> None:
    assert is_age(name)


@pytest.mark.parametrize("name", ["average", "stage", "image", "dosage", "manager"])
def test_names_that_only_look_like_it(name: str) -> None:
    assert not is_age(name)
