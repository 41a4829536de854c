"""What cannot be read goes to quarantine with place and reason, and never with a value; all else goes on."""

import copy
import gzip
import itertools
import json

import pytest

SECRET = "Zebedee-Quux"
NOT_R4 = "an element is not of the JSON type that FHIR demands"
VALUE_NOT_R4 = "a value is not of the JSON type that FHIR demands"
BUNDLE_TYPE = "a bundle of a type that is not read (history, responses), or of none"


def write(path, *lines):
    path.write_text("".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines))
    return path


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"code": None}, "an Observation without a code"),
        ({"code": SECRET}, "an Observation without a code"),
        ({"code": {"coding": SECRET}}, VALUE_NOT_R4),
        ({"effectiveDateTime": SECRET}, "a date or time is not written as FHIR demands"),
        ({"effectiveDateTime": "2020-02-30"}, "a date or time is not written as FHIR demands"),
        ({"effectiveDateTime": "2020-02-01T10:00:00"}, "a time without a time zone, which FHIR demands"),
        ({"issued": SECRET}, "a date or time is not written as FHIR demands"),
        ({"effectiveDateTime": None}, "an Observation without a time"),
        ({"effectiveDateTime": None, "effectivePeriod": {"start": "2020"}}, "an Observation without a time"),
        ({"effectiveDateTime": None, "effectivePeriod": SECRET}, NOT_R4),
        ({"status": None}, "a status that FHIR does not know, or none"),
        ({"status": SECRET}, "a status that FHIR does not know, or none"),
        ({"status": [SECRET]}, "a status that FHIR does not know, or none"),
        ({"subject": None}, "no reference to a patient"),
        ({"subject": {"identifier": {"value": SECRET}}}, "no reference to a patient"),
        ({"subject": {"reference": 7}}, "no reference to a patient"),
        ({"subject": {"reference": "#me"}}, "a reference to a contained resource"),
        ({"subject": {"reference": f"Patient?identifier={SECRET}"}},
         "a reference by search (Patient?...), which names no patient"),
        ({"subject": {"reference": SECRET}}, "a reference of a form that FHIR does not know"),
        ({"subject": {"reference": f"Patient/{SECRET}"}}, "a resource whose patient is not in the data"),
        ({"subject": {"reference": f"urn:uuid:{SECRET}"}}, "a resource whose patient is not in the data"),
    ],
)  # fmt: skip
def test_a_broken_observation(fhir, table_of, more, reason):
    found = table_of(fhir.patient(), fhir.observation(**more), fhir.observation(7, "2020-01-02"))
    assert found.rejected == [(2, "", reason)]
    assert found.column("bmi") == 7
    assert SECRET not in str(found)


def test_a_component_list_of_the_wrong_type(fhir, table_of):
    source = {**fhir.BMI["source"], "component": f"{fhir.LOINC}|8480-6"}
    task = fhir.make_task({"bmi": {**fhir.NUMBER, "source": source}})
    for bad in (SECRET, [SECRET]):
        found = table_of(fhir.patient(), fhir.observation(component=bad), task=task)
        assert found.rejected == [(2, "bmi", NOT_R4)]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"onsetDateTime": None}, "a Condition with neither a date of onset nor a recordedDate"),
        ({"onsetDateTime": None, "onsetString": SECRET}, "a Condition with neither a date of onset nor a recordedDate"),
        ({"onsetDateTime": SECRET}, "a date or time is not written as FHIR demands"),
        ({"recordedDate": SECRET}, "a date or time is not written as FHIR demands"),
        ({"verificationStatus": SECRET}, VALUE_NOT_R4),
        ({"subject": None}, "no reference to a patient"),
    ],
)
def test_a_broken_condition(fhir, table_of, more, reason):
    found = table_of(fhir.patient(), fhir.condition(**more), fhir.observation(7))
    assert found.rejected == [(2, "", reason)]
    assert (found.column("bmi"), found.column("diabetes")) == (7, 0)


def test_the_code_of_a_condition(fhir, table_of):
    none, wrong = fhir.condition(), {**fhir.condition(), "code": SECRET}
    del none["code"]  # 0..1 in R4
    found = table_of(fhir.patient(), none, wrong)
    assert found.rejected == [(3, "", VALUE_NOT_R4)]
    assert found.left_out == {"Condition without a code": 1}


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"class": None}, "an Encounter whose class is not a Coding with a code"),
        ({"class": [{"coding": []}]}, "an Encounter whose class is not a Coding with a code"),
        ({"status": "completed"}, "a status that FHIR does not know, or none"),
        ({"period": None}, "an Encounter without a start"),
        ({"period": {"end": "2020-01-01"}}, "an Encounter without a start"),
        ({"period": [SECRET]}, NOT_R4),
        ({"period": {"start": SECRET}}, "a date or time is not written as FHIR demands"),
    ],
)
def test_a_broken_encounter(fhir, table_of, more, reason):
    task = fhir.make_task(at={"encounter": "last"})
    found = table_of(fhir.patient(), fhir.encounter(**more), fhir.encounter("2020-02-01"), task=task)
    assert found.rejected == [(2, "", reason)]
    assert set(found.rows) == {"p1"}


def test_what_the_task_does_not_ask_for_is_not_judged(fhir, table_of):
    found = table_of(
        fhir.patient(birthDate=SECRET),
        fhir.encounter(**{"class": None}),
        fhir.observation(code=fhir.concept("other"), status=SECRET),
        fhir.condition(code="other", onsetDateTime=SECRET),
        {"resourceType": "Claim", "patient": SECRET},
    )
    assert (found.rejected, found.read) == ([], 5)
    assert set(found.rows) == {"p1"}


@pytest.mark.parametrize(
    ("element", "value", "column", "reason"),
    [
        ("birthDate", SECRET, "", "a date or time is not written as FHIR demands"),
        ("birthDate", "1970-01-01T00:00:00Z", "", "a date or time is not written as FHIR demands"),
        ("deceasedDateTime", SECRET, "", "a date or time is not written as FHIR demands"),
        ("deceasedBoolean", SECRET, "", NOT_R4),
        ("gender", [SECRET], "sex", NOT_R4),
        ("extension", SECRET, "race", NOT_R4),
        ("id", 7, "", "a Patient with neither id nor fullUrl"),
        ("id", None, "", "a Patient with neither id nor fullUrl"),
    ],
)
def test_a_broken_patient_is_told_once(fhir, table_of, element, value, column, reason):
    features = {
        "age": {"kind": "numeric", "unit": "a", "range": [0, 120], "source": {"patient": "age"}},
        "sex": {"kind": "categorical", "source": {"patient": "gender"}},
        "race": {"kind": "categorical", "source": {"patient": "race"}},
        "bmi": fhir.BMI,
    }
    found = table_of(
        fhir.patient("p0"),
        fhir.patient(**{element: value}),
        fhir.observation(subject={"reference": "Patient/p1" if element != "id" else "Patient/p0"}),
        fhir.observation(subject={"reference": "Patient/p0"}),
        task=fhir.make_task(features),
    )
    assert found.rejected == [(2, column, reason)]
    assert set(found.rows) == {"p0"}
    assert SECRET not in str(found)


def test_every_resource_of_an_unknown_patient_is_told(fhir, table_of):
    other = {"reference": "Patient/nobody"}
    found = table_of(fhir.patient(), fhir.observation(subject=other), fhir.condition(subject=other))
    unknown = "a resource whose patient is not in the data"
    assert found.rejected == [(2, "", unknown), (3, "", unknown)]
    assert set(found.rows) == {"p1"}


def test_what_is_not_about_a_patient_is_left_out(fhir, table_of):
    about = [fhir.observation(subject={"reference": name}) for name in ("Group/1", "Device/2", "http://x/Location/3")]
    found = table_of(fhir.patient(), *about)
    assert (found.rejected, found.left_out) == ([], {"Observation about something else than a patient": 3})


def test_one_patient_told_twice_is_one(fhir, table_of):
    found = table_of(fhir.patient(), fhir.patient(), fhir.observation(7))
    assert (found.column("bmi"), found.rejected) == (7, [])


def test_two_patients_with_one_id_are_none(fhir, table_of):
    found = table_of(fhir.patient(), fhir.patient(gender="male"), fhir.observation(7))
    differ = "several Patient resources with one id that differ"
    assert (found.rows, found.rejected) == ({}, [(1, "", differ), (2, "", differ)])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"resourceType": "Bundle", "type": "collection", "entry": [{"resour', "broken JSON"),
        ("", "broken JSON"),
        ("<Bundle xmlns='http://hl7.org/fhir'/>", "broken JSON"),
        (f"name,age\n{SECRET},7\n", "broken JSON"),
        ("[1, 2]", "JSON that is no FHIR resource"),
        (json.dumps({"transactionTime": SECRET, "output": []}), "JSON that is no FHIR resource"),
        (json.dumps({"resourceType": 7}), "JSON that is no FHIR resource"),
        (json.dumps({"resourceType": "Bundle"}), BUNDLE_TYPE),
        (json.dumps({"resourceType": "Bundle", "type": "history"}),
         BUNDLE_TYPE),
        (json.dumps({"resourceType": "Bundle", "type": ["collection"]}),
         BUNDLE_TYPE),
        (json.dumps({"resourceType": "Bundle", "type": "collection", "entry": {"1": 2}}),
         "a bundle whose entries are no list"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_fhir_does_not_stop_the_others(fhir, tmp_path, content, reason):
    good = write(tmp_path / "a.json", fhir.bundle(fhir.patient(), fhir.observation(7)))
    bad = write(tmp_path / "b.json", content)
    found = fhir.read_table(fhir.make_task(), [good, bad])
    assert found.rejected == [(0, "", reason)]
    assert found.column("bmi") == 7
    assert SECRET not in str(found)


def test_utf16_and_a_byte_order_mark(fhir, tmp_path):
    text = json.dumps(fhir.bundle(fhir.patient(), fhir.observation(7)))
    marked, wide = tmp_path / "a.json", tmp_path / "b.json"
    marked.write_text(text, encoding="utf-8-sig")
    wide.write_text(text, encoding="utf-16")
    found = fhir.read_table(fhir.make_task(), [marked, wide])
    assert (found.column("bmi"), found.rejected) == (7, [(0, "", "broken JSON")])


def test_a_file_of_another_kind(fhir, tmp_path):
    good = write(tmp_path / "a.json", fhir.bundle(fhir.patient()))
    other = write(tmp_path / "notes.txt", SECRET)
    found = fhir.read_table(fhir.make_task(), [good, other])
    assert found.rejected == [(0, "", "a file that is not .json or .ndjson")]


def test_broken_entries_of_a_bundle(fhir, table_of, tmp_path):
    whole = fhir.bundle(fhir.patient(), fhir.bundle(fhir.patient("p2")), {"resourceType": 7}, fhir.observation(7))
    whole["entry"] += ["x", {}, {"fullUrl": 7, "resource": fhir.patient("p3")}, {"request": {"method": "DELETE"}}]
    found = fhir.read_table(fhir.make_task(), [write(tmp_path / "a.json", whole)])
    no_resource = "JSON that is no FHIR resource"
    assert found.rejected == [
        (2, "", "a bundle where a single resource is expected"),
        (3, "", no_resource),
        (5, "", "an entry that is no JSON object"),
        (6, "", no_resource),
        (7, "", no_resource),
    ]
    assert found.column("bmi") == 7


@pytest.mark.parametrize("entries", [{}, {"entry": []}])
def test_an_empty_bundle_is_no_error(fhir, tmp_path, entries):
    empty = write(tmp_path / "a.json", {"resourceType": "Bundle", "type": "searchset", "total": 0, **entries})
    found = fhir.read_table(fhir.make_task(), [empty])
    assert (found.rows, found.rejected, found.read) == ({}, [], 0)


def test_broken_lines_of_bulk_export(fhir, tmp_path):
    file = write(
        tmp_path / "Patient.ndjson",
        fhir.patient("p1"),
        "\n",
        f'{{"resourceType": "Patient", "id": "{SECRET}\n',
        "[]\n",
        fhir.bundle(),
        fhir.patient("p2"),
        json.dumps(fhir.patient("p3"))[:-9],
    )
    found = fhir.read_table(fhir.make_task(), [file])
    assert found.rejected == [
        (3, "", "broken JSON"),
        (4, "", "JSON that is no FHIR resource"),
        (5, "", "a bundle where a single resource is expected"),
        (7, "", "broken JSON"),
    ]
    assert set(found.rows) == {"p1", "p2"}


def test_a_packed_file_that_is_cut_off(fhir, tmp_path):
    packed = gzip.compress("".join(json.dumps(fhir.patient(f"p{i}")) + "\n" for i in range(5000)).encode())
    lines, whole, fake = tmp_path / "Patient.ndjson.gz", tmp_path / "x.json.gz", tmp_path / "y.ndjson.gz"
    lines.write_bytes(packed[: len(packed) // 2])
    whole.write_bytes(gzip.compress(json.dumps(fhir.bundle(fhir.patient())).encode())[:-20])
    fake.write_bytes(b"not packed")
    found = fhir.read_table(fhir.make_task(), [lines, whole, fake])
    assert found.reasons == ["the packed file is broken or cut off here"] * 3
    assert len(found.rows) > 1000
    assert found.rejected[0][0] == len(found.rows) + 1


def places(node, path=()):
    """All places in a JSON value."""
    yield path
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield from places(value, (*path, key))


def test_whatever_stands_in_whatever_place_reading_goes_on(fhir, tmp_path):
    """Puts a value of a wrong type in each place of a bundle in turn."""
    core = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race"
    race = [{"url": core, "extension": [{"url": "text", "valueString": "White"}]}]
    pressure = [{"code": fhir.concept("8480-6"), "valueQuantity": fhir.quantity(120, "mm[Hg]")}]
    whole = fhir.bundle(
        fhir.patient(extension=race, deceasedDateTime="2021-01-01", maritalStatus=fhir.concept("M", "http://x")),
        fhir.observation(issued="2020-01-01T10:00:00Z"),
        fhir.observation(None, code=fhir.concept("85354-9"), component=pressure),
        fhir.observation(None, None, code=fhir.concept("72166-2"), effectivePeriod={"end": "2019-12-01"},
                         valueCodeableConcept=fhir.concept("1", fhir.SNOMED, text="x")),
        fhir.condition(recordedDate="2020-01-01", abatementDateTime="2020-02-01", verificationStatus=fhir.concept("x")),
        fhir.condition(None, onsetPeriod={"start": "2020", "end": "2020"}, abatementPeriod={"end": "2020"}),
        fhir.encounter(),
    )  # fmt: skip
    for number, entry in enumerate(whole["entry"]):
        entry["fullUrl"] = f"http://server/fhir/{entry['resource']['resourceType']}/{number or 'p1'}"
    systolic = {"observation": [f"{fhir.LOINC}|85354-9"], "component": f"{fhir.LOINC}|8480-6"}
    active = {"condition": [f"{fhir.SNOMED}|44054006"], "active_only": True}
    features = {
        "bmi": fhir.BMI,
        "systolic": {"kind": "numeric", "unit": "mm[Hg]", "range": [0, 300], "source": systolic},
        "smoking": {"kind": "categorical", "source": {"observation": [f"{fhir.LOINC}|72166-2"]}},
        "active": {"kind": "flag", "source": active},
        "age": {"kind": "numeric", "unit": "a", "range": [0, 120], "source": {"patient": "age"}},
        **{name: {"kind": "categorical", "source": {"patient": name}} for name in ("race", "gender", "marital_status")},
    }
    task = fhir.make_task(features, at={"encounter": "last"})
    unharmed = fhir.read_table(task, [write(tmp_path / "a.json", whole)])
    assert unharmed.rejected == []
    expected = {"bmi": 25, "systolic": 120, "smoking": "1", "active": False, "age": 49, "race": "White"}
    assert expected.items() <= unharmed.rows["p1"].items()
    hostile = [None, True, 7, -1e300, SECRET, "", [], {}, [[]], [None], [SECRET], {SECRET: SECRET}]
    told = 0
    for path, value in itertools.product(list(places(whole))[1:], hostile):
        broken = copy.deepcopy(whole)
        node = broken
        for key in path[:-1]:
            node = node[key]
        node[path[-1]] = value
        found = fhir.read_table(task, [write(tmp_path / "a.json", broken)])
        told += bool(found.rejected)
        assert SECRET not in str(found.rejected) + str(found.left_out)
    assert told > 500
