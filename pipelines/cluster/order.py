"""What a container is told on its command line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["SCHEDULED", "NodeOrder"]

SCHEDULED = "scheduled"
"""Value of `span` that stands for the date on which a run was scheduled."""


@dataclass(frozen=True)
class NodeOrder:
    """One container's work.

    Attributes:
        task: Name of the task.
        environment: Name of the environment.
        node: Id of a node, or Begin or End.
        run: Id of the run; that of the KFP run.
        parameters: `--param`, by dotted key, and `span`.
        force: Whether nodes run although a cached result fits.
        if_new: Whether a span that is not there, or was ingested before, ends the run as a success.
        schedule: Cron expression that started the run, in local time; "" where a person did.
        scheduled_time: When the schedule was due, as KFP fills it in; not a time where it did not.
        timezone: Time zone of the schedule and of the scheduled date.
        compiled: Digest of what the pipeline was compiled from.
        status: How the nodes ended, as KFP tells the last task; JSON.
        go: File for Begin's answer: yes, or no where there is nothing to do.
        page: File for what the KFP pages show.
        executor_input: KFP's description of inputs and outputs, JSON; says where metrics go.
    """

    task: str
    environment: str
    node: str
    run: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    force: bool = False
    if_new: bool = False
    schedule: str = ""
    scheduled_time: str = ""
    timezone: str = "UTC"
    compiled: str = ""
    status: str = ""
    go: Path | None = None
    page: Path | None = None
    executor_input: str = ""
