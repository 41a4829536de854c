"""What a task may declare for FHIR, and what is told of a mapping that does not fit together."""

import pytest
from pydantic import ValidationError

from components.fhir.mapping import compile_mapping, mapping_problems
from pipeline_configs.fhir import FhirSource, PredictionTime

CODE = "http://loinc.org|1"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({}, "give exactly one of patient, observation, condition, encounter, document; given: none"),
        ({"patient": "age", "condition": [CODE]}, "given: patient, condition"),
        ({"condition": [CODE], "component": CODE}, "component and unit go with observation"),
        ({"condition": [CODE], "unit": "mg"}, "component and unit go with observation"),
        ({"patient": "age", "within_days": 3}, "when and within_days do not go with patient"),
        ({"condition": [CODE], "exclude_prior": True}, "exclude_prior goes with condition and when: after"),
        ({"encounter": ["AMB"], "when": "after", "exclude_prior": True}, "exclude_prior goes with condition"),
        ({"observation": [CODE], "active_only": True}, "active_only goes with condition"),
        ({"condition": [CODE], "when": "after", "active_only": True}, "active_only goes with condition"),
        ({"observation": ["1234-5"]}, "should match pattern"),
    ],
)
def test_a_source_that_contradicts_itself(source, message):
    with pytest.raises(ValidationError, match=message):
        FhirSource.model_validate(source)


@pytest.mark.parametrize(
    ("at", "message"),
    [
        ({}, "give either date or encounter"),
        ({"date": "2020-01-01", "encounter": "last"}, "give either date or encounter"),
        ({"date": "2020-02-30"}, "day"),
        ({"date": "2020-01-01", "classes": ["AMB"]}, "classes goes with encounter"),
    ],
)
def test_a_prediction_time_that_is_none(at, message):
    with pytest.raises(ValidationError, match=message):
        PredictionTime.model_validate(at)


def text(problems):
    return "\n".join(map(str, problems))


def test_kinds_that_do_not_fit(fhir):
    number, flag = {"kind": "numeric", "unit": "1", "range": [0, 9]}, {"kind": "flag"}
    features = {
        "age": {**number, "source": {"patient": "age"}},
        "sex": {**flag, "source": {"patient": "gender"}},
        "ill": {"kind": "categorical", "source": {"condition": [CODE]}},
        "bmi": {**number, "source": {"observation": [CODE], "unit": "kg/m2"}},
        "fine": {**flag, "source": {"condition": [CODE]}},
    }
    problems = mapping_problems(fhir.make_task(features))
    assert [(p.where, p.what) for p in problems] == [
        ("features.age", "age is a number in years"),
        ("features.sex", "gender is text"),
        ("features.ill", "a condition is there or not, encounters are counted"),
        ("features.bmi.source", "exclude_prior and source.unit are for the label"),
    ]


def test_a_label_that_cannot_be_made(fhir):
    outcome = {"observation": [CODE], "when": "after"}
    for source, what in (
        (outcome, "the unit of the label's observation is not given"),
        ({"patient": "age"}, "an element of Patient is no outcome"),
    ):
        label = {"name": "outcome", "positive": {"above": 7}, "source": source}
        assert [p.what for p in mapping_problems(fhir.make_task(None, label))] == [what]
    coded = {"name": "outcome", "positive": {"equals": ["a"], "negative": ["b"]}, "source": outcome}
    assert mapping_problems(fhir.make_task(None, coded)) == []


def test_columns_made_twice(fhir):
    features = {"bmi": fhir.BMI, "second": {**fhir.BMI, "column": "bmi"}, "third": {**fhir.BMI, "column": "diabetes"}}
    told = text(mapping_problems(fhir.make_task(features)))
    assert "features.second: the column 'bmi' is made twice" in told
    assert "label: the column 'diabetes' is made twice" in told


def test_a_mapping_knows_which_resources_it_needs(fhir):
    assert compile_mapping(fhir.make_task()).resource_types == ("Patient", "Observation", "Condition")
    by_visit = fhir.make_task(at={"encounter": "last"})
    assert compile_mapping(by_visit).resource_types == ("Patient", "Observation", "Condition", "Encounter")
