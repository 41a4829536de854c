"""Fixtures of the tests of the ingest."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from components.ingest.job import FileJob, Settings, ingest_file
from pipeline_configs.task import Task
from tests.components.ingest.helpers import KEY, Ingested, make_task

IngestFn = Callable[..., Ingested]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Settings]:
    """Makes the settings of an ingest whose key is in the environment."""
    monkeypatch.setenv("GALEN_PSEUDONYM_KEY", KEY.decode())

    def make(task: Task, gzip: bool = False) -> Settings:
        return Settings(task.model_dump_json(), json.dumps({}), gzip, str(tmp_path / "work"))

    return make


@pytest.fixture
def ingest(tmp_path: Path, settings: Callable[..., Settings]) -> IngestFn:
    """Ingests text, bytes or a file through the job that Beam runs, and reads the shards back."""

    def run(source: str | bytes | Path, task: Task | None = None, gzip: bool = False) -> Ingested:
        path = source if isinstance(source, Path) else tmp_path / "records.csv"
        if not isinstance(source, Path):
            path.write_bytes(source.encode() if isinstance(source, str) else source)
        job = FileJob(0, str(path), path.name, path.stat().st_size)
        return Ingested(ingest_file(settings(task or make_task(), gzip), job))

    return run
