"""A folder of DICOM files with a table of labels: joined by an element of the header."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.image_example_gen.labels import inspect_labels, label_file, load_labels, save_labels
from components.ingest.job import Settings
from components.ingest.reasons import Reason
from pipeline_configs.errors import DataProblem
from pipeline_configs.task import Task
from privacy.pseudonyms import pseudonym
from tests.components.image_example_gen.images import dicom, image_task, pixels, write_manifest
from tests.components.ingest.helpers import KEY
from tests.components.ingest.running import Run

FEATURES = image_task("x").model_dump()["features"]


def label_row(number: int, **cells: str) -> dict[str, str]:
    usual = {"patient": f"P{number}", "study": f"ACC{number}", "age": "50", "sex": "m", "ill": str(number % 2)}
    return {**usual, **cells}


def folder(path: Path, count: int, start: int = 0) -> Path:
    """Files in folders below folders, with names of every kind."""
    for number in range(start, start + count):
        file = path / f"study{number % 3}" / (f"IM{number}" if number % 2 else f"{number}.dcm")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(dicom(number))
    return path


def folder_task(path: Path, table: Path, tag: str = "AccessionNumber", column: str = "study", **changes: Any) -> Task:
    labels = {"path": str(table), "column": column, "tag": tag}
    return image_task(path, **{"data.format": "dicom", "data.labels": labels, "ignored_columns": [], **changes})


def patients(run: Run) -> set[str]:
    return {
        example.features.feature["patient"].bytes_list.value[0].decode()
        for split in ("train", "calibration", "eval")
        for example in run.decoded(split)
    }


def test_joined_by_accession_number(run: Run, tmp_path: Path) -> None:
    data = folder(tmp_path / "data", 40)
    (data / "DICOMDIR").write_bytes(b"whatever")
    (data / "broken.dcm").write_bytes(dicom(3)[:300])
    (data / "nokey.dcm").write_bytes(dicom(4, AccessionNumber=None))
    (data / "other.dcm").write_bytes(dicom(9000))
    rows = [label_row(number) for number in range(45)]
    rows[44]["ill"] = ""
    table = write_manifest(data / "labels.csv", rows)
    run(folder_task(data, table))
    report = run.report
    assert sum(report["rows"].values()) == report["patients"] == 40
    assert patients(run) == {pseudonym(KEY, f"P{number}") for number in range(40)}
    assert sorted((e["file"], e["line"], e["column"], e["reason"].partition(" (")[0]) for e in run.quarantine) == [
        ("labels.csv", "46", "ill", "the label is missing"),
        ("the folder's files by path", "1", "path", "the file is damaged or ends too early"),
        (
            "the folder's files by path",
            "2",
            "AccessionNumber",
            "the key by which files and table are joined is missing",
        ),
    ]
    assert (report["read"], report["quarantined"]) == (43, 3)
    assert report["files_without_row"] == 1
    assert report["rows_without_image"] == 4
    written = b"".join(file.read_bytes() for file in (tmp_path / "root").rglob("*") if file.is_file())
    assert b"ACC1" not in written
    assert b"IM1" not in written


def test_the_patient_of_the_file_where_the_table_names_none(run: Run, tmp_path: Path) -> None:
    data = folder(tmp_path / "data", 30)
    (data / "nobody.dcm").write_bytes(dicom(30, PatientID=None))
    (data / "unknown.dcm").write_bytes(dicom(31, PatientID="NULL"))
    rows = [label_row(number) for number in range(32)]
    for r in rows:
        del r["patient"]
    run(folder_task(data, write_manifest(tmp_path / "labels.csv", rows)))
    assert patients(run) == {pseudonym(KEY, f"P{number}") for number in range(30)}
    assert [(e["column"], e["reason"]) for e in run.quarantine] == [("PatientID", Reason.NO_PATIENT)] * 2


def test_joined_by_patient_in_parquet(run: Run, tmp_path: Path) -> None:
    """Numbers that a tool has made floating-point ones of are joined all the same; a patient has several images."""
    data = tmp_path / "data"
    data.mkdir()
    for number in range(40):
        (data / f"{number}").write_bytes(dicom(number, PatientID=str(700 + number // 2)))
    table = pa.table(
        {
            "patient": [700.0 + i for i in range(20)],
            "age": [50.0] * 20,
            "sex": ["m"] * 20,
            "ill": [i % 2 for i in range(20)],
        }
    )
    pq.write_table(table, tmp_path / "labels.parquet")
    run(folder_task(data, tmp_path / "labels.parquet", tag="PatientID", column="patient"))
    assert (run.report["patients"], sum(run.report["rows"].values())) == (20, 40)
    assert patients(run) == {pseudonym(KEY, str(700 + i)) for i in range(20)}


def test_one_image_a_patient(run: Run, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for number in range(80):
        (data / f"{number:03}.dcm").write_bytes(dicom(number, PatientID=f"P{number % 40}"))
    rows = [label_row(number) for number in range(40)]
    for r in rows:
        del r["study"]
    table = write_manifest(tmp_path / "labels.csv", rows)
    run(folder_task(data, table, tag="PatientID", column="patient", rows_per_patient="one"))
    assert (run.report["patients"], sum(run.report["rows"].values())) == (40, 40)
    assert run.report["reasons"] == {"the patient id was there before": 40}
    assert {int(entry["line"]) for entry in run.quarantine} == set(range(41, 81))


def test_a_key_that_stands_twice(tmp_path: Path) -> None:
    rows = [label_row(1), label_row(2), label_row(1), label_row(3), label_row(3, ill="0"), label_row(4, study="")]
    task = folder_task(tmp_path, write_manifest(tmp_path / "labels.csv", rows))
    settings = Settings(task.model_dump_json(), "{}", False, str(tmp_path / "work"))
    result = save_labels(settings, label_file(task), str(tmp_path / "kept"))
    assert result.counts
    assert result.counts.quarantine.rows == 3
    assert [(e.line, e.reason) for e in result.counts.quarantine.entries] == [
        (7, "the key by which files and table are joined is missing"),
        (5, "the table says different things about the same key"),
        (6, "the table says different things about the same key"),
    ]
    assert result.counts.left_out.total() == 1
    table = load_labels(str(tmp_path / "kept"))
    assert [table.row(KEY, f"ACC{number}") >= 0 for number in (1, 2, 3, 4)] == [True, True, False, False]
    assert table.row(b"another key of that length", "ACC1") == -1
    assert table.attributes.label[table.row(KEY, "ACC2")].as_py() == 0
    assert b"ACC" not in (tmp_path / "kept").read_bytes()


def test_no_file_has_a_row(run: Run, tmp_path: Path) -> None:
    data = folder(tmp_path / "data", 5)
    table = write_manifest(tmp_path / "labels.csv", [label_row(number) for number in range(100, 110)])
    with pytest.raises(DataProblem, match="no file has a row in the table of labels"):
        run(folder_task(data, table))


def test_columns_of_the_table_are_checked(tmp_path: Path) -> None:
    table = write_manifest(tmp_path / "labels.csv", [{**label_row(1), "surname": "x"}])
    task = folder_task(tmp_path, table)
    (problem,) = inspect_labels(task, label_file(task))
    assert "is not declared" in problem.what
    task = folder_task(tmp_path, table, column="studi", identifiers=["surname"])
    (problem,) = inspect_labels(task, label_file(task))
    assert "the column 'studi' is missing" in problem.what
    assert "did you mean 'study'?" in problem.fix
    with pytest.raises(DataProblem, match="there is no such file"):
        label_file(folder_task(tmp_path, tmp_path / "none.csv"))


def test_spans_in_folders_below_folders(run: Run, tmp_path: Path) -> None:
    folder(tmp_path / "span-1", 5)
    folder(tmp_path / "span-2" / "week", 30, start=100)
    table = write_manifest(tmp_path / "labels.csv", [label_row(number) for number in range(200)])
    run(folder_task(tmp_path / "span-{SPAN}", table))
    assert (run.report["span"], sum(run.report["rows"].values())) == (2, 30)


def test_the_same_image_under_two_patients(run: Run, tmp_path: Path) -> None:
    data = folder(tmp_path / "data", 30)
    (data / "z.dcm").write_bytes(dicom(999, array=pixels(4)))
    rows = [label_row(number) for number in [*range(30), 999]]
    run(folder_task(data, write_manifest(tmp_path / "labels.csv", rows)))
    assert run.report["reasons"] == {"the same image stands under two patients": 2}
    assert sum(run.report["rows"].values()) == 29
    assert run.report["read"] == 31
