"""Errors a user can cause: each says what is wrong, where, what was expected, what was found and what to do.

A problem never carries a patient's value. `found` may quote a configuration file or name a type, a count
or a column, but not the content of a cell, a resource or a note.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

__all__ = ["ConfigError", "DataProblem", "GalenError", "Problem", "RunFailed", "closest"]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        what: The problem in one sentence, without a full stop.
        where: File and key, file and line, node, or path.
        expected: What would have been right.
        found: What was there instead; never a patient's value.
        fix: What the user can do about it.
    """

    what: str
    where: str = ""
    expected: str = ""
    found: str = ""
    fix: str = ""

    def __str__(self) -> str:
        lines = [f"{self.where}: {self.what}" if self.where else self.what]
        lines += [
            f"  {name}: {text}"
            for name, text in (("expected", self.expected), ("found", self.found), ("to do", self.fix))
            if text
        ]
        return "\n".join(lines)


class GalenError(Exception):
    """Base of all errors that reach the user as a message instead of a traceback.

    Args:
        *problems: At least one problem, or plain sentences that become problems.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, *problems: Problem | str) -> None:
        super().__init__(*(p if isinstance(p, Problem) else Problem(p) for p in problems))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems, in the order in which they were found."""
        return tuple(p if isinstance(p, Problem) else Problem(str(p)) for p in self.args)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class RunFailed(GalenError):
    """A node failed for a reason outside the data: disk, permission, memory, a defect."""

    exit_code = 1


class ConfigError(GalenError):
    """A task, an environment, a schema or a command-line parameter is wrong."""

    exit_code = 2


class DataProblem(GalenError):
    """The data cannot be read, or is not what the task and its schema declare."""

    exit_code = 4


def closest(name: str, known: Iterable[str]) -> str:
    """Returns `Did you mean '...'?` for a misspelt name, or an empty string."""
    import difflib

    matches = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"did you mean '{matches[0]}'?" if matches else ""
