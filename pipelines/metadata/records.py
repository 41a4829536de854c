"""What ML Metadata knows, as plain values: runs, executions of nodes, artifacts and who read and wrote them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

__all__ = ["ACTIVE", "Artifact", "Event", "Node", "RunContext", "moment"]

ACTIVE = ("new", "running")
"""States of an execution that somebody may be working on."""


@dataclass(frozen=True)
class Artifact:
    """An artifact as ML Metadata knows it.

    Attributes:
        id: Its number in the database.
        type: Name of its type, such as Examples or Model.
        uri: Folder or file.
        properties: Properties and custom properties, by name.
        created: When.
    """

    id: int
    type: str
    uri: str
    properties: Mapping[str, Any]
    created: datetime

    def number(self, name: str) -> int | None:
        """Returns a property as a whole number, however it was written; None where there is none."""
        try:
            return int(self.properties[name])
        except (KeyError, TypeError, ValueError):
            return None


@dataclass(frozen=True)
class Event:
    """An artifact that an execution read or wrote, under the name that the node gives it."""

    execution: int
    artifact: int
    output: bool
    key: str
    internal: bool = False


@dataclass(frozen=True)
class Node:
    """One execution of a node in a run.

    Attributes:
        execution: Number of the execution.
        id: Node id.
        state: new, running, complete, cached, failed or canceled.
        started: When it was registered.
        ended: When it was last written to.
        inputs: What it read, by the node's name for it; filled by `Store.with_artifacts`.
        outputs: What it wrote, or what was reused where it is cached.
        hands_on: Whether the outputs are earlier artifacts that it found, as resolvers do, and not its own.
    """

    execution: int
    id: str
    state: str
    started: datetime
    ended: datetime
    inputs: Mapping[str, Sequence[Artifact]] = field(default_factory=dict)
    outputs: Mapping[str, Sequence[Artifact]] = field(default_factory=dict)
    hands_on: bool = False

    @property
    def seconds(self) -> float:
        """How long it took."""
        return max(0.0, (self.ended - self.started).total_seconds())

    def outputs_of(self, kind: str) -> list[Artifact]:
        """Returns the outputs of one artifact type."""
        return [artifact for artifacts in self.outputs.values() for artifact in artifacts if artifact.type == kind]


@dataclass(frozen=True)
class RunContext:
    """A run as ML Metadata knows it: its id, when it began and the facts written on it."""

    context: int
    id: str
    created: datetime
    facts: Mapping[str, str]


def moment(milliseconds: int) -> datetime:
    """Returns a time of ML Metadata."""
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC)
