"""Values and units: what a column takes, and why it refuses the rest."""

import pytest


@pytest.fixture
def value_of(fhir, table_of):
    """Reads one Observation; gives (value, reasons)."""

    def read(feature, **content):
        features = {"x": {"source": {"observation": [f"{fhir.LOINC}|39156-5"]}, **feature}, "age": AGE}
        found = table_of(
            fhir.patient(), fhir.observation(None, **content), task=fhir.make_task(features, fhir.DIABETES)
        )
        return found.column("x"), found.reasons

    return read


UNIT = "a unit that the task does not accept"
NOT_R4 = "a value is not of the JSON type that FHIR demands"
AGE = {"kind": "numeric", "unit": "a", "range": [0, 120], "source": {"patient": "age"}}
GLUCOSE = {"kind": "numeric", "unit": "mmol/L", "range": [0, 100], "accepted_units": {"mg/dL": 0.0555}}
SCORE = {"kind": "numeric", "unit": "1", "range": [0, 10]}
SMOKING = {"kind": "categorical", "values": {"266919005": "never", "Former smoker": "former", "LA1-2": "now"}}
CODED = {"kind": "categorical"}
FLAG = {"kind": "flag", "true": ["LA33-6", "1", "yes"], "false": ["LA32-8", "0", "no"], "missing": ["LA4489-6"]}


def test_a_quantity_in_the_declared_unit(fhir, value_of):
    assert value_of(GLUCOSE, valueQuantity=fhir.quantity(5.5, "mmol/L")) == (5.5, [])
    assert value_of(GLUCOSE, valueQuantity=fhir.quantity(5, "mmol/L")) == (5.0, [])


def test_an_accepted_unit_is_converted(fhir, value_of):
    value, reasons = value_of(GLUCOSE, valueQuantity=fhir.quantity(100, "mg/dL"))
    assert value == pytest.approx(5.55)
    assert reasons == []


def test_the_code_counts_and_not_what_is_shown(fhir, value_of):
    shown = {**fhir.quantity(100, "mg/dL"), "unit": "milligrams per decilitre"}
    assert value_of(GLUCOSE, valueQuantity=shown)[0] == pytest.approx(5.55)


def test_a_unit_as_text_is_taken_where_nothing_is_coded(value_of):
    assert value_of(GLUCOSE, valueQuantity={"value": 5.5, "unit": "mmol/L"}) == (5.5, [])


@pytest.mark.parametrize(
    ("quantity", "reason"),
    [
        (
            {"value": 5.5, "system": "http://unitsofmeasure.org", "code": "MMOL/L"},
            UNIT,
        ),
        ({"value": 5.5, "system": "http://unitsofmeasure.org", "code": "g/L"}, UNIT),
        ({"value": 5.5, "system": "http://snomed.info/sct", "code": "mmol/L"}, "a unit that is not from UCUM"),
        ({"value": 5.5}, "a quantity without a unit"),
        ({"value": 5.5, "system": "http://unitsofmeasure.org", "unit": "mmol/L"}, "a quantity without a unit"),
        ({"value": 5.5, "code": "mmol/L", "comparator": "<"}, "a value with a comparator (<, >) is no exact value"),
        ({"value": 5.5, "code": "mmol/L", "comparator": ">="}, "a value with a comparator (<, >) is no exact value"),
        ({"value": "5.5", "code": "mmol/L"}, NOT_R4),
        ({"value": True, "code": "mmol/L"}, NOT_R4),
        ({"value": [5.5], "code": "mmol/L"}, NOT_R4),
        ({"value": 5.5, "code": 7}, NOT_R4),
        ({"code": "mmol/L"}, NOT_R4),
        ("5.5 mmol/L", NOT_R4),
    ],
)
def test_a_quantity_that_cannot_be_trusted_is_refused(value_of, quantity, reason):
    assert value_of(GLUCOSE, valueQuantity=quantity) == (None, [reason])


@pytest.mark.parametrize(
    "quantity",
    [
        {"value": 7},
        {"value": 7, "system": "http://unitsofmeasure.org", "code": "1"},
        {"value": 7, "system": "http://unitsofmeasure.org", "code": "{score}"},
    ],
)
def test_a_dimensionless_quantity_needs_no_unit(value_of, quantity):
    assert value_of(SCORE, valueQuantity=quantity) == (7.0, [])


def test_a_dimensionless_quantity_takes_no_other_unit(fhir, value_of):
    assert value_of(SCORE, valueQuantity=fhir.quantity(7, "mg")) == (None, [UNIT])
    assert value_of(SCORE, valueQuantity=fhir.quantity(7, "{a}/{b}")) == (
        None,
        [UNIT],
    )


def test_an_integer_is_dimensionless(value_of):
    assert value_of(SCORE, valueInteger=7) == (7.0, [])
    assert value_of(GLUCOSE, valueInteger=7) == (None, ["a quantity without a unit"])
    assert value_of(SCORE, valueInteger=7.5) == (None, [NOT_R4])


def test_text_and_other_types_are_no_number(value_of):
    for content in ({"valueString": "5.5"}, {"valueBoolean": True}, {"valueRange": {}}, {"valueCodeableConcept": {}}):
        assert value_of(GLUCOSE, **content) == (None, ["a value of another type than the task declares"])


def test_a_concept_is_known_by_code_text_or_display(fhir, value_of):
    snomed = {"system": fhir.SNOMED, "code": "266919005", "display": "Never smoker"}
    assert value_of(SMOKING, valueCodeableConcept={"coding": [snomed]}) == ("266919005", [])
    other = {"system": "http://local", "code": "17", "display": "Former smoker"}
    assert value_of(SMOKING, valueCodeableConcept={"coding": [other]}) == ("Former smoker", [])
    assert value_of(SMOKING, valueCodeableConcept={"coding": [{"code": "17"}, {"code": "LA1-2"}]}) == ("LA1-2", [])
    assert value_of(SMOKING, valueCodeableConcept={"text": "Former smoker"}) == ("Former smoker", [])


def test_an_undeclared_concept_is_passed_on_for_the_row_to_be_quarantined(value_of):
    assert value_of(SMOKING, valueCodeableConcept={"coding": [{"code": "17"}]}) == ("17", [])


def test_without_declared_values_only_codes_are_taken(value_of):
    free = "text without a code, for a feature that does not name its values"
    assert value_of(CODED, valueCodeableConcept={"coding": [{"code": "17", "display": "x"}]}) == ("17", [])
    assert value_of(CODED, valueCodeableConcept={"text": "seen with Mrs Smith"}) == (None, [free])
    assert value_of(CODED, valueString="seen with Mrs Smith") == (None, [free])


def test_strings_integers_and_booleans_as_categories(value_of):
    assert value_of(SMOKING, valueString=" Former smoker ") == ("Former smoker", [])
    assert value_of(CODED, valueInteger=3) == ("3", [])
    assert value_of(CODED, valueBoolean=False) == ("false", [])


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"valueBoolean": True}, True),
        ({"valueBoolean": False}, False),
        ({"valueInteger": 1}, True),
        ({"valueString": "no"}, False),
        ({"valueCodeableConcept": {"coding": [{"system": "http://loinc.org", "code": "LA33-6"}]}}, True),
        ({"valueCodeableConcept": {"coding": [{"system": "http://loinc.org", "code": "LA4489-6"}]}}, None),
    ],
)
def test_flags(value_of, content, expected):
    assert value_of(FLAG, **content) == (expected, [])


def test_a_flag_that_is_neither(value_of):
    neither = "a value that is neither true nor false for the task"
    assert value_of(FLAG, valueString="perhaps") == (None, [neither])
    assert value_of(FLAG, valueBoolean="true") == (None, [NOT_R4])


def test_no_value_is_missing_and_no_error(value_of):
    unknown = {"coding": [{"code": "unknown"}]}
    assert value_of(GLUCOSE, dataAbsentReason=unknown) == (None, [])
    assert value_of(GLUCOSE) == (None, [])
    absent = {"_value": {"extension": []}, "code": "mmol/L"}
    assert value_of(GLUCOSE, valueQuantity=absent) == (None, [])


def test_malformed_codings_are_refused(value_of):
    wrong = [NOT_R4]
    for bad in ("x", {"coding": "x"}, {"coding": ["x"]}, {"coding": [{"code": 1}]}):
        assert value_of(CODED, valueCodeableConcept=bad) == (None, wrong)
