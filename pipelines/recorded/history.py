"""What ML Metadata and the artifacts tell about earlier runs; without TFX."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline_configs.environment import Environment
from pipeline_configs.errors import ConfigError, Problem, closest
from pipeline_configs.metadata import MySql, Sqlite
from pipelines.config import load_task_name
from pipelines.lock import holder, lock_folder
from pipelines.metadata.records import ACTIVE, Node, RunContext
from pipelines.metadata.store import Store
from pipelines.recorded.summary import Summary

__all__ = ["RunRecord", "find_run", "nodes_as_dicts", "nodes_of", "open_store", "runs", "state_of"]

_RUNNING, _INTERRUPTED = "running", "interrupted"


@dataclass(frozen=True)
class RunRecord:
    """A run in the history.

    Attributes:
        id: Run id.
        started: When it began.
        ended: When it ended, or was last heard of.
        verdict: blessed, not blessed, data problem, failed, interrupted, running, or stopped at --to.
        facts: What the run wrote about itself.
        summary: What it came to; empty where it did not end.
        states: State of each execution; "interrupted" for those that a killed run left.
        context: The run in the database.
    """

    id: str
    started: datetime
    ended: datetime
    verdict: str
    facts: Mapping[str, str]
    summary: Summary
    states: Sequence[str]
    context: RunContext = field(repr=False)

    @property
    def seconds(self) -> float:
        """How long it took."""
        return max(0.0, (self.ended - self.started).total_seconds())

    @property
    def span(self) -> str:
        """Span of the data."""
        return self.facts.get("span", "") or self.summary.span

    @property
    def cached(self) -> int:
        """Number of nodes answered from the cache."""
        return self.states.count("cached")

    def as_dict(self) -> dict[str, Any]:
        """Returns the run for JSON."""
        facts = {key: value for key, value in self.facts.items() if key not in ("summary", "span", "verdict")}
        return {
            "id": self.id,
            "started": self.started.isoformat(),
            "ended": self.ended.isoformat(),
            "seconds": round(self.seconds, 1),
            "verdict": self.verdict,
            "span": self.span,
            "nodes": len(self.states),
            "cached": self.cached,
            "facts": facts,
            "summary": asdict(self.summary),
        }


def open_store(environment: Environment, task: str) -> Store:
    """Opens the database of an environment for reading.

    Raises:
        ConfigError: There is none, or there is no such task.
    """
    metadata = environment.metadata
    if isinstance(metadata, Sqlite) and not Path(metadata.path).exists():
        load_task_name(task)
        raise ConfigError(
            Problem(
                f"nothing has run in environment '{environment.name}' yet",
                found=f"no metadata database at {metadata.path}",
                fix=f"galen run {task}, or --env for another environment",
            )
        )
    if isinstance(metadata, MySql):
        environment = environment.model_copy(update={"metadata": metadata.for_reading()})
    return Store(environment)


def runs(store: Store, environment: Environment, task: str, limit: int = 0) -> list[RunRecord]:
    """Returns the runs of a task, the newest first.

    Args:
        store: The metadata.
        environment: Where they ran.
        task: Name of the task.
        limit: Most runs to return; 0 for all.

    Raises:
        ConfigError: There is none.
    """
    found = _contexts(store, environment, task)
    running = _running(environment, task)
    return [_record(store, context, task, running) for context in found[: limit or None]]


def find_run(store: Store, environment: Environment, task: str, wanted: str = "") -> RunRecord:
    """Returns the latest run, or the one whose id begins with what is wanted.

    Raises:
        ConfigError: There is no such run, or several begin so.
    """
    found = _contexts(store, environment, task)
    matches = [c for c in found if c.id == wanted] or [c for c in found if c.id.startswith(wanted)]
    if not matches:
        fix = closest(wanted, [context.id for context in found]) or f"see galen runs {task}"
        raise ConfigError(Problem(f"there is no run '{wanted}' of {task}", fix=fix))
    if wanted and len(matches) > 1:
        ids = ", ".join(context.id for context in matches[:5])
        raise ConfigError(
            Problem(f"several runs of {task} begin with '{wanted}'", found=ids, fix="give more of the id")
        )
    return _record(store, matches[0], task, _running(environment, task))


def nodes_of(store: Store, record: RunRecord, task: str) -> list[Node]:
    """Returns the nodes of a run with their artifacts."""
    return store.with_artifacts(store.nodes(record.context, task))


def state_of(record: RunRecord, node: Node) -> str:
    """Returns complete, cached, failed, running or interrupted."""
    if node.state in ("complete", "cached", "failed"):
        return node.state
    return _RUNNING if record.verdict == _RUNNING and node.state in ACTIVE else _INTERRUPTED


def nodes_as_dicts(record: RunRecord, nodes: Sequence[Node]) -> list[dict[str, Any]]:
    """Returns nodes for JSON."""
    return [
        {
            "id": node.id,
            "state": state_of(record, node),
            "seconds": round(node.seconds, 3),
            "started": node.started.isoformat(),
            "outputs": {key: [artifact.uri for artifact in found] for key, found in node.outputs.items()},
        }
        for node in nodes
    ]


def _contexts(store: Store, environment: Environment, task: str) -> list[RunContext]:
    found = store.runs(task)
    if not found:
        load_task_name(task)
        what = f"{task} has not run in environment '{environment.name}' yet"
        raise ConfigError(Problem(what, store.place, fix=f"galen run {task}"))
    return found


def _running(environment: Environment, task: str) -> str:
    now = holder(lock_folder(environment, task))
    return now.run if now else ""


def _record(store: Store, context: RunContext, task: str, running_id: str) -> RunRecord:
    facts = context.facts
    # A run of a cluster holds no lock; its last task, or the next run, writes its verdict.
    running = context.id == running_id or bool(facts.get("kubeflow_run") and not facts.get("verdict"))
    states = [s if running or s not in (*ACTIVE, "canceled") else _INTERRUPTED for s in store.states(context)]
    verdict = facts.get("verdict") or (_RUNNING if running else _INTERRUPTED)
    started = datetime.fromisoformat(facts["started"]) if facts.get("started") else context.created
    if facts.get("ended"):
        ended = datetime.fromisoformat(facts["ended"])
    elif running:
        ended = datetime.now(started.tzinfo)
    else:
        ended = max((node.ended for node in store.nodes(context, task)), default=started)
    return RunRecord(
        context.id, started, ended, verdict, facts, Summary.from_json(facts.get("summary", "{}")), states, context
    )
