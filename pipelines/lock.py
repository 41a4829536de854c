"""One run of a task at a time in one pipeline root: a file lock that the kernel takes back when the process dies."""

import contextlib
import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from pipeline_configs.environment import Environment
from pipeline_configs.errors import Problem, RunFailed
from pipeline_configs.paths import is_remote

__all__ = ["Holder", "Lock", "holder", "lock_folder", "locked"]

_NAME = ".galen-run.lock"


@dataclass(frozen=True)
class Holder:
    """Who holds the lock.

    Attributes:
        pid: Process.
        host: Machine.
        since: When it was taken, ISO 8601 with time zone.
        run: Run id.
    """

    pid: int = 0
    host: str = ""
    since: str = ""
    run: str = ""


def lock_folder(environment: Environment, task: str) -> Path:
    """Returns the folder whose lock a run holds: that of the task's artifacts; for remote ones, that of its logs."""
    if is_remote(environment.pipeline_root):
        return Path(environment.log_root).resolve() / task
    return Path(environment.pipeline_root) / task


@contextlib.contextmanager
def locked(folder: Path, task: str, run: str) -> Iterator["Lock"]:
    """Holds the lock of a task's folder of artifacts.

    The file stays behind, empty, when the run ends: deleting it would let two runs lock two different files.

    Args:
        folder: The task's folder below the pipeline root; made where it is missing.
        task: Its name, for the message.
        run: Id of the run that takes it.

    Raises:
        RunFailed: Another process holds it, or the folder cannot be written to.
    """
    file = folder / _NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = file.open("a+", encoding="utf-8")
    except OSError as error:
        fix = "set pipeline_root in the environment's file to a folder that you may write to"
        raise RunFailed(
            Problem(f"the folder of artifacts cannot be written to: {error.strerror}", str(folder), fix=fix)
        ) from None
    with handle:
        if not _take(handle):
            other = _read(file)
            since = f" since {_local(other.since)}" if other.since else ""
            raise RunFailed(
                Problem(
                    f"another run of {task} is on in the same root",
                    str(folder),
                    found=f"process {other.pid} on {other.host}{since}, run {other.run}"
                    if other.pid
                    else "its process",
                    fix="wait for it to end, or stop it; another pipeline root may be used at the same time",
                )
            )
        lock = Lock(handle)
        lock.name_run(run)
        try:
            yield lock
        finally:
            _write(handle, "")


class Lock:
    """A lock that is held.

    Args:
        handle: Its file.
    """

    def __init__(self, handle: IO[str]) -> None:
        self._handle = handle
        self._since = datetime.now(UTC).isoformat(timespec="seconds")

    def name_run(self, run: str) -> None:
        """Writes down who holds it, for those who are refused and for the history."""
        _write(self._handle, json.dumps(asdict(Holder(os.getpid(), socket.gethostname(), self._since, run))))


def holder(folder: Path) -> Holder | None:
    """Returns who holds the lock of a task's folder now, or None; never waits and takes nothing."""
    file = folder / _NAME
    try:
        with file.open("r", encoding="utf-8") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return _read(file)
    except OSError:
        return None
    return None


def _take(handle: IO[str]) -> bool:
    # Some attempts, since somebody who asks for the holder has the file for a moment.
    for _ in range(5):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            time.sleep(0.05)
    return False


def _write(handle: IO[str], text: str) -> None:
    with contextlib.suppress(OSError):
        handle.seek(0)
        handle.truncate()
        handle.write(text)
        handle.flush()


def _read(file: Path) -> Holder:
    try:
        return Holder(**json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return Holder()


def _local(iso: str) -> str:
    return datetime.fromisoformat(iso).astimezone().strftime("%Y-%m-%d %H:%M:%S")
