"""Files: bundles and bulk export, in parts and packed; what they are called; what never leaves them."""

import json
import pickle
from pathlib import Path

import pytest

from components.fhir.files import is_fhir_file, parts, read_part
from components.fhir.mapping import compile_mapping
from components.storage import StoredFile
from pipeline_configs.errors import DataProblem

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "fhir"


@pytest.fixture(scope="module")
def task(fhir):
    panel = {"observation": [f"{fhir.LOINC}|85354-9"], "component": f"{fhir.LOINC}|8480-6"}
    features = {
        "age": {"kind": "numeric", "unit": "a", "range": [0, 120], "source": {"patient": "age"}},
        "sex": {"kind": "categorical", "values": ["female", "male"], "source": {"patient": "gender"}},
        "bmi": fhir.BMI,
        "systolic": {"kind": "numeric", "unit": "mm[Hg]", "range": [50, 280], "source": panel},
        "glucose": {
            "kind": "numeric",
            "unit": "mmol/L",
            "accepted_units": {"mg/dL": 0.0555},
            "range": [1, 50],
            "source": {"observation": [f"{fhir.LOINC}|2339-0"]},
        },
        "smoking": {"kind": "categorical", "source": {"observation": [f"{fhir.LOINC}|72166-2"]}},
        "visits": {"kind": "numeric", "unit": "1", "range": [0, 99], "source": {"encounter": ["AMB", "EMER"]}},
    }
    after = {**fhir.DIABETES["source"], "when": "after", "within_days": 365, "exclude_prior": True}
    return fhir.make_task(features, {**fhir.DIABETES, "source": after}, {"date": "2017-12-31"})


def files_of(name):
    return sorted(SAMPLE.joinpath(name).iterdir())


@pytest.fixture(scope="module")
def bulk(fhir, task):
    return fhir.read_table(task, files_of("bulk"))


def test_the_sample_s_bulk_export(bulk):
    assert (len(bulk.rows), bulk.read, bulk.rejected) == (22, 377, [])
    assert bulk.left_out == {"had the condition already at the prediction time": 2}
    first = bulk.rows["synthetic-01"]
    assert (first["sex"], first["age"], first["visits"]) == ("female", 63, 3)
    assert all(value is not None for row in bulk.rows.values() for value in row.values())
    assert {row["diabetes"] for row in bulk.rows.values()} == {0, 1}


@pytest.mark.parametrize("part_bytes", [300, 1000, 4099, 30_000])
def test_parts_of_any_size_hold_every_line_once(fhir, task, bulk, part_bytes):
    assert len(parts([StoredFile("a.ndjson", 100_000)], part_bytes)) == -(-100_000 // part_bytes)
    assert fhir.read_table(task, files_of("bulk"), part_bytes) == bulk


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n\n"])
def test_parts_and_lines_at_every_offset(fhir, tmp_path, end):
    lines = [
        json.dumps({"resourceType": "Patient", "id": f"é{'x' * (n % 3)}{n}"}, ensure_ascii=False) for n in range(9)
    ]
    file = tmp_path / "Patient.ndjson"
    file.write_text((end if "\r" in end else "\n").join(lines) + end, encoding="utf-8", newline="")
    size = file.stat().st_size
    for part_bytes in range(1, size + 2):
        found = fhir.read_table(fhir.make_task(), [file], part_bytes)
        assert (len(found.rows), found.read, found.rejected) == (9, 9, [])


def test_bundles_say_the_same_as_bulk_export(fhir, task, bulk):
    """urn:uuid, relative and absolute references, a patient over two files, several in one."""
    bundles = fhir.read_table(task, files_of("bundles"))
    assert bundles.rejected == []
    assert bundles.rows == {name: bulk.rows[name] for name in ("synthetic-01", "synthetic-02", "synthetic-04")}
    assert bundles.left_out == {"had the condition already at the prediction time": 1}


def test_a_single_resource_in_a_file(fhir, tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(fhir.patient()))
    (tmp_path / "b.json").write_text(json.dumps(fhir.observation(7)))
    assert fhir.read_table(fhir.make_task(), list(tmp_path.iterdir())).column("bmi") == 7


def test_a_patient_that_is_only_known_by_his_place_in_a_transaction(fhir, tmp_path):
    whole = fhir.bundle(fhir.patient(), fhir.observation(7), kind="transaction")
    del whole["entry"][0]["resource"]["id"]
    whole["entry"][0]["fullUrl"] = whole["entry"][1]["resource"]["subject"]["reference"] = "urn:uuid:0f3a"
    (tmp_path / "a.json").write_text(json.dumps(whole))
    found = fhir.read_table(fhir.make_task(), [tmp_path / "a.json"])
    assert found.rows["0f3a"]["bmi"] == 7


def test_two_servers_with_one_id_are_two_people(fhir, tmp_path):
    for number, server in enumerate(("http://one/fhir", "http://two/fhir")):
        whole = fhir.bundle(fhir.patient(), fhir.observation(number))
        for entry in whole["entry"]:
            kind = entry["resource"]["resourceType"]
            entry["fullUrl"] = f"{server}/{kind}/{'p1' if kind == 'Patient' else number}"
        (tmp_path / f"{number}.json").write_text(json.dumps(whole))
    found = fhir.read_table(fhir.make_task(), list(tmp_path.iterdir()))
    assert found.rows == {}
    assert set(found.reasons) == {"a patient id that resources of several servers use"}


def test_a_bundle_without_patients_is_no_error(fhir, tmp_path):
    (tmp_path / "hospital.json").write_text(json.dumps(fhir.bundle({"resourceType": "Organization", "name": "x"})))
    found = fhir.read_table(fhir.make_task(), [tmp_path / "hospital.json"])
    assert (found.rows, found.rejected, found.read) == ({}, [], 1)


def test_files_are_told_by_their_names():
    for name in ("a.json", "a.ndjson", "a.jsonl", "A.JSON", "a.ndjson.gz", "a.json.gz"):
        assert is_fhir_file(name)
    for name in ("a.xml", "a.csv", "json", "a.json.zip"):
        assert not is_fhir_file(name)


def test_no_file_is_called_by_a_name_that_could_be_a_patient_s():
    shown = ["Condition.ndjson.gz", "Observation.0001.ndjson", "Patient.ndjson", "Encounter-3.jsonl"]
    hidden = ["Jane_Doe_4711.json", "Doe.json", "Doe.ndjson", "JaneDoe.ndjson.gz", "Patient.Doe.ndjson", "4711.ndjson",
              "Patient.4711815.ndjson", "jane.doe@x.org.ndjson", "JaneDoe.txt", "Doe", "Patient.json"]  # fmt: skip
    files = [StoredFile(f"/data/Doe/{name}", 9) for name in (*shown, *hidden)]
    called = {part.path.rpartition("/")[2]: part.label for part in parts(files)}
    assert [called[name].partition(" (")[0] for name in shown] == shown
    assert {called[name].partition(" (")[0] for name in hidden} == {"*.json", "*.ndjson", "*.ndjson.gz", "*.txt", "*"}
    number = sorted(called).index("Doe.json") + 1
    assert called["Doe.json"] == f"*.json (file {number} of 15 by name)"


def test_a_file_that_is_gone_is_told_without_its_name(fhir, tmp_path):
    (part,) = parts([StoredFile(str(tmp_path / "Jane_Doe.json"), 9)])
    with pytest.raises(DataProblem) as caught:
        read_part(part, compile_mapping(fhir.make_task()))
    assert "there is no such file" in str(caught.value)
    assert "Doe" not in str(caught.value)


def test_direct_identifiers_never_leave_the_reader(fhir, tmp_path):
    secrets = ["Quux", "555-0199", "12 Elm Street", "999-12-3456", "MRN-77", "Springfield", "Seen by Dr Foo"]
    us_core = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"
    person = fhir.patient(
        name=[{"family": secrets[0]}],
        telecom=[{"value": secrets[1]}],
        address=[{"line": [secrets[2]], "city": secrets[5]}],
        identifier=[{"value": secrets[3]}, {"value": secrets[4]}],
        extension=[{"url": f"{us_core}race", "extension": [{"url": "text", "valueString": "White"}]},
                   {"url": "http://example.org/ssn", "valueString": secrets[3]}],
        text={"div": secrets[0]},
    )  # fmt: skip
    noted = fhir.observation(7, note=[{"text": secrets[6]}], performer=[{"display": secrets[6]}])
    noted["subject"]["display"] = secrets[0]
    (tmp_path / "a.json").write_text(
        json.dumps(fhir.bundle(person, noted, fhir.condition(note=[{"text": secrets[6]}])))
    )
    features = {"bmi": fhir.BMI, "race": {"kind": "categorical", "source": {"patient": "race"}}}
    (part,) = parts([StoredFile(str(tmp_path / "a.json"), 1)])
    read = read_part(part, compile_mapping(fhir.make_task(features)))
    assert len(read.facts) == 1
    passed_on = pickle.dumps(read)
    assert b"White" in passed_on
    assert [secret for secret in secrets if secret.encode() in passed_on] == []
