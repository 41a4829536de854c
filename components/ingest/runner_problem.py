"""What went wrong on a cluster, told from what its runner reports: by fixed phrases, since the rest may quote data."""

from pipeline_configs.errors import Problem

__all__ = ["runner_problem"]

_AGAIN = "start the run again: it goes on from the last finished node"

_KNOWN = (
    (
        ("Insufficient number of network buffers",),
        "Flink has too few network buffers for this job",
        "lower taskmanager.network.sort-shuffle.min-buffers (16 is enough), raise taskmanager.memory.network.max, "
        "or lower beam.parallelism",
    ),
    (
        ("NoResourceAvailableException", "Could not acquire the minimum required resources"),
        "the cluster had no free slots for this job",
        "wait for other jobs, add TaskManagers, or lower beam.parallelism",
    ),
    (
        ("No module named 'components", "No module named 'pipeline_configs", "No module named 'transforms"),
        "the workers have no Galen",
        "give them an image or environment with Galen of the same version, or beam.workers.package",
    ),
    (
        ("TaskManager with id", "Connection to task executor", "TaskExecutor", "heartbeat"),
        "a machine of the cluster was lost while the job ran",
        _AGAIN,
    ),
    (
        (
            "harness disconnected",
            "hung up",
            "client cancelled",
            "Process died",
            "UNAVAILABLE",
            "Connection refused",
            "CANCELLED",
            "Stream removed",
            "Socket closed",
        ),
        "a worker was lost while the job ran, or cannot be reached",
        f"see the workers' log (out of memory is the usual reason), then {_AGAIN}",
    ),
)
"""Phrases of Flink, Beam and gRPC, what they mean, and what to do."""


def runner_problem(error: BaseException | None) -> Problem | None:
    """Returns what a failed job of a portable runner means; None where the error is none, or it is not known.

    Args:
        error: What was raised while a pipeline ran; what it came from is looked at too.
    """
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        text = str(error)
        if " failed in state " in text or type(error).__module__.split(".")[0] == "grpc":
            for phrases, what, fix in _KNOWN:
                if any(phrase in text for phrase in phrases):
                    return Problem(what, "beam", fix=fix)
        error = error.__cause__ or error.__context__
    return None
