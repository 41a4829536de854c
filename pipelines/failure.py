"""Turns whatever stopped a run into an exit code and problems that a person can act on."""

import errno
import traceback
from dataclasses import dataclass
from pathlib import Path

from components.ingest.runner_problem import runner_problem
from pipeline_configs.errors import GalenError, Problem
from pipelines.exit_codes import ExitCode
from pipelines.redaction import chain, describe, galen_error_in

__all__ = ["Failure", "NodeFailed", "failure_of"]

_AGAIN = "run again: it goes on from the last finished node"
_FULL = ("No space left on device", "disk is full", "Disk quota exceeded")
_ROOT = Path(__file__).resolve().parent.parent
_OWN_PACKAGES = ("components", "trainers", "transforms", "privacy", "schemas", "pipeline_configs")


@dataclass(frozen=True)
class Failure:
    """What stopped a run.

    Attributes:
        code: Exit code.
        headline: One line: which node, and of what kind.
        problems: The details.
        defect: Whether Galen itself is to blame.
    """

    code: ExitCode
    headline: str
    problems: tuple[Problem, ...]
    defect: bool = False

    @property
    def message(self) -> str:
        """One line for the history."""
        first = self.problems[0].what if self.problems and self.code != ExitCode.INTERRUPTED else ""
        more = f" (and {len(self.problems) - 1} more)" if len(self.problems) > 1 else ""
        return f"{self.headline}: {first}{more}" if first else self.headline


class NodeFailed(Exception):
    """A node failed in a process of its own, which has said why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


def failure_of(error: BaseException, node: str, interrupted: bool = False) -> Failure:
    """Explains an exception; never with a patient's value.

    Args:
        error: What was raised.
        node: The node that was running, "" before the first.
        interrupted: Whether a signal asked the run to stop.
    """
    place = node or "the run"
    if interrupted or isinstance(error, KeyboardInterrupt):
        return Failure(ExitCode.INTERRUPTED, f"interrupted in {place}", (Problem(_AGAIN),))
    if isinstance(error, NodeFailed):
        return error.failure
    own = galen_error_in(error)
    if own is not None:
        return _own(own, place)
    known = _system(error, place)
    if known:
        return known
    lost = runner_problem(error)
    if lost:
        return _failed(place, lost)
    said = describe(error)
    withheld = said == type(error).__name__ and bool(str(error))
    problem = Problem(
        said,
        _where(error),
        found="the message is not shown, since it may quote patient data" if withheld else "",
        fix="report it with the log, which holds the frames and no patient's values",
    )
    return Failure(ExitCode.FAILED, f"{place} failed; this is a defect in Galen", (problem,), defect=True)


def _own(error: GalenError, place: str) -> Failure:
    code = ExitCode(error.exit_code)
    words = {
        ExitCode.DATA_PROBLEM: f"{place} stopped by a data problem",
        ExitCode.USAGE: f"{place} did not start" if place == "the run" else f"{place} stopped by the configuration",
        ExitCode.NOT_BLESSED: f"{place}: the model was refused",
    }
    return Failure(code, words.get(code, f"{place} failed"), error.problems)


def _system(error: BaseException, place: str) -> Failure | None:
    for current in chain(error):
        number = current.errno if isinstance(current, OSError) else None
        file = str(current.filename or "") if isinstance(current, OSError) else ""
        if number in (errno.ENOSPC, errno.EDQUOT) or any(text in str(current) for text in _FULL):
            return _failed(place, Problem("the disk is full", file, fix=f"free some space and {_AGAIN}"))
        if number in (errno.EACCES, errno.EPERM, errno.EROFS):
            return _failed(place, Problem("no permission", file, fix=f"give write access and {_AGAIN}"))
        if isinstance(current, MemoryError) or type(current).__name__ == "ResourceExhaustedError":
            fix = "use a machine with more memory, or a smaller training.batch_size, or fewer Beam workers"
            return _failed(place, Problem("out of memory", fix=fix))
        if number is not None:
            return _failed(place, Problem(describe(current), fix=f"mend it and {_AGAIN}"))
    return None


def _failed(place: str, problem: Problem) -> Failure:
    return Failure(ExitCode.FAILED, f"{place} failed", (problem,))


def _where(error: BaseException) -> str:
    """The innermost line of Galen's own code that the exception passed."""
    for current in chain(error):
        for frame in reversed(traceback.extract_tb(current.__traceback__)):
            file = Path(frame.filename)
            if file.is_relative_to(_ROOT) and file.relative_to(_ROOT).parts[0] in _OWN_PACKAGES:
                return f"{file.relative_to(_ROOT)}:{frame.lineno}"
    return ""
