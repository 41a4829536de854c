"""RecordsExampleGen within TFX: its executor, its driver, and a run on the local orchestrator."""

import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import pytest

pytest.importorskip("tfx")

from ml_metadata.proto import metadata_store_pb2
from tfx.orchestration import metadata
from tfx.orchestration.local.local_dag_runner import LocalDagRunner
from tfx.orchestration.pipeline import Pipeline

from components.ingest.component import declaration
from components.records_example_gen.component import RecordsExampleGen
from pipeline_configs.environment import PseudonymKey
from pipeline_configs.errors import ConfigError, DataProblem, RunFailed
from pipeline_configs.task import Task
from privacy.pseudonyms import pseudonym
from tests.components.ingest.helpers import HEADER, KEY, make_task
from tests.components.ingest.running import BEAM, Run


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GALEN_PSEUDONYM_KEY", KEY.decode())


def rows(count: int, start: int = 0, **cells: str) -> list[str]:
    """Good rows; cells by name replace the usual ones."""
    usual = {"age": "59", "sex": "m", "smoker": "yes", "site": "a"}
    return [",".join([f"P{i}", *{**usual, **cells}.values(), str(i * 7919 % 3)]) for i in range(start, start + count)]


def write(file: Path, lines: list[str]) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join([HEADER, *lines, ""]))
    return file


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Run]:
    return Run(tmp_path / "root", RecordsExampleGen)


def task_for(path: Path | str, **changes: Any) -> Task:
    return make_task(**{"data.path": str(path), "data.quarantine.max_share": 0.05, **changes})


@pytest.mark.parametrize("compression", ["", "gzip"])
def test_do(run: Run, tmp_path: Path, compression: str) -> None:
    bad = ["X1,abc,m,yes,a,0", "X2,59,m,yes,a,0,0"]
    file = write(tmp_path / "span-7" / "v3" / "records.csv", [*rows(200), *bad])
    run(task_for(tmp_path / "span-{SPAN}" / "v{VERSION}" / "*.csv"), compression=compression)
    suffix = ".tfrecord.gz" if compression else ".tfrecord"
    assert run.files() == [f"Split-{split}/data-00000-of-00001{suffix}" for split in ("calibration", "eval", "train")]
    assert json.loads(run.examples.split_names) == ["train", "calibration", "eval"]
    assert run.examples.get_string_custom_property("payload_format") == "FORMAT_TF_EXAMPLE"
    assert (run.examples.span, run.examples.version) == (7, 3)
    report = run.report
    assert sum(report["rows"].values()) == report["patients"] == 200
    assert (report["span"], report["version"], report["read"], report["quarantined"]) == (7, 3, 202, 2)
    assert report["files"] == [{"file": "records.csv", "rows": 202, "bytes": file.stat().st_size}]
    written = sum(f.stat().st_size for f in Path(run.examples.uri).rglob("*.tfrecord*"))
    assert (report["bytes_read"], report["bytes_written"]) == (file.stat().st_size, written)
    assert [tuple(entry.values()) for entry in run.quarantine] == [
        ("records.csv", "202", "age", "text in a numeric column"),
        ("records.csv", "203", "", "the line has more or fewer values than the header"),
    ]
    positives = 0
    patients = set()
    for split, count in report["rows"].items():
        examples = run.decoded(split)
        assert len(examples) == count
        for example in examples:
            assert set(example.features.feature) == {"age", "age_band", "sex", "smoker", "site", "ill", "patient"}
            patients.add(example.features.feature["patient"].bytes_list.value[0])
        labels = [example.features.feature["ill"].int64_list.value[0] for example in examples]
        assert sum(labels) == report["positives"][split]
        positives += sum(labels)
    assert patients == {pseudonym(KEY, f"P{i}").encode() for i in range(200)}
    assert positives == sum(i * 7919 % 3 > 0 for i in range(200))


def test_patients_that_are_in_several_files(run: Run, tmp_path: Path) -> None:
    """The first good row counts, in the order of the files; nothing is counted twice, nothing is lost."""
    folder = tmp_path / "data"
    first = write(folder / "a.csv", rows(100, age="30"))
    write(folder / "b.csv", [*rows(3, 98, age="31"), *rows(99, 200, age="31")])
    write(folder / "c.csv", [*rows(2, 100, age="32"), *rows(1, 0, age="32"), *rows(97, 400, age="32")])
    assert first.exists()
    run(task_for(folder))
    report = run.report
    assert report["read"] == 100 + 102 + 100
    assert report["quarantined"] == 2 + 2
    assert sum(report["rows"].values()) == report["patients"] == 298
    assert [(entry["file"], entry["line"]) for entry in run.quarantine] == [
        *(("b.csv", line) for line in "23"),
        *(("c.csv", line) for line in "24"),
    ]
    assert {entry["reason"] for entry in run.quarantine} == {"the patient id was there before"}
    ages = {
        e.features.feature["patient"].bytes_list.value[0]: e.features.feature["age"].float_list.value[0]
        for split in report["rows"]
        for e in run.decoded(split)
    }
    expected = {"P0": 30, "P98": 30, "P100": 31, "P101": 32, "P200": 31, "P400": 32}
    assert {patient: ages[pseudonym(KEY, patient).encode()] for patient in expected} == expected
    assert [f.split("/")[1] for f in run.files() if "train" in f] == [
        f"data-0000{i}-of-00003.tfrecord" for i in range(3)
    ]


def test_many_rows_of_a_patient_in_several_files_go_to_one_split(run: Run, tmp_path: Path) -> None:
    for name in "ab":
        write(tmp_path / "data" / f"{name}.csv", rows(100))
    run(task_for(tmp_path / "data", rows_per_patient="many"))
    assert (run.report["read"], run.report["patients"], run.report["quarantined"]) == (200, 100, 0)
    patients = [
        {e.features.feature["patient"].bytes_list.value[0] for e in run.decoded(split)} for split in run.report["rows"]
    ]
    assert sum(map(len, patients)) == 100


def test_the_same_input_gives_the_same_examples(run: Run, tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv", rows(200))
    first = [e.SerializeToString(deterministic=True) for e in run(task_for(file)).decoded("train")]
    assert [e.SerializeToString(deterministic=True) for e in run(task_for(file)).decoded("train")] == first


def test_a_patient_stays_in_his_split_from_span_to_span(run: Run, tmp_path: Path) -> None:
    lines = rows(150)
    write(tmp_path / "1.csv", lines)
    random.Random(1).shuffle(lines)
    write(tmp_path / "2.csv", [*lines, *rows(50, 500)])
    splits = []
    for span in (1, 2):
        run(task_for(tmp_path / "{SPAN}.csv"), span=span)
        splits.append(
            {e.features.feature["patient"].bytes_list.value[0]: s for s in run.report["rows"] for e in run.decoded(s)}
        )
    assert len(splits[0]) == 150
    assert splits[0].items() <= splits[1].items()


def left(run: Run) -> list[str]:
    return run.files() + [str(f) for f in Path(run.report_artifact.uri).rglob("*")]


def test_too_much_in_quarantine_leaves_only_the_list(run: Run, tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv", [*rows(100), *rows(20, 500, age='"59,5"')])
    with pytest.raises(DataProblem) as caught:
        run(task_for(file))
    text = str(caught.value)
    assert f"{file}: 20 of 120 rows (16.7%) cannot be read" in text
    assert "20 x age: a comma in a number (lines 102, 103, 104)" in text
    kept = tmp_path / "root" / "RecordsExampleGen" / "quarantine" / "1"
    assert f"every place is in {kept}/quarantine.csv" in text
    assert len((kept / "quarantine.csv").read_text().splitlines()) == 21
    assert json.loads((kept / "report.json").read_text())["quarantined"] == 20
    assert left(run) == []


def test_a_wrong_header_stops_before_anything_is_read(run: Run, tmp_path: Path) -> None:
    write(tmp_path / "data" / "a.csv", rows(10))
    (tmp_path / "data" / "b.csv").write_text("id;age\n")
    (tmp_path / "data" / "c.csv").write_text("")
    with pytest.raises(DataProblem) as caught:
        run(task_for(tmp_path / "data"))
    assert "b.csv: the file has another delimiter" in str(caught.value)
    assert "c.csv: the file is empty" in str(caught.value)
    assert left(run) == []


def test_constant_label(run: Run, tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv", [row[: row.rindex(",")] + ",1" for row in rows(50)])
    with pytest.raises(DataProblem, match="the label 'ill' is always positive"):
        run(task_for(file))


def full_disk(_: str) -> BinaryIO:
    """/dev/full says ENOSPC to every write, as a full disk does."""
    return Path("/dev/full").open("wb", buffering=10)


@pytest.mark.parametrize("module", ["ingest", "job", "executor"])
def test_a_full_disk(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    """Full at the shards, at the list of patients, at the report: each time one sentence, and nothing is left."""
    file = write(tmp_path / "a.csv", rows(2000))
    monkeypatch.setattr(f"components.ingest.{module}.create", full_disk)
    with pytest.raises(RunFailed, match="the disk is full"):
        run(task_for(file))
    assert left(run) == []


def test_a_full_disk_while_the_shards_get_their_names(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rename(moves: list[tuple[str, str]]) -> None:
        for source, target in moves[:2]:
            Path(target).parent.mkdir(parents=True)
            Path(source).rename(target)
        raise OSError(28, os.strerror(28))

    file = write(tmp_path / "a.csv", rows(200))
    monkeypatch.setattr("components.ingest.executor.rename", rename)
    with pytest.raises(RunFailed, match="the disk is full"):
        run(task_for(file))
    assert run.files() == []


def test_no_key(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path / "a.csv", rows(200))
    monkeypatch.delenv("GALEN_PSEUDONYM_KEY")
    with pytest.raises(ConfigError, match="there is no key for the patients' pseudonyms"):
        run(task_for(file))


def test_fhir(run: Run, tmp_path: Path) -> None:
    loinc, snomed = "http://loinc.org", "http://snomed.info/sct"
    resources: list[dict[str, Any]] = []
    for i in range(60):
        patient = {"reference": f"Patient/p{i}"}
        resources.append({"resourceType": "Patient", "id": f"p{i}", "birthDate": "1970-01-01", "gender": "male"})
        quantity = {"value": 20 + i / 10, "unit": "kg/m2", "system": "http://unitsofmeasure.org", "code": "kg/m2"}
        observation = {"resourceType": "Observation", "id": f"o{i}", "status": "final", "subject": patient}
        code = {"coding": [{"system": loinc, "code": "39156-5"}]}
        resources.append(
            {**observation, "code": code, "effectiveDateTime": "2020-01-01T00:00:00Z", "valueQuantity": quantity}
        )
        if i % 2:
            code = {"coding": [{"system": snomed, "code": "44054006"}]}
            condition = {"resourceType": "Condition", "id": f"c{i}", "subject": patient, "code": code}
            resources.append({**condition, "onsetDateTime": "2019-01-01T00:00:00Z"})
    folder = tmp_path / "fhir"
    folder.mkdir()
    for kind in ("Patient", "Observation", "Condition"):
        lines = [json.dumps(resource) for resource in resources if resource["resourceType"] == kind]
        (folder / f"{kind}.ndjson").write_text("\n".join([*lines, '{"resourceType": "Pati']))
    features = {
        "age": {"kind": "numeric", "unit": "a", "range": [0, 120], "source": {"patient": "age"}},
        "bmi": {
            "kind": "numeric",
            "unit": "kg/m2",
            "range": [0, 25.8],
            "source": {"observation": [f"{loinc}|39156-5"]},
        },
    }
    task = task_for(
        folder,
        features=features,
        sensitive={"age": {"bands": [40]}},
        label={"name": "ill", "positive": {"above": 0}, "source": {"condition": [f"{snomed}|44054006"]}},
        **{"data.format": "fhir", "data.prediction_time": {"date": "2020-06-30"}},
    )
    run(task)
    report = run.report
    examples = [e for split in report["rows"] for e in run.decoded(split)]
    assert sum(report["rows"].values()) == len(examples) == 59
    assert (report["read"], report["quarantined"]) == (len(resources), 4)
    assert {e.features.feature["age"].float_list.value[0] for e in examples} == {50.0}
    assert {e.features.feature["age_band"].bytes_list.value[0] for e in examples} == {b">=40"}
    assert sum(e.features.feature["ill"].int64_list.value[0] for e in examples) == 29
    assert [(entry["file"].split(" ")[0], *list(entry.values())[1:]) for entry in run.quarantine] == [
        ("Condition.ndjson", "31", "", "broken JSON"),
        ("Observation.ndjson", "61", "", "broken JSON"),
        ("Patient.ndjson", "60", "bmi", "outside the plausible range"),
        ("Patient.ndjson", "61", "", "broken JSON"),
    ]


def test_what_is_not_fhir(run: Run, tmp_path: Path) -> None:
    (tmp_path / "Patient.ndjson").write_text("no JSON\n")
    features = {"age": {"kind": "numeric", "unit": "a", "range": [0, 120], "source": {"patient": "age"}}}
    label = {"name": "ill", "positive": {"above": 0}, "source": {"condition": ["http://snomed.info/sct|44054006"]}}
    changes = {"data.format": "fhir", "data.prediction_time": {"date": "2020-06-30"}}
    with pytest.raises(DataProblem, match="the source is not FHIR"):
        run(task_for(tmp_path / "*.ndjson", features=features, sensitive={}, label=label, **changes))
    assert left(run) == []


class Local:
    """Runs on TFX's local orchestrator against a metadata database of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.connection = metadata.sqlite_metadata_connection_config(str(root / "metadata.db"))

    def __call__(self, task: Task, **options: Any) -> None:
        component = RecordsExampleGen(task=task, key=PseudonymKey(), **options)
        LocalDagRunner().run(
            Pipeline(
                pipeline_name="demo",
                pipeline_root=str(self.root / "artifacts"),
                components=[component],
                enable_cache=True,
                metadata_connection_config=self.connection,
                beam_pipeline_args=list(BEAM),
            )
        )

    def executions(self) -> list[int]:
        with metadata.Metadata(self.connection) as store:
            return [execution.last_known_state for execution in store.store.get_executions()]

    def examples(self) -> Any:
        with metadata.Metadata(self.connection) as store:
            return sorted(store.store.get_artifacts_by_type("Examples"), key=lambda artifact: artifact.id)


COMPLETE, CACHED, FAILED = (metadata_store_pb2.Execution.State.Value(name) for name in ("COMPLETE", "CACHED", "FAILED"))


def test_local_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spans as properties; the cache goes by content, key and what the ingest reads of the task."""
    run = Local(tmp_path)
    file = write(tmp_path / "data" / "2026-11-01.csv", rows(200))
    task = task_for(tmp_path / "data" / "{YYYY}-{MM}-{DD}.csv")
    run(task)
    (artifact,) = run.examples()
    assert artifact.custom_properties["span"].int_value == 20758
    assert artifact.custom_properties["input_fingerprint"].string_value.startswith("files:1,bytes:")
    assert len(list(Path(artifact.uri).rglob("*.tfrecord"))) == 3

    file.touch()
    run(task.model_copy(update={"title": "Another title"}))
    assert run.executions() == [COMPLETE, CACHED]

    monkeypatch.setenv("GALEN_PSEUDONYM_KEY", KEY.decode() + "!")
    run(task)
    assert run.executions() == [COMPLETE, CACHED, COMPLETE]

    write(tmp_path / "data" / "2026-11-02.csv", rows(300))
    run(task)
    assert run.examples()[-1].custom_properties["span"].int_value == 20759
    run(task, span="2026-11-01")
    assert run.executions()[3:] == [COMPLETE, CACHED]

    write(tmp_path / "data" / "2026-11-03.csv", rows(50, age="abc"))
    with pytest.raises(DataProblem, match="50 of 50 rows"):
        run(task)
    assert run.executions()[5:] == [FAILED]
    assert len(run.examples()) == 3
    (kept,) = (tmp_path / "artifacts" / "RecordsExampleGen" / "quarantine").iterdir()
    assert (kept / "quarantine.csv").exists()

    with pytest.raises(DataProblem, match="there is no span 2026-12-24"):
        run(task, span="2026-12-24")
    assert run.executions()[6:] == [FAILED]


def test_only_what_the_ingest_reads_is_declared() -> None:
    task = make_task(
        **{"training": {"batch_size": 7}, "features.age.description": "Age", "label.description": "Illness"}
    )
    text = declaration(task)
    assert Task.model_validate_json(text).features["age"].range == (0, 120)  # type: ignore[union-attr]
    assert declaration(make_task()) == text
    assert "batch_size" not in text
