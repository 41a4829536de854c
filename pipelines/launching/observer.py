"""How a node ended, and who wants to know."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from pipelines.metadata.records import Node

__all__ = ["NodeResult", "Observer", "Outcome"]

Outcome = Literal["done", "cached", "reused", "skipped"]


@dataclass(frozen=True)
class NodeResult:
    """How a node ended.

    Attributes:
        id: Node id.
        outcome: done; cached, where TFX found a result of the same inputs; reused, where `--from` took the last run's;
            skipped, where `--to` left it out.
        seconds: How long it took, from the launch to the last entry in the database.
        record: What it read and wrote; None where it was skipped.
    """

    id: str
    outcome: Outcome
    seconds: float
    record: Node | None = None


class Observer(Protocol):
    """Who wants to know how the run goes. Called in the thread that runs the nodes."""

    def planned(self, nodes: Sequence[str], base: str) -> None:
        """All nodes that are about to run, in order, and the earlier run whose results are reused, or ""."""

    def node_started(self, node: str) -> None:
        """A node begins."""

    def node_ended(self, result: NodeResult) -> None:
        """A node ended well or did not have to run."""

    def node_failed(self, node: str, seconds: float) -> None:
        """A node failed, or was interrupted; the exception follows."""
