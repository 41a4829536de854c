"""Runs and facts in ML Metadata, without TFX; several processes on one database."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline_configs.errors import RunFailed
from pipelines.metadata.store import Store
from tests.pipelines.conftest import Home

WRITER = """
import sys
from pipelines.config import load_environment
from pipelines.metadata.store import Store
environment = load_environment(sys.argv[1])
for _ in range(15):
    store = Store(environment, write=True)
    run = store.begin_run(sys.argv[2], "the-same-id", {"a": "1"})
    store.add_facts(run, {"b": "2"})
"""


def test_facts_come_back_and_ids_are_unique(home: Home) -> None:
    store = Store(home.environment, write=True)
    first = store.begin_run("light", "r", {"task": "light"})
    second = store.begin_run("other", "r", {})
    assert (first.id, second.id) == ("r", "r-2")
    store.add_facts(first, {"verdict": "failed"})
    [found] = Store(home.environment).runs("light")
    assert found.id == "r" and found.facts == {"task": "light", "verdict": "failed"}
    assert store.runs("nobody") == []


def test_several_processes_share_the_database(home: Home) -> None:
    file = str(home.folder / "configs" / "environments" / "local.yaml")
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, file, task], stderr=subprocess.PIPE, text=True)
        for task in ("light", "other", "light")
    ]
    for writer in writers:
        assert writer.communicate(timeout=120)[1] == "" and writer.returncode == 0
    store = Store(home.environment)
    runs = [*store.runs("light"), *store.runs("other")]
    assert len(runs) == len({run.id for run in runs}) == 45
    assert all(run.facts == {"a": "1", "b": "2"} for run in runs)


def test_a_database_that_cannot_be_opened(home: Home, tmp_path: Path) -> None:
    (home.folder / "metadata.sqlite").write_text("this is no database, but it is long enough to be read as one" * 20)
    with pytest.raises(RunFailed, match=r"the metadata database cannot be opened(.|\n)*to do: check the file"):
        Store(home.environment, write=True)
