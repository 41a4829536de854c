"""Exit codes of `galen`, in one place: for scripts, for `--help` and for the history."""

from enum import IntEnum

__all__ = ["ExitCode", "explained"]


class ExitCode(IntEnum):
    """How a command ended."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_BLESSED = 3
    DATA_PROBLEM = 4
    INTERRUPTED = 130

    @property
    def meaning(self) -> str:
        """What the code says about a run."""
        return _MEANINGS[self]

    @property
    def verdict(self) -> str:
        """The same in two words, for tables."""
        return _VERDICTS[self]


_MEANINGS = {
    ExitCode.OK: "blessed and pushed (or blessed with push.enabled: false, or stopped at --to)",
    ExitCode.FAILED: "failed: a node broke, disk full, no permission, or another run is on",
    ExitCode.USAGE: "the command, task, environment or schema is wrong; nothing ran",
    ExitCode.NOT_BLESSED: "ran, but the model was not blessed; nothing was pushed",
    ExitCode.DATA_PROBLEM: "stopped by a data problem: unreadable, or not what the task declares",
    ExitCode.INTERRUPTED: "interrupted; the next run goes on from the last finished node",
}

_VERDICTS = {
    ExitCode.OK: "blessed",
    ExitCode.FAILED: "failed",
    ExitCode.USAGE: "not started",
    ExitCode.NOT_BLESSED: "not blessed",
    ExitCode.DATA_PROBLEM: "data problem",
    ExitCode.INTERRUPTED: "interrupted",
}


def explained() -> str:
    """Returns all codes with their meanings, one a line."""
    return "\n".join(f"{code.value}: {code.meaning}" for code in ExitCode)
