"""Reads and writes ML Metadata without TFX: what runs, nodes and artifacts there are.

Importing `ml_metadata` takes a fifth of a second, TFX ten; the history needs only the first.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from pipeline_configs.environment import Environment
from pipeline_configs.errors import Problem, RunFailed
from pipelines.metadata.records import Artifact, Event, Node, RunContext, moment

__all__ = ["Store"]

# Names and numbers that TFX and ML Metadata give (ml_metadata/proto/metadata_store.proto).
_PIPELINE, _RUN, _NODE = "pipeline", "pipeline_run", "node"
_STATES = {0: "unknown", 1: "new", 2: "running", 3: "complete", 4: "failed", 5: "cached", 6: "canceled"}
_INPUT_EVENTS, _OUTPUT_EVENTS = {2, 3, 5}, {1, 4, 6}
_INTERNAL_EVENTS = {5, 6}


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
        from ml_metadata.proto import metadata_store_pb2 as pb

        from pipelines.metadata.connection import Connection

        self._pb, self._errors = pb, errors
        self._declared = environment.metadata
        self.connection = Connection(environment.metadata, write=write)

    @property
    def place(self) -> str:
        """Where the database is, for people."""
        return self._declared.place

    def _cannot_write(self, error: Exception) -> RunFailed:
        from pipelines.metadata.connection import cannot, reason

        return cannot(self._declared, "written to", reason(self._declared, error))

    # Runs

    def runs(self, pipeline: str) -> list[RunContext]:
        """Returns the runs of a pipeline, the newest first."""
        parent = self.connection.get_context_by_type_and_name(_PIPELINE, pipeline)
        if parent is None:
            return []
        children = self.connection.get_children_contexts_by_context(parent.id)
        runs = [self._run(context) for context in children if context.type == _RUN]
        return sorted(runs, key=lambda run: (run.created, run.context), reverse=True)

    def run(self, run: str) -> RunContext | None:
        """Returns the run of this id, or None."""
        context = self.connection.get_context_by_type_and_name(_RUN, run)
        return self._run(context) if context else None

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
                    [context.id] = self.connection.put_contexts([context])
                except self._errors.AlreadyExistsError:
                    continue
                self.connection.put_parent_contexts([self._pb.ParentContext(parent_id=parent, child_id=context.id)])
                return RunContext(context.id, context.name, datetime.now(UTC), dict(facts))
        except self._errors.StatusError as error:
            raise self._cannot_write(error) from None
        raise RunFailed(Problem("no free run id", self.place))

    def add_facts(self, run: RunContext, facts: Mapping[str, str]) -> None:
        """Writes facts on a run, beside those it has; what others write at the same time stays.

        Raises:
            RunFailed: The database cannot be written to.
        """
        try:
            [known] = self.connection.get_contexts_by_id([run.context])
            context = self._pb.Context(id=known.id, type_id=known.type_id, name=known.name)
            for name, value in facts.items():
                context.custom_properties[name].string_value = value
            self.connection.put_contexts([context], field_mask_paths=[f"custom_properties.{name}" for name in facts])
        except self._errors.StatusError as error:
            raise self._cannot_write(error) from None

    def _type(self, name: str) -> int:
        return int(
            self.connection.put_context_type(self._pb.ContextType(name=name), can_add_fields=True, can_omit_fields=True)
        )

    def _context(self, type_name: str, name: str) -> int:
        found = self.connection.get_context_by_type_and_name(type_name, name)
        if found is not None:
            return int(found.id)
        try:
            [number] = self.connection.put_contexts([self._pb.Context(type_id=self._type(type_name), name=name)])
            return int(number)
        except self._errors.AlreadyExistsError:
            return int(self.connection.get_context_by_type_and_name(type_name, name).id)

    def _run(self, context: Any) -> RunContext:
        facts = {name: _value(value) for name, value in context.custom_properties.items()}
        return RunContext(context.id, context.name, moment(context.create_time_since_epoch), facts)

    # Nodes

    def states(self, run: RunContext) -> list[str]:
        """Returns the state of each execution of a run; cheaper than `nodes`."""
        return [_STATES[e.last_known_state] for e in self.connection.get_executions_by_context(run.context)]

    def nodes(self, run: RunContext, pipeline: str) -> list[Node]:
        """Returns the executions of a run in the order in which they began, without their artifacts."""
        nodes = []
        for execution in self.connection.get_executions_by_context(run.context):
            names = [c.name for c in self.connection.get_contexts_by_execution(execution.id) if c.type == _NODE]
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
        [found] = self.connection.get_executions_by_id([execution])
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
        self._set_state(node, self._pb.Execution.CANCELED)

    def set_running(self, node: Node) -> None:
        """Marks an execution that is worked on again."""
        self._set_state(node, self._pb.Execution.RUNNING)

    def _set_state(self, node: Node, state: Any) -> None:
        [execution] = self.connection.get_executions_by_id([node.execution])
        execution.last_known_state = state
        self.connection.put_executions([execution])

    # Artifacts

    def events_of_executions(self, executions: Iterable[int]) -> list[Event]:
        """Returns what executions read and wrote."""
        wanted = list(executions)
        return self._events(self.connection.get_events_by_execution_ids(wanted)) if wanted else []

    def events_of_artifact(self, artifact: int) -> list[Event]:
        """Returns who wrote and read an artifact."""
        return self._events(self.connection.get_events_by_artifact_ids([artifact]))

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
        found = self.connection.get_artifacts_by_id(wanted) if wanted else []
        return {artifact.id: self._artifact(artifact) for artifact in found}

    def artifacts_of(self, pipeline: str, kind: str) -> list[Artifact]:
        """Returns all artifacts of a type that a pipeline ever wrote."""
        context = self.connection.get_context_by_type_and_name(_PIPELINE, pipeline)
        found = self.connection.get_artifacts_by_context(context.id) if context else []
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
        return {kind.id: kind.name for kind in self.connection.get_artifact_types()}

    def origin(self, artifact: int) -> tuple[Node, RunContext] | None:
        """Returns the execution that made an artifact, with its run; not one that reused it."""
        writers = sorted({event.execution for event in self.events_of_artifact(artifact) if event.output})
        for execution in self.connection.get_executions_by_id(writers) if writers else []:
            contexts = self.connection.get_contexts_by_execution(execution.id)
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
