"""Sends the chatter of TFX, Beam, absl, TensorFlow and its C++ to a run's log file, and keeps the screen for Galen.

There are three ways to the screen, and each is closed: Python's logging and warnings, Python's `sys.stdout` and
`sys.stderr`, and the file descriptors 1 and 2, to which native code and child processes write. The first two pass
the rules of `pipelines.redaction`. Descriptors point straight at the file: a pipe with a thread behind it could block
native code that holds the interpreter's lock, and would lose the last words of a crash.
"""

import contextlib
import faulthandler
import io
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, TextIO

from pipeline_configs.errors import Problem, RunFailed
from pipelines.redaction import Redactor, exception_text, redacted

__all__ = ["Streams", "captured", "captured_here", "log_file", "log_tfx", "quiet_environment"]

_QUIET = {
    "TF_CPP_MIN_LOG_LEVEL": "2",  # C++: errors only. "Could not find cuda drivers" is none on a machine without a GPU.
    "GRPC_VERBOSITY": "ERROR",
    "GLOG_minloglevel": "2",
    "ABSL_MIN_LOG_LEVEL": "2",
    "KERAS_BACKEND": "tensorflow",
    "PYTHONWARNINGS": "ignore",  # for the processes that Beam starts; this one logs its warnings
}


@dataclass(frozen=True)
class Streams:
    """The real standard output and error, out of reach for everybody else while a run is on.

    Attributes:
        out: Standard output.
        err: Standard error.
    """

    out: TextIO
    err: TextIO


def quiet_environment() -> None:
    """Sets the variables that keep native code quiet; must come before TensorFlow is imported."""
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)


def log_tfx(*, verbose: bool) -> None:
    """TFX's own INFO lines belong into the log, which absl drops by default; and not on the screen afterwards."""
    from absl import logging as absl

    absl.set_verbosity(absl.INFO if verbose else absl.WARNING)


def log_file(log_root: str, task: str, run: str) -> Path:
    """Returns where the log of a run is."""
    return Path(log_root) / task / f"{run}.log"


@contextlib.contextmanager
def captured(file: Path) -> Iterator[Streams]:
    """Sends everything but what is written to the yielded screen to a log file.

    Args:
        file: The log; its folder is made, and it is appended to.

    Raises:
        RunFailed: The file cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        log = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
    except OSError as error:
        fix = "set log_root in the environment's file to a folder that you may write to"
        raise RunFailed(Problem(f"the log cannot be written: {error.strerror}", str(file), fix=fix)) from None
    with _captured_into(log) as screen:
        yield screen


@contextlib.contextmanager
def captured_here() -> Iterator[Streams]:
    """Redacts what goes to standard output and error, which is the log: that of a container.

    Yields:
        Standard output and error as they were.
    """
    with _captured_into(os.dup(1)) as screen:
        yield screen


@contextlib.contextmanager
def _captured_into(log: int) -> Iterator[Streams]:
    """Sends everything but what is written to the yielded screen to a descriptor, and closes it."""
    sys.stdout.flush()
    sys.stderr.flush()
    saved = [os.dup(1), os.dup(2)]
    screen = Streams(_text(saved[0]), _text(saved[1]))
    python = sys.stdout, sys.stderr
    try:
        os.dup2(log, 1)
        os.dup2(log, 2)
        redirected = _Redacting(log)
        sys.stdout = sys.stderr = redirected
        faulthandler.enable(log)
        with _logging_to(redirected.plain):
            yield screen
        redirected.close_quietly()
    finally:
        for stream in (screen.out, screen.err):
            with contextlib.suppress(OSError):
                stream.flush()
        sys.stdout, sys.stderr = python
        faulthandler.disable()
        os.dup2(saved[0], 1)
        os.dup2(saved[1], 2)
        screen.out.close()
        screen.err.close()
        os.close(log)


class _Screen(io.TextIOWrapper):
    """A stream to the screen. That nobody looks any more (`| head`, a closed terminal) is no reason to stop a run."""

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            return super().write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            super().flush()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            super().close()


def _text(descriptor: int) -> TextIO:
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return _Screen(io.FileIO(descriptor, "w"), encoding=encoding, errors="replace", write_through=True)  # type: ignore[type-var]


class _Redacting(io.TextIOBase):
    """A text stream into the log that leaves out unsafe exception messages."""

    encoding = "utf-8"

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._redactor = Redactor()
        self.plain: IO[str] = os.fdopen(descriptor, "w", 1, "utf-8", "replace", closefd=False)

    def write(self, text: str) -> int:
        for line in self._redactor.feed(text):
            self._put(line)
        return len(text)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def close_quietly(self) -> None:
        """Writes what waits for its line end."""
        self._put(self._redactor.rest())

    def _put(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):  # a full disk must not hide the error that it causes
            self.plain.write(text)


class _Formatter(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(filename)s:%(lineno)d %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:
        return redacted(super().formatMessage(record))

    def formatException(
        self,
        ei: tuple[type[BaseException] | None, BaseException | None, TracebackType | None] | tuple[None, None, None],
    ) -> str:
        return exception_text(*ei)


class _Handler(logging.StreamHandler[IO[str]]):
    def handleError(self, record: logging.LogRecord) -> None:
        """Stays quiet: logging.raiseExceptions would print the record, unredacted, to standard error."""


@contextlib.contextmanager
def _logging_to(stream: IO[str]) -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    handler = _Handler(stream)
    handler.setFormatter(_Formatter())
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.captureWarnings(True)
    # Beam logs each stage at INFO, botocore and urllib3 each request at DEBUG.
    for name in ("apache_beam", "botocore", "urllib3", "google", "azure"):
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("default")
            yield
    finally:
        logging.captureWarnings(False)
        root.handlers[:] = handlers
        root.setLevel(level)
