"""The guide's example on real (generated) Synthea bundles, against figures found another way in this file."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from components.fhir.inspect import inspect_fhir
from components.ingest.source import find_files
from pipelines.config import load_task

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "guides" / "fhir.md"
NOW = datetime(2014, 1, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def folder(shared_data):
    return shared_data / "synthea_fhir_r4"


@pytest.fixture(scope="module")
def task(folder, tmp_path_factory):
    (text,) = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    file = tmp_path_factory.mktemp("tasks") / "synthea_obesity.yaml"
    file.write_text(text.replace("${SYNTHEA_FHIR}", str(folder)), encoding="utf-8")
    return load_task(str(file))[0]


@pytest.fixture(scope="module")
def table(fhir, task, folder):
    files = [Path(file.path) for file in find_files(str(folder), "fhir")]
    return fhir.read_table(task, files)


def expected_rows(folder):
    """One row a patient, with nothing but the standard library and what Synthea always writes."""
    rows = {}
    for file in folder.glob("*.json"):
        resources = [entry["resource"] for entry in json.loads(file.read_text(encoding="utf-8"))["entry"]]
        people = [resource for resource in resources if resource["resourceType"] == "Patient"]
        if not people:
            continue
        (person,) = people
        row = rows[person["id"]] = {"age": None, "sex": person["gender"], "visits": 0, "hypertension": False}
        year, month, day = map(int, person["birthDate"].split("-"))
        row["age"] = 2014 - year - ((month, day) > (1, 1))
        died = person.get("deceasedDateTime")
        row["died"] = bool(died) and datetime.fromisoformat(died) < NOW
        (race,) = [e["extension"] for e in person["extension"] if e["url"].endswith("us-core-race")]
        (row["race"],) = [e["valueString"] for e in race if e["url"] == "text"]
        obese = []
        for resource in sorted(resources, key=lambda r: r.get("effectiveDateTime", "")):
            kind = resource["resourceType"]
            if kind == "Encounter":
                start = datetime.fromisoformat(resource["period"]["start"])
                row["visits"] += resource["class"]["code"] in ("AMB", "EMER") and NOW - timedelta(730) < start < NOW
            elif kind == "Condition":
                code, onset = resource["code"]["coding"][0]["code"], datetime.fromisoformat(resource["onsetDateTime"])
                row["hypertension"] |= code == "38341003" and onset < NOW
                if code == "162864005":
                    obese.append(onset)
            elif kind == "Observation":
                when = datetime.fromisoformat(resource["effectiveDateTime"])
                if when < NOW:
                    code = resource["code"]["coding"][0]["code"]
                    if code == "39156-5":
                        row["body_mass_index"] = resource["valueQuantity"]["value"]
                    elif code == "2093-3" and when > NOW - timedelta(1826):
                        row["cholesterol"] = resource["valueQuantity"]["value"]
                    elif code == "72166-2":
                        row["smoking"] = resource["valueCodeableConcept"]["coding"][0]["code"]
                    elif code == "55284-4":
                        (row["systolic"],) = [
                            part["valueQuantity"]["value"]
                            for part in resource["component"]
                            if part["code"]["coding"][0]["code"] == "8480-6"
                        ]
        row["prior"] = any(onset < NOW for onset in obese)
        row["obesity"] = int(any(NOW <= onset <= NOW + timedelta(1826) for onset in obese))
        row["unborn"] = row["age"] < 0
    return rows


def test_the_mapping_fits_the_data(task):
    assert inspect_fhir(task) == []


def test_every_value_is_the_one_found_another_way(table, folder):
    expected = {
        identifier: row
        for identifier, row in expected_rows(folder).items()
        if not (row["died"] or row["unborn"] or row["prior"])
    }
    assert table.rows.keys() == expected.keys()
    for identifier, row in table.rows.items():
        wanted = expected[identifier]
        assert row == {name: wanted.get(name) for name in row}


def test_the_figures_of_the_whole(table):
    assert (len(table.rows), table.read, table.rejected) == (32, 3770, [])
    assert sum(row["obesity"] for row in table.rows.values()) == 3
    filled = {
        name: sum(row[name] is not None for row in table.rows.values()) for name in next(iter(table.rows.values()))
    }
    assert filled["age"] == filled["sex"] == filled["race"] == 32
    assert (filled["body_mass_index"], filled["systolic"], filled["smoking"]) == (31, 31, 31)
    assert (filled["cholesterol"], sum(row["hypertension"] for row in table.rows.values())) == (12, 7)
    assert table.left_out == {
        "had the condition already at the prediction time": 3,
        "born after the prediction time": 2,
        "died before the prediction time": 1,
    }
