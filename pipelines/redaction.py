r"""Keeps patients' values out of what is logged: exception messages of other people's code may quote a cell.

Arrow says `CSV conversion error to double: invalid value '...'`, TensorFlow `StringToNumberOp could not correctly
convert string: ...`, pandas and Python `could not convert string to float: '...'`, a KeyError is nothing but its key.
So the rule does not try to guess which texts hold a value:

- errors of Galen's own (`pipeline_configs.errors`) are written whole: they promise to hold no value;
- errors of the operating system (those with an error number), of memory, imports and names are written whole: they name
  files, modules and code;
- of every other exception the log gets type, module and frames (file, line, function), and no message.

The same holds for tracebacks that arrive as text, as Beam's workers send them. GALEN_UNREDACTED=1 switches it off, for
those who look for a defect with synthetic data.
"""

import os
import re
import traceback
from collections.abc import Iterator
from types import TracebackType

from pipeline_configs.errors import ConfigError, DataProblem, GalenError, Problem, RunFailed

__all__ = ["Redactor", "chain", "describe", "exception_text", "galen_error_in", "is_safe", "redacted"]

WITHHELD = "(message withheld: it may quote patient data)"
_SAFE = (GalenError, MemoryError, ImportError, NameError, AttributeError, RecursionError, KeyboardInterrupt)
_SAFE_NAMES = {kind.__name__ for kind in (*_SAFE, ModuleNotFoundError, UnboundLocalError)}
_ERRNO = re.compile(r": \[Errno \d+\]")
_OWN = "pipeline_configs.errors."
_OWN_ERRORS: dict[str, type[GalenError]] = {kind.__name__: kind for kind in (DataProblem, ConfigError, RunFailed)}
# The last line of a traceback: a dotted name that starts as a class does, by itself or with a message.
_RAISED = re.compile(r"^(?P<lead>[\s|+]*)(?P<name>(?:[A-Za-z_]\w*\.)*[A-Z]\w*)(?P<message>:.*)?$")
_ENDS_LIKE_ERROR = re.compile(r"(Error|Exception|Interrupt|Exit|Warning|Failure|Invalid|Problem|Failed|Arrow\w+)$")
_SENT = re.compile(
    rf"{re.escape(_OWN)}(?P<kind>{'|'.join(_OWN_ERRORS)}): (?P<text>.*?)(?=\s*\[while running|\n\n|\nTraceback|\Z)",
    re.DOTALL,
)


def is_safe(error: BaseException) -> bool:
    """Whether an exception's message may be shown and logged."""
    return isinstance(error, _SAFE) or (isinstance(error, OSError) and error.errno is not None) or _unredacted()


def _unredacted() -> bool:
    return os.environ.get("GALEN_UNREDACTED") == "1"


def describe(error: BaseException) -> str:
    """Returns one line about an exception that may be shown.

    Args:
        error: The exception.
    """
    name = type(error).__name__
    if isinstance(error, GalenError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    if is_safe(error) and str(error):
        return f"{name}: {error}"
    return name


def chain(error: BaseException) -> Iterator[BaseException]:
    """Yields an exception, its causes, contexts and the members of groups, each once."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        if isinstance(current, BaseExceptionGroup):
            waiting.extend(current.exceptions)
        waiting.extend(e for e in (current.__cause__, current.__context__) if e is not None)


def galen_error_in(error: BaseException) -> GalenError | None:
    """Returns the error of Galen's own behind an exception, also where Beam sent it from another process as text."""
    for current in chain(error):
        if isinstance(current, GalenError):
            return current
    for current in chain(error):
        found = _SENT.search(str(current))
        if found:
            return _OWN_ERRORS[found["kind"]](*_problems(found["text"].strip()))
    return None


def _problems(text: str) -> list[Problem]:
    """Reads back what str(GalenError) wrote."""
    problems: list[Problem] = []
    for line in text.splitlines():
        name, colon, value = line.strip().partition(": ")
        field = {"expected": "expected", "found": "found", "to do": "fix"}.get(name)
        if line.startswith("  ") and colon and field and problems:
            last = problems[-1]
            values = {key: getattr(last, key) for key in ("what", "where", "expected", "found", "fix")}
            problems[-1] = Problem(**{**values, field: value})
        elif line.strip():
            problems.append(Problem(line.strip()))
    return problems


def exception_text(
    kind: type[BaseException] | None,
    error: BaseException | None,
    trace: TracebackType | None = None,
) -> str:
    """Returns a traceback for the log: frames whole, messages only where they are safe."""
    if error is None:
        return kind.__name__ if kind else ""
    parts: list[str] = []
    for current in chain(error):
        frames = traceback.format_tb(trace if current is error and trace else current.__traceback__)
        name = f"{type(current).__module__}.{type(current).__qualname__}".removeprefix("builtins.")
        message = str(current) if is_safe(current) else WITHHELD
        parts.append("Traceback (most recent call last):\n" + "".join(frames) + f"{name}: {message}")
    return "\n\nwhich came from:\n\n".join(parts)


def redacted(text: str) -> str:
    """Returns a text that may hold tracebacks, without the messages that are not safe."""
    redactor = Redactor()
    return "".join(redactor.feed(text)) + redactor.rest()


class Redactor:
    """Takes text as it comes and gives it back without the messages of unsafe exceptions.

    Everything from the line that names the exception up to the next traceback or log record is taken for its message,
    which may have several lines.
    """

    _RESUMES = re.compile(
        r"^[\s|+]*(Traceback \(most recent call last\)|During handling of the above|The above exception was)"
        r"|^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]+ "
    )

    def __init__(self) -> None:
        self._partial = ""
        self._in_traceback = False
        self._withholding = False

    def feed(self, text: str) -> Iterator[str]:
        """Yields the whole lines that are known so far."""
        lines = (self._partial + text).splitlines(keepends=True)
        self._partial = lines.pop() if lines and not lines[-1].endswith(("\n", "\r")) else ""
        for line in lines:
            kept = self._line(line)
            if kept is not None:
                yield kept

    def rest(self) -> str:
        """Returns the last line, where it had no line end."""
        line, self._partial = self._partial, ""
        return (self._line(line) or "") if line else ""

    def _line(self, line: str) -> str | None:
        bare = line.rstrip("\r\n")
        if self._withholding:
            if not self._RESUMES.match(bare):
                return None
            self._withholding = False
        if "Traceback (most recent call last)" in bare:
            self._in_traceback = True
            return line
        raised = _RAISED.match(bare)
        if not raised:
            return line
        name = raised["name"]
        known = _ENDS_LIKE_ERROR.search(name) is not None
        if not (known or self._in_traceback):
            return line
        self._in_traceback = False
        if _unredacted() or self._may_stay(name, raised["message"] or ""):
            return line
        self._withholding = True
        return f"{raised['lead']}{name}: {WITHHELD}{line[len(bare) :]}"

    @staticmethod
    def _may_stay(name: str, message: str) -> bool:
        return (
            not message
            or name.startswith(_OWN)
            or name.rpartition(".")[2] in _SAFE_NAMES
            or _ERRNO.match(message) is not None
        )
