"""One run of a task at a time in one root."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline_configs.errors import RunFailed
from pipelines.lock import holder, locked

HOLD = """
import sys, time
from pathlib import Path
from pipelines.lock import locked
with locked(Path(sys.argv[1]), "t", "run-1"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_holder_is_refused_and_told_who(tmp_path: Path) -> None:
    with locked(tmp_path, "t", "first"), pytest.raises(RunFailed) as refused:  # noqa: SIM117
        with locked(tmp_path, "t", "second"):
            pass
    text = str(refused.value)
    assert f"process {os.getpid()} on" in text and "run first" in text and "since 20" in text
    with locked(tmp_path, "t", "third"):
        assert holder(tmp_path).run == "third"  # type: ignore[union-attr]
    assert holder(tmp_path) is None


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout and process.stdout.readline() == "held\n"
    found = holder(tmp_path)
    assert found and (found.pid, found.run) == (process.pid, "run-1")
    process.kill()
    process.wait()
    process.stdout.close()
    assert holder(tmp_path) is None
    with locked(tmp_path, "t", "next") as lock:
        lock.name_run("next-2")
        assert holder(tmp_path).run == "next-2"  # type: ignore[union-attr]


def test_a_root_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFailed, match=r"cannot be written to: .*\n.*to do: set pipeline_root"):  # noqa: SIM117
        with locked(tmp_path / "file" / "root", "t", "r"):
            pass


def test_nobody_holds_what_is_not_there(tmp_path: Path) -> None:
    assert holder(tmp_path / "nowhere") is None
