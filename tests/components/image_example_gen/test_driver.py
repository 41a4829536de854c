"""The fingerprint: a cached result must not answer for images that have changed."""

import os
from pathlib import Path

from tfx.components.example_gen import utils
from tfx.utils import proto_utils

from components.image_example_gen.component import ImageExampleGen
from components.image_example_gen.driver import ImageDriver
from pipeline_configs.environment import PseudonymKey
from pipeline_configs.task import Task
from tests.components.image_example_gen.images import dicom, good, image_task, row, write_manifest


def fingerprint(task: Task) -> str:
    component = ImageExampleGen(task=task, key=PseudonymKey())
    assert component.DRIVER_CLASS is ImageDriver
    properties = {
        name: value if isinstance(value, str | int) or value is None else proto_utils.proto_to_json(value)
        for name, value in component.exec_properties.items()
    }
    driver = ImageDriver.__new__(ImageDriver)
    return str(driver.resolve_exec_properties(properties, None, None)[utils.FINGERPRINT_PROPERTY_NAME])


def test_changes_with_the_images_of_a_manifest(tmp_path: Path) -> None:
    manifest = write_manifest(tmp_path / "manifest.csv", [*good(tmp_path, 5), row(9, "later.dcm")])
    task = image_task(manifest)
    first = fingerprint(task)
    assert "images:6" in first
    assert fingerprint(task) == first
    (tmp_path / "unnamed.dcm").write_bytes(dicom(50))
    assert fingerprint(task) == first
    (tmp_path / "later.dcm").write_bytes(dicom(9))
    second = fingerprint(task)
    assert second != first
    status = (tmp_path / "0.dcm").stat()
    (tmp_path / "0.dcm").write_bytes(dicom(77))
    os.utime(tmp_path / "0.dcm", ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000))
    third = fingerprint(task)
    assert third != second
    (tmp_path / "1.dcm").unlink()
    assert fingerprint(task) != third


def test_changes_with_a_folder_and_its_table(tmp_path: Path) -> None:
    good(tmp_path / "data" / "deep", 5)
    table = write_manifest(tmp_path / "labels.csv", [{"patient": "P1", "age": "1", "sex": "m", "ill": "0"}])
    labels = {"path": str(table), "column": "patient", "tag": "PatientID"}
    task = image_task(tmp_path / "data", **{"data.format": "dicom", "data.labels": labels})
    first = fingerprint(task)
    assert fingerprint(task) == first
    table.write_text(table.read_text().replace("m,0", "m,1"))
    second = fingerprint(task)
    assert second != first
    (tmp_path / "data" / "deep" / "3.dcm").write_bytes(dicom(99, ImageComments="longer"))
    third = fingerprint(task)
    assert third != second
    good(tmp_path / "data" / "deeper", 1, start=60)
    assert fingerprint(task) != third
