"""What `galen check` says about images before anything runs."""

import subprocess
import sys
from pathlib import Path

from components.image_example_gen.inspect_images import inspect_images
from tests.components.image_example_gen.images import good, image_task, row, write_manifest
from tests.components.image_example_gen.test_folder import folder, folder_task, label_row


def test_a_manifest_that_is_right(tmp_path: Path) -> None:
    rows = [row(99, "none.dcm"), *good(tmp_path, 3)]
    assert inspect_images(image_task(write_manifest(tmp_path / "manifest.csv", rows))) == []


def test_a_manifest_with_a_wrong_root(tmp_path: Path) -> None:
    manifest = write_manifest(tmp_path / "manifest.csv", good(tmp_path / "images", 30))
    (problem,) = inspect_images(image_task(manifest))
    assert problem.what == "none of the files that the manifest names is there"
    assert problem.found == "20 paths without a file"
    assert inspect_images(image_task(manifest, **{"data.root": str(tmp_path / "images")})) == []


def test_a_manifest_with_a_wrong_header(tmp_path: Path) -> None:
    rows = [{**r, "surname": "x"} for r in good(tmp_path, 3)]
    (problem,) = inspect_images(image_task(write_manifest(tmp_path / "manifest.csv", rows)))
    assert problem.what == "a column is not declared"
    (problem,) = inspect_images(image_task(tmp_path / "none.csv"))
    assert problem.what == "there is no such file or folder"


def test_a_folder(tmp_path: Path) -> None:
    table = write_manifest(tmp_path / "labels.csv", [label_row(number) for number in range(5)])
    data = folder(tmp_path / "data", 5)
    assert inspect_images(folder_task(data, table)) == []
    (problem,) = inspect_images(folder_task(data, table, tag="SeriesInstanceUID"))
    assert problem.what == "none of the first 5 files is DICOM with SeriesInstanceUID in its header"
    (problem,) = inspect_images(folder_task(data, tmp_path / "none.csv"))
    assert "there is no such file" in problem.what
    (tmp_path / "empty").mkdir()
    (problem,) = inspect_images(folder_task(tmp_path / "empty", table))
    assert problem.what == "the folder is empty"


def test_answers_without_beam_and_tensorflow(tmp_path: Path) -> None:
    manifest = write_manifest(tmp_path / "manifest.csv", good(tmp_path, 3))
    table = write_manifest(tmp_path / "labels.csv", [label_row(number) for number in range(5)])
    tasks = [image_task(manifest), folder_task(folder(tmp_path / "data", 5), table)]
    code = (
        "import sys\n"
        "from pipeline_configs.task import Task\n"
        "from components.image_example_gen.inspect_images import inspect_images\n"
        "for text in sys.argv[1:]:\n"
        "    assert inspect_images(Task.model_validate_json(text)) == []\n"
        "assert not {'tensorflow', 'apache_beam', 'tfx', 'tfx_bsl'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code, *(task.model_dump_json() for task in tasks)], check=True)
