"""Fixtures of the tests of NotesExampleGen."""

from collections.abc import Callable
from pathlib import Path

import pytest

from components.ingest.job import Settings
from components.notes_example_gen.ingest import NOTES_FILE, TABLE_FILE
from components.notes_example_gen.jobs import ShareJob, read_share
from components.notes_example_gen.table import NoteTable, load_table
from pipeline_configs.task import Task
from tests.components.ingest.helpers import KEY, decoded, rows_of


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The secret of the pseudonyms."""
    monkeypatch.setenv("GALEN_PSEUDONYM_KEY", KEY.decode())


class Shared:
    """What the first pass makes of a share of a file."""

    def __init__(self, settings: Settings, path: Path, share: int = 0, shares: int = 1) -> None:
        job = ShareJob(0, str(path), path.name, path.stat().st_size, share, shares, str(path.parent))
        self.result = read_share(settings, job)
        assert self.result.error is None, self.result.error
        assert self.result.counts
        self.counts = self.result.counts
        self.folder = Path(self.result.folder)

    @property
    def rows(self) -> list[dict[str, object]]:
        """The examples, as plain dictionaries."""
        file = self.folder / NOTES_FILE
        return decoded(rows_of(file)) if file.exists() else []

    @property
    def table(self) -> NoteTable:
        """The table beside them."""
        return load_table(str(self.folder / TABLE_FILE))

    @property
    def entries(self) -> list[tuple[int, str, str]]:
        """Quarantine as (line, column, reason)."""
        return sorted((entry.line, entry.column, entry.reason) for entry in self.counts.quarantine.entries)

    @property
    def reasons(self) -> list[str]:
        """Reasons of the quarantine, in order of their lines."""
        return [reason for _, _, reason in self.entries]


@pytest.fixture
def settings(tmp_path: Path) -> Callable[[Task], Settings]:
    """Makes the settings of an ingest."""
    return lambda task: Settings(task.model_dump_json(), "{}", False, str(tmp_path / "work"))


@pytest.fixture
def read(settings: Callable[[Task], Settings]) -> Callable[..., Shared]:
    """Reads a share of a file through the job that Beam runs."""
    return lambda task, path, share=0, shares=1: Shared(settings(task), path, share, shares)
