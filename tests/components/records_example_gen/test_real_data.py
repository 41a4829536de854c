"""The public data sets that the tasks were made for; each test is skipped where its data is absent."""

from pathlib import Path
from typing import Any

import pytest

from components.ingest.header import inspect_header
from examples.sklearn_data import export
from pipelines.config import load_task


def test_uci_heart(shared_data: Path, monkeypatch: pytest.MonkeyPatch, ingest: Any) -> None:
    """920 patients of four hospitals; serum cholesterol of 0 stands for one that was not measured."""
    (file,) = (shared_data / "uci_heart").glob("*.csv")
    monkeypatch.setenv("HEART_DISEASE_CSV", str(file))
    task, _ = load_task("heart_disease")
    assert inspect_header(task) == []
    result = ingest(file, task)
    counts = result.counts
    assert counts.read == 920
    assert result.entries == []
    assert counts.rows.total() == 920
    assert counts.positives.total() == 509
    assert counts.missing["chol"] == 202
    assert counts.missing["ca"] == 611
    assert {row["sex"] for row in result.rows} == {b"male", b"female"}
    assert {row["dataset"] for row in result.rows} == {b"cleveland", b"hungary", b"switzerland", b"va_long_beach"}
    assert all(rows > 100 for rows in counts.rows.values())


@pytest.mark.parametrize(
    ("task_name", "rows", "positives"), [("diabetes_progression", 442, 221), ("breast_cancer", 569, 212)]
)
def test_bundled(
    task_name: str, rows: int, positives: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ingest: Any
) -> None:
    monkeypatch.setenv("GALEN_HOME", str(tmp_path))
    task, _ = load_task(task_name)
    result = ingest(export(task.data.bundled, tmp_path / "records.csv"), task)
    assert result.entries == []
    assert result.counts.rows.total() == rows
    assert result.counts.positives.total() == positives
    assert set(result.counts.missing.values()) == {0}
