"""What counts as known at the prediction time (2020-06-15, end of day, where a test says nothing else)."""

import pytest

VISIT = "2020-06-15T10:00:00Z"


@pytest.fixture
def bmi_of(fhir, table_of):
    def read(*resources, at=None):
        found = table_of(fhir.patient(), *resources, task=fhir.make_task(at=at))
        assert found.rejected == []
        return found.column("bmi")

    return read


def at_visit(**more):
    return {"encounter": "last", **more}


def test_the_last_value_at_or_before_the_prediction_time(fhir, bmi_of):
    values = [
        fhir.observation(3, "2020-07-01T00:00:00Z"),
        fhir.observation(2, "2020-06-15T09:00:00Z"),
        fhir.observation(1, "2020-06-14T09:00:00Z"),
    ]
    assert bmi_of(*values) == 2
    assert bmi_of(*values[::-1]) == 2


def test_a_value_at_the_very_second_counts_and_one_a_second_later_does_not(fhir, bmi_of):
    visit = fhir.encounter(VISIT)
    assert bmi_of(visit, fhir.observation(1, "2020-06-15T10:00:00Z"), at=at_visit()) == 1
    assert bmi_of(visit, fhir.observation(1, "2020-06-15T12:00:00+02:00"), at=at_visit()) == 1
    assert bmi_of(visit, fhir.observation(1, "2020-06-15T10:00:01Z"), at=at_visit()) is None


def test_a_value_of_the_same_day_whose_hour_is_not_known_does_not_count(fhir, bmi_of):
    visit = fhir.encounter(VISIT)
    assert bmi_of(visit, fhir.observation(1, "2020-06-15"), at=at_visit()) is None
    assert bmi_of(visit, fhir.observation(1, "2020-06-14"), at=at_visit()) == 1
    assert bmi_of(visit, fhir.observation(1, "2020"), at=at_visit()) is None
    assert bmi_of(fhir.observation(1, "2020-06-15")) == 1  # the prediction is made at the end of the day


def test_a_value_counts_from_when_it_is_on_record(fhir, bmi_of):
    late = fhir.observation(2, "2020-06-01T10:00:00Z", issued="2020-07-01T10:00:00Z")
    early = fhir.observation(1, "2020-05-01T10:00:00Z", issued="2020-05-01T11:00:00Z")
    assert bmi_of(early, late) == 1
    assert bmi_of(early, late, at={"date": "2020-06-15", "known_from": "occurred"}) == 2


def test_parts_of_a_second_do_not_matter(fhir, bmi_of):
    written = fhir.observation(1, VISIT, issued="2020-06-15T10:00:00.453+00:00")
    assert bmi_of(fhir.encounter(VISIT), written, at=at_visit()) == 1


def test_of_two_versions_at_one_time_the_later_issued_counts(fhir, bmi_of):
    first = fhir.observation(1, "2020-06-01T10:00:00Z", issued="2020-06-01T11:00:00Z")
    amended = fhir.observation(2, "2020-06-01T10:00:00Z", issued="2020-06-02T11:00:00Z", status="amended")
    assert bmi_of(amended, first) == 2


def test_times_of_an_observation(fhir, bmi_of):
    def timed(**times):
        return bmi_of(fhir.observation(1, None, **times))

    assert timed(effectiveInstant="2020-06-01T10:00:00Z") == 1
    assert timed(effectivePeriod={"start": "2020-06-01", "end": "2020-06-14"}) == 1
    assert timed(effectivePeriod={"start": "2020-06-01", "end": "2020-06-16"}) is None
    assert timed(issued="2020-06-01T10:00:00Z") == 1
    assert timed(effectivePeriod={"start": "2020-06-01"}, issued="2020-06-02T10:00:00Z") == 1
    assert timed(effectiveTiming={}, issued="2020-06-02T10:00:00Z") == 1


def test_within_days(fhir, table_of):
    source = {**fhir.BMI["source"], "within_days": 30}
    task = fhir.make_task({"bmi": {**fhir.NUMBER, "source": source}})
    for day, value in (("2020-05-17", 1), ("2020-05-15", None)):
        assert table_of(fhir.patient(), fhir.observation(1, day), task=task).column("bmi") == value


def test_only_final_values_count(fhir, table_of):
    statuses = ["registered", "preliminary", "cancelled", "entered-in-error", "unknown"]
    found = table_of(fhir.patient(), *(fhir.observation(1, status=status) for status in statuses))
    assert found.column("bmi") is None
    assert found.left_out == {f"Observation with status {status}": 1 for status in statuses}
    for status in ("final", "amended", "corrected"):
        assert table_of(fhir.patient(), fhir.observation(1, status=status)).column("bmi") == 1


def test_an_absent_value_does_not_hide_an_earlier_one(fhir, bmi_of):
    absent = fhir.observation(None, "2020-06-01T10:00:00Z", dataAbsentReason=fhir.concept("error", "http://x"))
    assert bmi_of(fhir.observation(1, "2020-01-01"), absent) == 1


def test_components(fhir, table_of):
    panel = {"observation": [f"{fhir.LOINC}|85354-9", f"{fhir.LOINC}|55284-4"]}
    pressure = {"kind": "numeric", "unit": "mm[Hg]", "range": [0, 300]}
    features = {
        "systolic": {**pressure, "source": {**panel, "component": f"{fhir.LOINC}|8480-6"}},
        "diastolic": {**pressure, "source": {**panel, "component": f"{fhir.LOINC}|8462-4"}},
    }
    coded = {"coding": [{"system": fhir.LOINC, "code": code} for code in ("85354-9", "55284-4")]}
    parts = [
        {"code": fhir.concept("8462-4"), "valueQuantity": fhir.quantity(80, "mm[Hg]")},
        {"code": fhir.concept("8480-6"), "valueQuantity": fhir.quantity(120, "mm[Hg]")},
    ]
    task = fhir.make_task(features)
    whole = fhir.observation(None, code=coded, component=parts)
    found = table_of(fhir.patient(), whole, task=task)
    assert (found.column("systolic"), found.column("diastolic"), found.rejected) == (120, 80, [])

    parts[1] = {"code": fhir.concept("8480-6"), "valueQuantity": fhir.quantity(120, "kPa")}
    found = table_of(fhir.patient(), fhir.observation(None, code=coded, component=parts), task=task)
    assert (found.column("systolic"), found.column("diastolic")) == (None, 80)
    assert found.rejected == [(2, "systolic", "a unit that the task does not accept")]

    parts[1] = {"code": fhir.concept("8480-6"), "dataAbsentReason": fhir.concept("unknown", "http://x")}
    found = table_of(fhir.patient(), fhir.observation(None, code=coded, component=parts), task=task)
    assert (found.column("systolic"), found.rejected) == (None, [])
    assert table_of(fhir.patient(), fhir.observation(None, code=coded), task=task).column("systolic") is None


@pytest.fixture
def has(fhir, table_of):
    """Whether a flag of a condition is set."""

    def read(*resources, at=None, **source):
        flag = {"kind": "flag", "source": {"condition": [f"{fhir.SNOMED}|44054006"], **source}}
        label = {"name": "visits", "positive": {"at_least": 1}, "source": {"encounter": ["AMB"]}}
        found = table_of(fhir.patient(), *resources, task=fhir.make_task({"flag": flag}, label, at))
        assert found.rejected == []
        return found.column("flag")

    return read


def test_a_history_of_a_condition(fhir, has):
    assert has(fhir.condition("2020-06-15")) is True
    assert has(fhir.condition("2020-06-16")) is False
    assert has(fhir.condition("2020")) is False
    assert has(fhir.condition("2020-01-01", code="38341003")) is False
    assert has() is False
    assert has(fhir.condition("2010-01-01", abatementDateTime="2011-01-01")) is True
    assert has(fhir.condition("2020-01-01"), within_days=30) is False


def test_a_condition_is_not_known_before_it_is_recorded(fhir, has):
    backdated = fhir.condition("2019-01-01", recordedDate="2020-08-01")
    assert has(backdated) is False
    assert has(backdated, at={"date": "2020-06-15", "known_from": "occurred"}) is True


def test_active_only_asks_whether_it_had_ended(fhir, has):
    def active(**more):
        return has(fhir.condition("2010-01-01", **more), active_only=True)

    assert active() is True
    assert active(abatementDateTime="2020-06-14") is False
    assert active(abatementDateTime="2020-06-16") is True
    assert active(abatementPeriod={"start": "2011-01-01", "end": "2012-01-01"}) is False
    assert active(abatementString="when he was fifty") is True
    assert active(clinicalStatus={"coding": [{"code": "resolved"}]}) is True  # that of the day of the export


def test_onset_of_a_condition(fhir, has):
    assert has(fhir.condition(None, onsetPeriod={"start": "2020-01-01", "end": "2020-02-01"})) is True
    assert has(fhir.condition(None, onsetPeriod={"start": "2020-01-01", "end": "2020-07-01"})) is False
    assert has(fhir.condition(None, onsetPeriod={"start": "2020-01-01"})) is True
    assert has(fhir.condition(None, recordedDate="2020-01-01")) is True
    assert has(fhir.condition(None, onsetAge={"value": 50, "code": "a"}, recordedDate="2020-01-01")) is True


def test_a_condition_that_is_not_true_does_not_count(fhir, has):
    for status, expected in (
        ("refuted", False),
        ("entered-in-error", False),
        ("confirmed", True),
        ("provisional", True),
    ):
        verified = {
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-ver-status", "code": status}]
        }
        assert has(fhir.condition(verificationStatus=verified)) is expected


@pytest.fixture
def outcome(fhir, table_of):
    """The label `diabetes within a year after the prediction time`, or why the patient is left out."""

    def read(*resources, at=None, **source):
        wanted = {"condition": [f"{fhir.SNOMED}|44054006"], "when": "after", "within_days": 365, **source}
        found = table_of(fhir.patient(), *resources, task=fhir.make_task(None, {**fhir.DIABETES, "source": wanted}, at))
        assert found.rejected == []
        return found.column("diabetes") if found.rows else set(found.left_out)

    return read


def test_an_outcome_starts_after_the_prediction_time(fhir, outcome):
    assert outcome(fhir.condition("2020-06-15")) == 0
    assert outcome(fhir.condition("2020-06-16")) == 1
    assert outcome(fhir.condition("2021-06-15")) == 1
    assert outcome(fhir.condition("2021-06-16")) == 0
    assert outcome(fhir.condition("2021-06-16"), within_days=366) == 1
    assert outcome() == 0


def test_an_outcome_found_on_the_day_of_the_visit_is_none(fhir, outcome):
    visit = fhir.encounter(VISIT)
    assert outcome(visit, fhir.condition("2020-06-15"), at=at_visit()) == 0
    assert outcome(visit, fhir.condition("2020-06-15T10:00:01Z"), at=at_visit()) == 1


def test_who_had_it_already_is_left_out_where_asked(fhir, outcome):
    prior = {"had the condition already at the prediction time"}
    assert outcome(fhir.condition("2019-01-01"), exclude_prior=True) == prior
    assert outcome(fhir.condition("2019-01-01"), fhir.condition("2021-01-01"), exclude_prior=True) == prior
    assert outcome(fhir.condition("2019-01-01", recordedDate="2021-01-01"), exclude_prior=True) == prior
    assert outcome(fhir.condition("2021-01-01"), exclude_prior=True) == 1
    assert outcome(exclude_prior=True) == 0
    healed = fhir.condition("2019-01-01", abatementDateTime="2019-02-01")
    assert outcome(healed, exclude_prior=True) == prior
    assert outcome(healed, exclude_prior=True, active_only=True) == 0
    assert outcome(fhir.encounter(VISIT), fhir.condition("2020-06-15"), at=at_visit(), exclude_prior=True) == prior


def test_an_observation_as_outcome_is_the_first_after(fhir, table_of):
    source = {**fhir.BMI["source"], "when": "after", "within_days": 90, "unit": "kg/m2"}
    label = {"name": "obese", "positive": {"at_least": 30}, "source": source}
    task = fhir.make_task(None, label)
    values = [
        fhir.observation(1, "2020-06-01"),
        fhir.observation(3, "2020-07-03"),
        fhir.observation(2, "2020-07-02"),
        fhir.observation(4, "2020-10-02"),
    ]
    assert table_of(fhir.patient(), *values, task=task).column("obese") == 2
    found = table_of(fhir.patient(), values[0], values[3], task=task)
    assert (found.rows, found.left_out) == ({}, {"the outcome was not observed": 1})


@pytest.fixture
def visits(fhir, table_of):
    def read(*resources, kind="numeric", **source):
        feature = {"kind": kind, "source": {"encounter": ["AMB", "EMER"], **source}}
        if kind == "numeric":
            feature |= {"unit": "1", "range": [0, 100]}
        found = table_of(fhir.patient(), *resources, task=fhir.make_task({"visits": feature}))
        assert found.rejected == []
        return found.column("visits")

    return read


def test_encounters_are_counted_by_class_and_time(fhir, visits):
    three = [fhir.encounter("2020-06-01"), fhir.encounter("2019-06-01"), fhir.encounter("2020-06-02", "EMER")]
    assert visits(*three) == 3
    assert visits(*three, within_days=365) == 2
    assert visits(*three, fhir.encounter("2020-06-02", "IMP"), fhir.encounter("2020-06-16")) == 3
    assert visits() == 0
    assert visits(*three, kind="flag") is True
    assert visits(kind="flag") is False


def test_an_encounter_that_comes_twice_counts_once(fhir, visits):
    assert visits(fhir.encounter("2020-06-01", id="e1"), fhir.encounter("2020-06-01", id="e1")) == 1
    assert visits(fhir.encounter("2020-06-01"), fhir.encounter("2020-06-01")) == 2


def test_only_encounters_that_took_place_count(fhir, visits):
    statuses = ["planned", "cancelled", "entered-in-error", "unknown", "arrived", "triaged", "in-progress", "onleave"]
    assert visits(*(fhir.encounter("2020-06-01", status=status) for status in statuses)) == 4


def test_the_prediction_time_is_the_first_or_the_last_encounter(fhir, bmi_of):
    both = [fhir.encounter("2020-03-01T10:00:00Z"), fhir.encounter("2020-06-01T10:00:00Z")]
    values = [fhir.observation(1, "2020-02-01"), fhir.observation(2, "2020-05-01"), fhir.observation(3, "2020-07-01")]
    assert bmi_of(*both, *values, at={"encounter": "first"}) == 1
    assert bmi_of(*both[::-1], *values, at={"encounter": "last"}) == 2
    emergency = fhir.encounter("2020-08-01T10:00:00Z", "EMER")
    assert bmi_of(*both, emergency, *values, at={"encounter": "last", "classes": ["EMER"]}) == 3


def test_an_encounter_without_an_hour_is_its_whole_day(fhir, bmi_of):
    assert bmi_of(fhir.encounter("2020-06-15"), fhir.observation(1, "2020-06-15"), at=at_visit()) == 1


def test_a_patient_without_any_encounter_goes_to_quarantine(fhir, table_of):
    found = table_of(fhir.patient(), fhir.observation(), task=fhir.make_task(at=at_visit()))
    assert found.rows == {}
    assert found.rejected == [(1, "", "a patient without the Encounter that sets the prediction time")]


def test_a_patient_without_an_encounter_of_the_classes_is_no_part_of_the_question(fhir, table_of):
    task = fhir.make_task(at=at_visit(classes=["EMER"]))
    found = table_of(fhir.patient(), fhir.encounter(), task=task)
    assert (found.rows, found.rejected) == ({}, [])
    assert found.left_out == {"no Encounter of the classes that set the prediction time": 1}


@pytest.fixture
def person(fhir, table_of):
    elements = ("gender", "race", "ethnicity", "marital_status")
    features = {name: {"kind": "categorical", "source": {"patient": name}} for name in elements}
    features["age"] = {"kind": "numeric", "unit": "a", "range": [0, 120], "source": {"patient": "age"}}

    def read(at=None, **elements):
        return table_of(fhir.patient(**elements), task=fhir.make_task(features, at=at))

    return read


def test_age_in_completed_years_at_the_prediction_time(person):
    assert person(birthDate="1970-06-15").column("age") == 50
    assert person(birthDate="1970-06-16").column("age") == 49
    assert person(birthDate="1970-06").column("age") == 50
    assert person(birthDate="1970").column("age") == 49
    assert person(birthDate="2020-06").column("age") == 0
    assert person(birthDate="2020").column("age") == 0


def test_elements_of_a_patient(fhir, person):
    core = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"
    extension = [
        {"url": "http://example.org/else", "valueString": "x"},
        {"url": f"{core}race", "extension": [{"url": "ombCategory"}, {"url": "text", "valueString": "White"}]},
        {"url": f"{core}ethnicity", "extension": [{"url": "ombCategory", "valueCoding": {"code": "2186-5"}}]},
    ]
    found = person(extension=extension, maritalStatus=fhir.concept("M", "http://x", text="Married"))
    assert [found.column(name) for name in ("gender", "race", "ethnicity", "marital_status")] == [
        "female", "White", None, "M",
    ]  # fmt: skip
    bare = person(gender=None, birthDate="1970-06-15")
    assert [bare.column(name) for name in ("gender", "race", "ethnicity", "marital_status")] == [None] * 4


def test_a_missing_birth_date_is_a_missing_age(fhir, table_of):
    features = {"age": {"kind": "numeric", "unit": "a", "range": [0, 120], "source": {"patient": "age"}}}
    found = table_of({"resourceType": "Patient", "id": "p1"}, task=fhir.make_task(features))
    assert (found.column("age"), found.rejected) == (None, [])


def test_the_dead_and_the_unborn_are_left_out(person):
    died = {"died before the prediction time": 1}
    assert person(deceasedDateTime="2020-06-14").left_out == died
    assert person(deceasedDateTime="2020-06-15").left_out == died
    assert person(deceasedDateTime="2020").rows
    assert person(deceasedDateTime="2020-06-16").rows
    assert person(deceasedBoolean=True).rows
    assert person(birthDate="2020-07").left_out == {"born after the prediction time": 1}


def test_who_is_born_after_his_own_encounter_goes_to_quarantine(fhir, table_of):
    features = {"age": {"kind": "numeric", "unit": "a", "range": [0, 120], "source": {"patient": "age"}}}
    task = fhir.make_task(features, at=at_visit())
    found = table_of(fhir.patient(birthDate="2021-01-01"), fhir.encounter(VISIT), task=task)
    assert found.reasons == ["a patient born after the prediction time"]
    assert table_of(fhir.patient(birthDate="2020-06-15"), fhir.encounter(VISIT), task=task).column("age") == 0
