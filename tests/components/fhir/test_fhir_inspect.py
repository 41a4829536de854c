"""What `galen check` says of a FHIR source."""

import json
from pathlib import Path

import pytest

from components.fhir.inspect import inspect_fhir, inspect_files
from components.ingest.source import find_files

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "fhir"


@pytest.fixture
def told(fhir, tmp_path):
    def inspect(path=tmp_path, **declared):
        return "\n".join(map(str, inspect_fhir(fhir.make_task(path=str(path), **declared))))

    return inspect


def test_the_sample_is_in_order(told):
    assert told(SAMPLE / "bulk", at={"encounter": "first"}) == ""
    assert told(SAMPLE / "bundles") == ""


def test_a_path_where_nothing_is(told, tmp_path):
    assert "there is no such file or folder" in told(tmp_path / "no")
    assert "the folder is empty" in told()


def test_a_mapping_that_does_not_fit_is_told_first(told, fhir):
    features = {"age": {"kind": "flag", "source": {"patient": "age"}}}
    assert "age is a number in years" in told("nowhere", features=features)


@pytest.mark.parametrize(
    ("content", "reason"),
    [("name;age\nZebedee;7", "broken JSON"), ("{}", "JSON that is no FHIR resource"), ("", "broken JSON")],
)
def test_a_file_that_is_no_fhir(told, tmp_path, content, reason):
    (tmp_path / "Zebedee.json").write_text(content)
    assert told() == (
        "*.json (file 1 of 1 by name): the source is not FHIR R4 JSON\n"
        f"  expected: bundles or bulk export\n  found: {reason}"
    )


def test_an_empty_bundle(told, fhir, tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(fhir.bundle()))
    assert "the source holds no resource" in told()


def test_a_type_of_resource_that_is_not_there(told, fhir, tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(fhir.bundle(fhir.patient(), fhir.observation())))
    said = told(at={"encounter": "last"})
    assert "there is no Condition in the source" in said
    assert "there is no Encounter in the source" in said
    assert "found: Patient, Observation" in said


def test_units_that_are_all_wrong(told, fhir):
    pounds = {"bmi": {**fhir.BMI, "unit": "[lb_av]/[in_i]2"}}
    said = told(SAMPLE / "bulk", features=pounds)
    assert said.startswith("features.bmi.source: none of its values can be read")
    assert "expected: units: [lb_av]/[in_i]2" in said
    assert "found: a unit that the task does not accept (" in said


def test_codes_that_never_occur(told, fhir):
    wrong = {"bmi": {**fhir.BMI, "source": {"observation": ["http://loinc.org|39156"]}}}
    label = {**fhir.DIABETES, "source": {"condition": ["http://snomed.info/sct|1"]}}
    said = told(SAMPLE / "bulk", features=wrong, label=label)
    assert "features.bmi.source: nothing in the data has its code" in said
    assert "label.source: nothing in the data has its code" in said
    assert "correct it, system included: http://loinc.org|39156" in said


def test_codes_that_may_occur_further_on_are_not_told(fhir):
    wrong = {"bmi": {**fhir.BMI, "source": {"observation": ["http://loinc.org|39156"]}}}
    files = find_files(str(SAMPLE / "bulk"), "fhir")
    assert inspect_files(fhir.make_task(wrong), files) != []
    assert inspect_files(fhir.make_task(wrong), files, budget=93_000) == []
