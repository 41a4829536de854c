"""`ReadFhir` on Beam's direct runner gives what reading in one process gives."""

import json
import pickle
from pathlib import Path

import apache_beam as beam
import numpy as np
import pytest

import components.fhir.reader as module
from components.fhir.mapping import compile_mapping
from components.fhir.reader import ReadFhir, schema_of
from components.ingest.block import Rejected
from components.ingest.normalise import Normaliser
from components.storage import StoredFile
from pipeline_configs.errors import ConfigError

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "fhir"


@pytest.fixture
def read_blocks(tmp_path_factory):
    def read(task, files):
        stored = [StoredFile(str(file), file.stat().st_size) for file in files]
        out = tmp_path_factory.mktemp("blocks") / "blocks"
        with beam.Pipeline() as pipeline:
            _ = pipeline | ReadFhir(task, stored) | beam.combiners.ToList() | beam.Map(_keep, str(out))
        return pickle.loads(out.read_bytes())

    return read


def _keep(blocks, path):
    Path(path).write_bytes(pickle.dumps(blocks))


def rows_of(blocks):
    return [row for block in blocks for row in block.batch.to_pylist()]


@pytest.fixture
def task(fhir):
    features = {
        "bmi": fhir.BMI,
        "sex": {"kind": "categorical", "values": ["female", "male"], "source": {"patient": "gender"}},
        "ill": {"kind": "flag", "source": {"condition": [f"{fhir.SNOMED}|44054006"]}},
        "visits": {"kind": "numeric", "unit": "1", "range": [0, 99], "source": {"encounter": ["AMB"]}},
    }
    return fhir.make_task(features, at={"encounter": "last", "classes": ["AMB"]})


def test_blocks_have_typed_columns_and_the_places_of_the_patients(task, fhir, read_blocks, monkeypatch):
    files = sorted(SAMPLE.joinpath("bulk").iterdir())
    monkeypatch.setattr(module, "PART_BYTES", 1000)
    blocks = read_blocks(task, files)
    expected = fhir.read_table(task, files)
    rows = rows_of(blocks)
    assert {row.pop("patient_id"): row for row in rows} == expected.rows
    assert sum(block.read for block in blocks) == expected.read == 377
    assert [block.rejected for block in blocks if block.rejected] == []
    assert sum((block.left_out for block in blocks), ()) == (("died before the prediction time", 1),)
    lines = (SAMPLE / "bulk" / "Patient.ndjson").read_text().splitlines()
    (block,) = [block for block in blocks if block.batch.num_rows]
    assert block.batch.schema == schema_of(compile_mapping(task))
    assert [str(kind) for kind in block.batch.schema.types] == ["string", "double", "string", "bool", "int64", "int64"]
    assert block.lines.dtype == np.int64
    assert set(block.files) == {"Patient.ndjson (file 5 of 5 by name)"}
    there = [json.loads(lines[line - 1])["id"] for line in block.lines]
    assert there == block.batch.column("patient_id").to_pylist()


def test_blocks_fit_what_comes_after(task, read_blocks):
    normalise = Normaliser(task)
    for block in read_blocks(task, sorted(SAMPLE.joinpath("bundles").iterdir())):
        rows, refusals = normalise(block)
        assert (len(rows), refusals) == (block.batch.num_rows, [])


def test_quarantine_has_file_and_line_of_the_whole_file(task, fhir, read_blocks, monkeypatch, tmp_path):
    monkeypatch.setattr(module, "PART_BYTES", 500)
    observations = [fhir.observation(subject={"reference": f"Patient/p{n}"}) for n in range(20)]
    observations[13]["status"] = "no status"
    people = [fhir.patient(f"p{n}") for n in range(18)]
    visits = [fhir.encounter(subject={"reference": f"Patient/p{n}"}) for n in range(18)]
    for name, resources in (("Patient", people), ("Observation", observations), ("Encounter", visits)):
        (tmp_path / f"{name}.ndjson").write_text("".join(json.dumps(resource) + "\n" for resource in resources))
    (tmp_path / "Doe.json").write_text("{")
    blocks = read_blocks(task, list(tmp_path.glob("*.*json")))
    unknown = "a resource whose patient is not in the data"
    assert sorted(entry for block in blocks for entry in block.rejected) == [
        Rejected(0, "", "broken JSON", "*.json (file 1 of 4 by name)"),
        Rejected(14, "", "a status that FHIR does not know, or none", "Observation.ndjson (file 3 of 4 by name)"),
        Rejected(19, "", unknown, "Observation.ndjson (file 3 of 4 by name)"),
        Rejected(20, "", unknown, "Observation.ndjson (file 3 of 4 by name)"),
    ]
    assert (len(rows_of(blocks)), sum(block.read for block in blocks)) == (18, 56)


def test_blocks_are_of_limited_size(task, read_blocks, monkeypatch):
    monkeypatch.setattr(module, "ROWS_PER_BLOCK", 5)
    blocks = read_blocks(task, sorted(SAMPLE.joinpath("bulk").iterdir()))
    sizes = [block.batch.num_rows for block in blocks if block.batch.num_rows]
    assert max(sizes) == 5
    assert sum(sizes) == 23


def test_a_mapping_that_does_not_fit_is_told_before_anything_is_read(fhir):
    with pytest.raises(ConfigError, match="age is a number in years"):
        ReadFhir(fhir.make_task({"age": {"kind": "flag", "source": {"patient": "age"}}}), [])
