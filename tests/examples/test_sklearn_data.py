"""The bundled data: what the tasks that come with Galen declare is what is in the files."""

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from components.ingest.header import inspect_header
from examples.sklearn_data import NAMES, export
from pipeline_configs.errors import ConfigError, RunFailed
from pipelines.config import load_task

ROWS = {"diabetes": 442, "breast_cancer": 569}
TASKS = {"diabetes": "diabetes_progression", "breast_cancer": "breast_cancer"}


def read(file: Path) -> list[dict[str, str]]:
    with file.open(newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("name", NAMES)
def test_the_same_bytes_every_time(name: str, tmp_path: Path) -> None:
    first, second = export(name, tmp_path / "new" / "a.csv"), export(name, tmp_path / "b.csv")
    assert first == tmp_path / "new" / "a.csv"
    assert first.read_bytes() == second.read_bytes()
    assert len(read(first)) == ROWS[name]
    assert len({row["patient_id"] for row in read(first)}) == ROWS[name]
    assert first.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("name", NAMES)
def test_the_task_declares_these_columns(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GALEN_HOME", str(tmp_path))
    task, _ = load_task(TASKS[name])
    assert task.data.bundled == name
    export(name, task.data.path)
    assert inspect_header(task) == []


def test_the_values_are_those_of_scikit_learn(tmp_path: Path) -> None:
    from sklearn.datasets import load_breast_cancer, load_diabetes

    diabetes = read(export("diabetes", tmp_path / "d.csv"))
    data = load_diabetes(scaled=False)
    names = data.feature_names
    assert np.array_equal([[float(row[name]) for name in names] for row in diabetes], data.data)
    assert [float(row["progression"]) for row in diabetes] == data.target.tolist()
    assert {row["sex"] for row in diabetes} == {"1", "2"}

    cancer = read(export("breast_cancer", tmp_path / "b.csv"))
    data = load_breast_cancer()
    columns = [name for name in cancer[0] if name not in ("patient_id", "diagnosis")]
    assert np.array_equal([[float(row[name]) for name in columns] for row in cancer], data.data)
    assert columns[0] == "mean_radius" and data.feature_names[0] == "mean radius"
    assert columns[10] == "error_radius" and data.feature_names[10] == "radius error"
    assert columns[29] == "worst_fractal_dimension" and data.feature_names[29] == "worst fractal dimension"
    assert sum(row["diagnosis"] == "malignant" for row in cancer) == 212


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    file = tmp_path / "d.csv"
    file.write_text("old")
    export("diabetes", file)
    assert len(read(file)) == 442
    assert [path.name for path in tmp_path.iterdir()] == ["d.csv"]


def test_what_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFailed, match="the bundled data cannot be written"):
        export("diabetes", tmp_path / "file" / "d.csv")


def test_an_unknown_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        export("diabetis", tmp_path / "d.csv")
    assert "there is no bundled data 'diabetis'" in str(caught.value)
    assert "did you mean 'diabetes'?" in str(caught.value)


def test_scikit_learn_is_loaded_only_when_needed() -> None:
    code = "import sys, examples.sklearn_data; print('sklearn' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "False"
