"""Processes forked from one that has its imports done, for tests that start many with the same imports."""

import atexit
import os
import runpy
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from multiprocessing.connection import Client, Connection, Listener, wait
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Order:
    """What a process is to do: `python -m MODULE ARGUMENTS`."""

    module: str
    arguments: tuple[str, ...]
    variables: Mapping[str, str]
    folder: str
    log: str


class WarmProcess:
    """A process that runs a module; as much of `subprocess.Popen` as the tests use.

    Args:
        imports: The module whose imports it has when it begins.
        module: What it runs.
        arguments: Its arguments.
        variables: All of its environment variables.
        folder: Where it works.
        log: File for what it writes.
    """

    def __init__(
        self, imports: str, module: str, arguments: Sequence[str], variables: Mapping[str, str], folder: Path, log: Path
    ) -> None:
        self._answers = Client(_server(imports))
        self._answers.send(Order(module, tuple(arguments), dict(variables), str(folder), str(log)))
        self.pid = int(self._answers.recv())
        self._code: int | None = None

    def kill(self) -> None:
        """Ends it as the kernel does; nothing where it has ended."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)

    def poll(self) -> int | None:
        """Returns its exit code, or None while it runs."""
        return self.wait() if self._code is not None or self._answers.poll() else None

    def wait(self, timeout: float | None = None) -> int:
        """Returns its exit code when it has ended; a signal's number is negative.

        Raises:
            subprocess.TimeoutExpired: It has not ended after so many seconds.
        """
        if self._code is None:
            if not self._answers.poll(timeout):
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            self._code = int(self._answers.recv())
        return self._code


@cache
def _server(imports: str) -> str:
    """Starts the process that others are forked from; returns its address."""
    folder = tempfile.mkdtemp(prefix="warm-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    command = [sys.executable, "-m", "tests.warm", f"{folder}/socket", imports]
    # The server ends with this process, however it ends: nobody holds the other end of its input then.
    server = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    atexit.register(server.kill)
    assert server.stdout is not None
    assert server.stdout.readline() == b"ready\n", f"{imports} cannot be imported"
    server.stdout.close()
    return f"{folder}/socket"


def serve(address: str, imports: str) -> None:
    """Forks a process for each order, and one that waits for it, until its input ends."""
    __import__(imports)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that wait
    with Listener(address) as listener:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        _connect(os.devnull, os.O_WRONLY, 1)
        # The listener's own way to its socket: it has no other for `wait`.
        socket = listener._listener._socket  # type: ignore[attr-defined]
        while sys.stdin not in wait([socket, sys.stdin]):
            connection = listener.accept()
            if os.fork() == 0:
                _wait_for_one(connection)
            connection.close()


def _wait_for_one(connection: Connection) -> NoReturn:
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        order = connection.recv()
        process = os.fork()
        if process == 0:
            connection.close()
            _run(order)
        connection.send(process)
        connection.send(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
    finally:
        os._exit(0)  # and not on with what the server does


def _run(order: Order) -> NoReturn:
    _connect(order.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 1, 2)
    _connect(os.devnull, os.O_RDONLY, 0)
    os.environ.clear()
    os.environ.update(order.variables)
    os.chdir(order.folder)
    sys.argv = [order.module, *order.arguments]
    code: object = 0
    try:
        runpy.run_module(order.module, run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        code = ended.code or 0
        if not isinstance(code, int):
            sys.stderr.write(f"{code}\n")
    except BaseException:  # noqa: BLE001 - an interpreter of its own would say the same
        traceback.print_exc()
        code = 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    # Taking thousands of modules apart takes two seconds, and pages of memory that are shared so far.
    os._exit(code if isinstance(code, int) else 1)


def _connect(path: str, flags: int, *descriptors: int) -> None:
    opened = os.open(path, flags, 0o644)
    for descriptor in descriptors:
        os.dup2(opened, descriptor)
    os.close(opened)


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2])
