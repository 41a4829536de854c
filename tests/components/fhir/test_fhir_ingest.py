"""From FHIR files to tf.Examples: what `ReadFhir` gives goes through the same ingest as a CSV file."""

from pathlib import Path

import apache_beam as beam
import pytest

from components.fhir.ingest import IngestFhir
from components.ingest.job import Result, Settings, new_ingest, result_of
from components.ingest.results import WriteResults
from components.storage import StoredFile
from pipeline_configs.environment import PseudonymKey

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "fhir"


@pytest.fixture
def ingest(tmp_path, monkeypatch):
    monkeypatch.setenv("GALEN_PSEUDONYM_KEY", "a key that is long enough")

    def run(task, files):
        work = str(tmp_path / "work")
        settings = Settings(task.model_dump_json(), PseudonymKey().model_dump_json(), False, work)
        stored = [StoredFile(str(file), file.stat().st_size) for file in files]
        with beam.Pipeline() as pipeline:
            _ = pipeline | IngestFhir(settings, stored, new_ingest, result_of) | WriteResults(str(tmp_path / "results"))
        results = [Result.from_json(line) for line in (tmp_path / "results").read_text().splitlines()]
        assert [result.problems for result in results if result.failure] == []
        first, *others = (result.counts for result in results)
        for other in others:
            first.merge(other)
        return first, b"".join(path.read_bytes() for path in Path(work).rglob("*.tfrecord"))

    return run


def test_every_patient_becomes_an_example(fhir, ingest):
    features = {
        "bmi": {**fhir.BMI, "range": [10, 80]},
        "sex": {"kind": "categorical", "values": ["female", "male"], "source": {"patient": "gender"}},
        "smoking": {"kind": "categorical", "source": {"observation": [f"{fhir.LOINC}|72166-2"]}},
        "ill": {"kind": "flag", "source": {"condition": [f"{fhir.SNOMED}|44054006"]}},
    }
    counts, written = ingest(fhir.make_task(features, at={"encounter": "first"}), SAMPLE.joinpath("bulk").iterdir())
    assert (sum(counts.rows.values()), counts.quarantine.rows, counts.read) == (24, 0, 377)
    assert counts.missing["bmi"] == counts.missing["sex"] == counts.missing["ill"] == 0
    assert counts.missing["smoking"] == 24  # told with the day of the first visit and no hour
    assert written.count(b"\x0a\x07patient") == 24
    for identifier in (b"synthetic-", b"Testperson", b"555-01", b"patient_id"):
        assert identifier not in written


def test_an_implausible_value_is_told_with_the_place_of_the_patient(fhir, ingest, tmp_path):
    counts, _ = ingest(
        fhir.make_task({"bmi": {**fhir.BMI, "range": [10, 25]}}, at={"encounter": "first"}),
        [file for file in SAMPLE.joinpath("bulk").iterdir() if "Observation.0002" not in file.name],
    )
    listed = counts.quarantine.csv().decode()
    assert "Patient.ndjson (file 4 of 4 by name),1,bmi,outside the plausible range" in listed
    assert sum(counts.rows.values()) + counts.quarantine.rows == 24
