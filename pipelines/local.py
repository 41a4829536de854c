"""Runs a pipeline's nodes one by one in this process, with TFX's portable launcher, and tells an observer.

What TFX's LocalDagRunner does, and beyond it: earlier results for `--from` come from the last run that has them, not
from the last run whatever became of it; a node that TFX skips without a word, because an input resolved to nothing, or
fails without an exception, stops the run; executions that a killed run left behind are closed.
"""

import logging
import os
import shutil
import sys
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from pipeline_configs.errors import ConfigError, Problem, RunFailed
from pipelines.metadata import ACTIVE, Node, RunContext, Store
from pipelines.nodes import NEVER_CACHED, refuse_unknown_nodes

if TYPE_CHECKING:
    from tfx.orchestration.pipeline import Pipeline

__all__ = ["NodeResult", "Observer", "Outcome", "Selection", "check_folder", "close_leftovers", "run_nodes"]

_LOG = logging.getLogger("galen.local")

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


@dataclass(frozen=True)
class Selection:
    """Which nodes to run.

    Attributes:
        from_nodes: Where to begin; results of the nodes before are those of an earlier run. Empty for the beginning.
        to_nodes: Where to stop; empty for the end.
        force: Whether nodes run although a cached result fits.
    """

    from_nodes: tuple[str, ...] = ()
    to_nodes: tuple[str, ...] = ()
    force: bool = False

    @property
    def partial(self) -> bool:
        """Whether some nodes are left out."""
        return bool(self.from_nodes or self.to_nodes)


def run_nodes(
    pipeline: "Pipeline",
    store: Store,
    run: RunContext,
    observer: Observer,
    selection: Selection = Selection(),
) -> list[NodeResult]:
    """Runs a pipeline.

    Args:
        pipeline: What to run.
        store: Its metadata.
        run: The run, as `Store.begin_run` made it.
        observer: Who is told.
        selection: Which nodes.

    Returns:
        How each node ended, in order.

    Raises:
        ConfigError: A selected node does not exist, or there is no earlier run to go on from.
        RunFailed: A node could not run because an input is missing.
        Exception: Whatever a node raises.
    """
    from tfx.dsl.compiler import constants
    from tfx.dsl.compiler.compiler import Compiler
    from tfx.orchestration.local import runner_utils
    from tfx.orchestration.portable import partial_run_utils, runtime_parameter_utils

    ir = Compiler().compile(pipeline)
    runtime_parameter_utils.substitute_runtime_parameter(ir, {constants.PIPELINE_RUN_ID_PARAMETER_NAME: run.id})
    names = [node.pipeline_node.node_info.id for node in ir.nodes]
    refuse_unknown_nodes(names, selection.from_nodes, selection.to_nodes)
    base = ""
    if selection.partial:
        partial_run_utils.mark_pipeline(
            ir, from_nodes=selection.from_nodes or None, to_nodes=selection.to_nodes or None
        )
        base = _base_run(ir, store, run, selection)
    deployment = runner_utils.extract_local_deployment_config(ir)
    to_run = [n.pipeline_node.node_info.id for n in ir.nodes if not n.pipeline_node.execution_options.HasField("skip")]
    observer.planned(to_run, base)
    # Executors take what stands on the command line for flags of Beam and absl.
    command_line, sys.argv = sys.argv, sys.argv[:1]
    try:
        return [
            _run_node(node.pipeline_node, ir, deployment, store, base, run, observer, selection) for node in ir.nodes
        ]
    finally:
        sys.argv = command_line


def _run_node(
    node: Any,
    ir: Any,
    deployment: Any,
    store: Store,
    base: str,
    run: RunContext,
    observer: Observer,
    selection: Selection,
) -> NodeResult:
    from tfx.orchestration import metadata
    from tfx.orchestration.local import runner_utils
    from tfx.orchestration.portable import launcher, partial_run_utils

    name: str = node.node_info.id
    if node.execution_options.HasField("skip"):
        reused = partial_run_utils.should_attempt_to_reuse_artifact(node.execution_options) and bool(base)
        result = NodeResult(name, "reused" if reused else "skipped", 0.0)
        observer.node_ended(result)
        return result
    if selection.force or name in NEVER_CACHED:
        node.execution_options.caching_options.enable_cache = False
    connection = getattr(
        deployment.metadata_connection_config, deployment.metadata_connection_config.WhichOneof("connection_config")
    )
    observer.node_started(name)
    start = time.monotonic()
    try:
        if node.execution_options.run.perform_snapshot and base:
            with metadata.Metadata(connection) as handle:
                partial_run_utils.snapshot(handle, ir, base_run_id=base)
        info = launcher.Launcher(
            pipeline_node=node,
            mlmd_connection=metadata.Metadata(connection),
            pipeline_info=ir.pipeline_info,
            pipeline_runtime_spec=ir.runtime_spec,
            executor_spec=runner_utils.extract_executor_spec(deployment, name),
            custom_driver_spec=runner_utils.extract_custom_driver_spec(deployment, name),
        ).launch()
        record = _record(store, info.execution_id if info else None, node)
    except BaseException:
        observer.node_failed(name, time.monotonic() - start)
        raise
    outcome: Outcome = "skipped" if record is None else "cached" if record.state == "cached" else "done"
    result = NodeResult(name, outcome, time.monotonic() - start, record)
    _LOG.info("%s %s in %.1f s (run %s)", name, outcome, result.seconds, run.id)
    observer.node_ended(result)
    return result


def _record(store: Store, execution: int | None, node: Any) -> Node | None:
    """What the database says about the node that was just launched; TFX reports some failures only there."""
    name: str = node.node_info.id
    if not execution:
        if node.inputs.conditionals:
            return None
        required = [key for key, spec in node.inputs.inputs.items() if spec.min_count > 0]
        raise RunFailed(
            Problem(
                "the node could not run because an input is missing",
                name,
                expected=f"something for each of: {', '.join(required)}",
                fix="run without --from, so that the nodes before it run too",
            )
        )
    record = store.node(execution, name)
    if record.state not in ("complete", "cached"):
        raise RunFailed(Problem("the node's inputs could not be resolved", name, found=f"state {record.state}"))
    return record


def _base_run(ir: Any, store: Store, run: RunContext, selection: Selection) -> str:
    """Returns the last run that has results of every node that must be reused; "" where none must."""
    nodes = [node.pipeline_node for node in ir.nodes]
    if not any(not node.execution_options.HasField("skip") for node in nodes):
        raise ConfigError(
            Problem(
                "no node lies between --from and --to",
                found=f"--from {', '.join(selection.from_nodes)} --to {', '.join(selection.to_nodes)}",
            )
        )
    required = {
        node.node_info.id
        for node in nodes
        if node.execution_options.HasField("skip")
        and node.execution_options.skip.reuse_artifacts_mode == node.execution_options.skip.REQUIRED
    }
    if not required:
        return ""
    pipeline = ir.pipeline_info.id
    for earlier in store.runs(pipeline):
        if earlier.id != run.id:
            finished = {n.id for n in store.nodes(earlier, pipeline) if n.state in ("complete", "cached")}
            if required <= finished:
                return earlier.id
    raise ConfigError(
        Problem(
            "there is no earlier run whose results could be used",
            f"--from {', '.join(selection.from_nodes)}",
            expected=f"a run in which these ended well: {', '.join(n for n in _ids(nodes) if n in required)}",
            fix="run without --from",
        )
    )


def _ids(nodes: Collection[Any]) -> list[str]:
    return [node.node_info.id for node in nodes]


def check_folder(folder: Path, pipeline: str, store: Store) -> None:
    """Refuses a folder with artifacts of which the database knows nothing.

    Executions are numbered by the database and the numbers are folders: with a new database the nodes of a new run
    would write into the folders of old ones, and find their files among their own.

    Raises:
        ConfigError: There are such artifacts.
    """
    if store.runs(pipeline) or not folder.is_dir():
        return
    found = sorted(entry.name for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    if found:
        raise ConfigError(
            Problem(
                "the folder holds artifacts that the metadata database does not know",
                str(folder),
                expected=f"the database that goes with it, at {store.file}",
                found=f"{len(found)} folders, such as {found[0]}, and no run of {pipeline} in the database",
                fix="put the database back, or move the folder away",
            )
        )


def close_leftovers(store: Store, pipeline: str, current: RunContext) -> int:
    """Marks executions that a killed run left behind as canceled and removes their half-written outputs.

    Only for the holder of the task's lock: then nobody can be working on them.

    Args:
        store: The metadata.
        pipeline: Name of the pipeline.
        current: The run that is about to begin.

    Returns:
        How many there were.
    """
    closed = 0
    for earlier in store.runs(pipeline):
        if earlier.context == current.context or not set(store.states(earlier)) & set(ACTIVE):
            continue
        root, nodes = Path(earlier.facts.get("artifacts", "")), store.nodes(earlier, pipeline)
        if not earlier.facts.get("verdict"):
            last = max(node.ended for node in nodes).isoformat(timespec="milliseconds")
            store.add_facts(earlier, {"verdict": "interrupted", "ended": last, "message": "the process was killed"})
        for node in nodes:
            if node.state not in ACTIVE:
                continue
            store.cancel(node)
            closed += 1
            if node.id and earlier.facts.get("artifacts"):
                for folder in (root / node.id).glob(f"*/{node.execution}"):
                    shutil.rmtree(folder, ignore_errors=True)
                system = root / node.id / ".system" / "executor_execution"
                shutil.rmtree(system / str(node.execution), ignore_errors=True)
    if closed:
        _LOG.info("closed %d executions of killed runs (process %d)", closed, os.getpid())
    return closed
