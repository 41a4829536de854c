"""Reads and writes ML Metadata without TFX: what runs, nodes and artifacts there are.

Importing `ml_metadata` takes a fifth of a second, TFX ten; the history needs only the first.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from pipeline_configs.environment import Environment
from pipeline_configs.errors import Problem, RunFailed

__all__ = ["ACTIVE", "Artifact", "Event", "Node", "RunContext", "Store", "moment"]

# Names and numbers that TFX and ML Metadata give (ml_metadata/proto/metadata_store.proto).
_PIPELINE, _RUN, _NODE = "pipeline", "pipeline_run", "node"
_STATES = {0: "unknown", 1: "new", 2: "running", 3: "complete", 4: "failed", 5: "cached", 6: "canceled"}
_INPUT_EVENTS, _OUTPUT_EVENTS = {2, 3, 5}, {1, 4, 6}
_INTERNAL_EVENTS = {5, 6}
ACTIVE = ("new", "running")


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


class Store:
    """A database of ML Metadata.

    Args:
        environment: Where it is.
        write: Whether it may be written to and made where there is none.

    Raises:
        RunFailed: It cannot be opened.
    """

    def __init__(self, environment: Environment, *, write: bool = False) -> None:
        from ml_metadata import errors
        from ml_metadata.metadata_store import metadata_store
        from ml_metadata.proto import metadata_store_pb2 as pb

        self._pb, self._errors = pb, errors
        self.file = Path(environment.metadata.path)
        config = pb.ConnectionConfig()
        config.sqlite.filename_uri = str(self.file)
        config.sqlite.connection_mode = (
            pb.SqliteMetadataSourceConfig.READWRITE_OPENCREATE if write else pb.SqliteMetadataSourceConfig.READONLY
        )
        try:
            if write:
                self.file.parent.mkdir(parents=True, exist_ok=True)
            self._store = metadata_store.MetadataStore(config)
        except OSError as error:
            raise self._cannot("opened", error.strerror or "") from None
        except (errors.StatusError, RuntimeError) as error:
            raise self._cannot("opened", str(error).splitlines()[0]) from None

    def _cannot(self, what: str, found: str) -> RunFailed:
        for words in ("disk is full", "readonly database", "not a database"):  # the rest is SQL
            found = words if words in found else found
        fix = "check the file's permissions and the disk, or set metadata.path in the environment's file"
        return RunFailed(Problem(f"the metadata database cannot be {what}", str(self.file), found=found, fix=fix))

    # Runs

    def runs(self, pipeline: str) -> list[RunContext]:
        """Returns the runs of a pipeline, the newest first."""
        parent = self._store.get_context_by_type_and_name(_PIPELINE, pipeline)
        if parent is None:
            return []
        children = self._store.get_children_contexts_by_context(parent.id)
        runs = [self._run(context) for context in children if context.type == _RUN]
        return sorted(runs, key=lambda run: (run.created, run.context), reverse=True)

    def begin_run(self, pipeline: str, run: str, facts: Mapping[str, str]) -> RunContext:
        """Adds a run, as TFX would, with its facts; TFX then finds it and goes on with it.

        Args:
            pipeline: Name of the pipeline.
            run: Id wanted; where another run has it, "-2" and so on is added.
            facts: First facts.

        Raises:
            RunFailed: The database cannot be written to.
        """
        try:
            parent = self._context(_PIPELINE, pipeline)
            run_type = self._type(_RUN)
            for attempt in range(1, 1000):
                context = self._pb.Context(type_id=run_type, name=run if attempt == 1 else f"{run}-{attempt}")
                for name, value in facts.items():
                    context.custom_properties[name].string_value = value
                try:
                    [context.id] = self._store.put_contexts([context])
                except self._errors.AlreadyExistsError:
                    continue
                self._store.put_parent_contexts([self._pb.ParentContext(parent_id=parent, child_id=context.id)])
                return RunContext(context.id, context.name, datetime.now(UTC), dict(facts))
        except self._errors.StatusError as error:
            raise self._cannot("written to", str(error).splitlines()[0]) from None
        raise RunFailed(Problem("no free run id", str(self.file)))

    def add_facts(self, run: RunContext, facts: Mapping[str, str]) -> None:
        """Writes facts on a run, beside those it has.

        Raises:
            RunFailed: The database cannot be written to.
        """
        try:
            [context] = self._store.get_contexts_by_id([run.context])
            for name, value in facts.items():
                context.custom_properties[name].string_value = value
            self._store.put_contexts([context])
        except self._errors.StatusError as error:
            raise self._cannot("written to", str(error).splitlines()[0]) from None

    def _type(self, name: str) -> int:
        return int(
            self._store.put_context_type(self._pb.ContextType(name=name), can_add_fields=True, can_omit_fields=True)
        )

    def _context(self, type_name: str, name: str) -> int:
        found = self._store.get_context_by_type_and_name(type_name, name)
        if found is not None:
            return int(found.id)
        try:
            [number] = self._store.put_contexts([self._pb.Context(type_id=self._type(type_name), name=name)])
            return int(number)
        except self._errors.AlreadyExistsError:
            return int(self._store.get_context_by_type_and_name(type_name, name).id)

    def _run(self, context: Any) -> RunContext:
        facts = {name: _value(value) for name, value in context.custom_properties.items()}
        return RunContext(context.id, context.name, moment(context.create_time_since_epoch), facts)

    # Nodes

    def states(self, run: RunContext) -> list[str]:
        """Returns the state of each execution of a run; cheaper than `nodes`."""
        return [_STATES[e.last_known_state] for e in self._store.get_executions_by_context(run.context)]

    def nodes(self, run: RunContext, pipeline: str) -> list[Node]:
        """Returns the executions of a run in the order in which they began, without their artifacts."""
        nodes = []
        for execution in self._store.get_executions_by_context(run.context):
            names = [c.name for c in self._store.get_contexts_by_execution(execution.id) if c.type == _NODE]
            nodes.append(
                Node(
                    execution=execution.id,
                    id=next(iter(names), "").removeprefix(f"{pipeline}."),
                    state=_STATES[execution.last_known_state],
                    started=moment(execution.create_time_since_epoch),
                    ended=moment(execution.last_update_time_since_epoch),
                )
            )
        return sorted(nodes, key=lambda node: node.execution)

    def node(self, execution: int, node: str) -> Node:
        """Returns one execution with its artifacts."""
        [found] = self._store.get_executions_by_id([execution])
        started, ended = moment(found.create_time_since_epoch), moment(found.last_update_time_since_epoch)
        return self.with_artifacts([Node(execution, node, _STATES[found.last_known_state], started, ended)])[0]

    def with_artifacts(self, nodes: Sequence[Node]) -> list[Node]:
        """Returns the same nodes with what they read and wrote."""
        events = self.events_of_executions([node.execution for node in nodes])
        artifacts = self.artifacts({event.artifact for event in events})
        filled = []
        for node in nodes:
            sides: tuple[dict[str, list[Artifact]], dict[str, list[Artifact]]] = ({}, {})
            own = [event for event in events if event.execution == node.execution]
            for event in own:
                sides[event.output].setdefault(event.key, []).append(artifacts[event.artifact])
            hands_on = any(event.internal and event.output for event in own)
            filled.append(replace(node, inputs=sides[False], outputs=sides[True], hands_on=hands_on))
        return filled

    def cancel(self, node: Node) -> None:
        """Marks an execution that nobody works on any more."""
        [execution] = self._store.get_executions_by_id([node.execution])
        execution.last_known_state = self._pb.Execution.CANCELED
        self._store.put_executions([execution])

    # Artifacts

    def events_of_executions(self, executions: Iterable[int]) -> list[Event]:
        """Returns what executions read and wrote."""
        wanted = list(executions)
        return self._events(self._store.get_events_by_execution_ids(wanted)) if wanted else []

    def events_of_artifact(self, artifact: int) -> list[Event]:
        """Returns who wrote and read an artifact."""
        return self._events(self._store.get_events_by_artifact_ids([artifact]))

    def _events(self, events: Iterable[Any]) -> list[Event]:
        found = []
        for event in events:
            if event.type in _INPUT_EVENTS | _OUTPUT_EVENTS:
                keys = [step.key for step in event.path.steps if step.HasField("key")]
                output, internal = event.type in _OUTPUT_EVENTS, event.type in _INTERNAL_EVENTS
                found.append(Event(event.execution_id, event.artifact_id, output, "".join(keys[:1]), internal))
        return found

    def artifacts(self, numbers: Iterable[int]) -> dict[int, Artifact]:
        """Returns artifacts by their numbers."""
        wanted = sorted(set(numbers))
        found = self._store.get_artifacts_by_id(wanted) if wanted else []
        return {artifact.id: self._artifact(artifact) for artifact in found}

    def artifacts_of(self, pipeline: str, kind: str) -> list[Artifact]:
        """Returns all artifacts of a type that a pipeline ever wrote."""
        context = self._store.get_context_by_type_and_name(_PIPELINE, pipeline)
        found = self._store.get_artifacts_by_context(context.id) if context else []
        return [artifact for artifact in map(self._artifact, found) if artifact.type == kind]

    def _artifact(self, artifact: Any) -> Artifact:
        properties = {
            name: _value(value)
            for values in (artifact.properties, artifact.custom_properties)
            for name, value in values.items()
        }
        kind = artifact.type or self._artifact_types.get(artifact.type_id, "")
        return Artifact(artifact.id, kind, artifact.uri, properties, moment(artifact.create_time_since_epoch))

    @cached_property
    def _artifact_types(self) -> dict[int, str]:
        return {kind.id: kind.name for kind in self._store.get_artifact_types()}

    def origin(self, artifact: int) -> tuple[Node, RunContext] | None:
        """Returns the execution that made an artifact, with its run; not one that reused it."""
        writers = sorted({event.execution for event in self.events_of_artifact(artifact) if event.output})
        for execution in self._store.get_executions_by_id(writers) if writers else []:
            contexts = self._store.get_contexts_by_execution(execution.id)
            run = next((c for c in contexts if c.type == _RUN), None)
            pipeline = next((c.name for c in contexts if c.type == _PIPELINE), "")
            node = next((c.name for c in contexts if c.type == _NODE), "")
            if _STATES[execution.last_known_state] == "complete" and run:
                made = self.node(execution.id, node.removeprefix(f"{pipeline}."))
                if not made.hands_on:
                    return made, self._run(run)
        return None


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    return getattr(value, kind) if kind else ""
