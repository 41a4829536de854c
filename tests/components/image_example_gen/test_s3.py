"""Images and their manifest in S3, against moto's server in a process of its own."""

from pathlib import Path
from typing import Any

import pytest
from apache_beam.io.filesystems import FileSystems

from components.image_example_gen.fingerprint import images_fingerprint
from components.image_example_gen.inspect_images import inspect_images
from components.image_example_gen.read_content import ContentReader, NotGiven
from components.ingest.source import find, locate
from pipeline_configs.errors import DataProblem
from tests.components.image_example_gen.images import dicom, image_task, row, write_manifest
from tests.components.image_example_gen.test_folder import folder_task, label_row
from tests.components.ingest.running import Run
from tests.components.ingest.test_s3 import never, no_credentials, put, s3, server

__all__ = ["no_credentials", "s3", "server"]


def test_a_manifest_in_s3(run: Run, s3: Any, tmp_path: Path) -> None:
    rows = [row(number, f"images/{number}.dcm") for number in range(20)]
    rows.append(row(20, "s3://hospital/elsewhere/20.dcm"))
    rows.append(row(21, "images/none.dcm"))
    put(s3, "x/manifest.csv", write_manifest(tmp_path / "m.csv", rows).read_bytes())
    for number in range(20):
        put(s3, f"x/images/{number}.dcm", dicom(number))
    put(s3, "elsewhere/20.dcm", dicom(20))
    put(s3, "x/images/more.dcm", dicom(50))
    task = image_task("s3://hospital/x/manifest.csv")
    assert inspect_images(task) == []
    run(task)
    assert sum(run.report["rows"].values()) == 21
    assert [(e["line"], e["reason"]) for e in run.quarantine] == [("23", "the file is not there")]
    assert run.report["files_without_row"] == 1
    found = find(locate(task.data.path), "csv")
    before = images_fingerprint(task, found)
    assert images_fingerprint(task, found) == before
    put(s3, "x/images/3.dcm", dicom(3, ImageComments="longer"))
    assert images_fingerprint(task, found) != before


@pytest.mark.usefixtures("no_credentials")
def test_a_row_in_s3_without_credentials_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = write_manifest(tmp_path / "m.csv", [row(0, "s3://hospital/0.dcm")])
    monkeypatch.setattr(FileSystems, "match", never)
    with pytest.raises(DataProblem, match=r"s3://hospital: there are no credentials for the storage"):
        images_fingerprint(image_task(str(manifest)), find(locate(str(manifest)), "csv"))


def test_a_folder_in_s3(run: Run, s3: Any, tmp_path: Path) -> None:
    for number in range(20):
        put(s3, f"data/deep{number % 2}/{number}", dicom(number))
    rows = [label_row(number) for number in range(20)]
    put(s3, "labels.csv", write_manifest(tmp_path / "l.csv", rows).read_bytes())
    task = folder_task(Path("unused"), Path("unused"))
    data = task.data.model_copy(
        update={
            "path": "s3://hospital/data",
            "labels": task.data.labels.model_copy(update={"path": "s3://hospital/labels.csv"}),  # type: ignore[union-attr]
        }
    )
    task = task.model_copy(update={"data": data})
    assert inspect_images(task) == []
    run(task)
    assert sum(run.report["rows"].values()) == 20


def test_a_storage_as_a_whole_is_no_fault_of_the_images(s3: Any) -> None:
    read = ContentReader(1 << 20)
    put(s3, "a.dcm", dicom(1))
    assert read("s3://hospital/a.dcm") == dicom(1)
    with pytest.raises(NotGiven, match="the file is not there"):
        read("s3://hospital/b.dcm")
    with pytest.raises(NotGiven, match="more bytes than max_bytes"):
        ContentReader(100)("s3://hospital/a.dcm")
    with pytest.raises(DataProblem) as error:
        read("s3://clinic/P123.dcm")
    assert "there is no such bucket" in str(error.value)
    assert "P123" not in str(error.value)
