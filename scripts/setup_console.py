"""What the set-up says and runs: short progress lines for the person waiting, every command's output in a log."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO

HEARTBEAT_S = 15.0


class SetupError(Exception):
    """The set-up cannot go on; the message says what was looked for, what was found and what to do."""


class CommandError(SetupError):
    """A command failed.

    Attributes:
        output: The last lines it printed.
    """

    def __init__(self, command: Sequence[str], code: int, output: str) -> None:
        super().__init__(f"`{' '.join(map(str, command[:4]))} ...` ended with exit code {code}:\n{output}")
        self.output = output


class Console:
    """Prints progress and runs commands.

    Args:
        log: The file that takes what the commands print.
        out: Where progress lines go.
    """

    def __init__(self, log: Path, out: TextIO = sys.stderr) -> None:
        self._log = log
        self._out = out
        self._start = time.monotonic()
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("", encoding="utf-8")

    @property
    def elapsed(self) -> float:
        """Seconds since the set-up began."""
        return time.monotonic() - self._start

    def say(self, message: str) -> None:
        """Prints one progress line with the time passed since the start."""
        print(f"[set-up {self.elapsed:4.0f} s] {message}", file=self._out, flush=True)
        self.note(f"## {message}")

    def note(self, message: str) -> None:
        """Writes a line to the log only."""
        with self._log.open("a", encoding="utf-8") as log:
            log.write(message + "\n")

    def run(self, command: Sequence[str], *, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> None:
        """Runs a command, its output to the log, with a sign of life now and then.

        Raises:
            CommandError: It ended with another code than 0.
        """
        self.note("$ " + " ".join(command))
        began = self._log.stat().st_size
        with self._log.open("ab") as log:
            # A group of its own, so that an interruption ends its children with it.
            process = subprocess.Popen(
                command,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=env,
                cwd=cwd,
                start_new_session=True,
            )
            try:
                code = self._wait(process)
            except BaseException:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait()
                raise
        if code:
            with self._log.open("rb") as log:
                log.seek(began)
                tail = log.read().decode("utf-8", "replace").strip().splitlines()[-12:]
            raise CommandError(command, code, "\n".join(line[:400] for line in tail))

    def _wait(self, process: subprocess.Popen[bytes]) -> int:
        while True:
            try:
                return process.wait(HEARTBEAT_S)
            except subprocess.TimeoutExpired:
                self.say("still at it")
