"""Launches one node of a plan, with its driver, executor and publisher, as TFX's portable launcher does it.

Beyond it: a node that TFX skips without a word, because an input resolved to nothing, or fails without an exception,
is a failure.
"""

import logging
import sys
import time
from typing import Any

from pipeline_configs.environment import Environment
from pipeline_configs.errors import Problem, RunFailed
from pipelines.launching.observer import NodeResult, Outcome
from pipelines.launching.plan import Plan
from pipelines.metadata.records import Node
from pipelines.metadata.store import Store

__all__ = ["launch"]

_LOG = logging.getLogger("galen.launching")


def launch(plan: Plan, name: str, store: Store, environment: Environment) -> NodeResult:
    """Runs a node in this process.

    Args:
        plan: The run's plan.
        name: Id of a node whose upstream nodes have ended.
        store: The metadata.
        environment: Where artifacts are.

    Returns:
        How it ended; at once where the plan leaves it out.

    Raises:
        RunFailed: It could not run because an input is missing.
        Exception: Whatever the node raises.
    """
    from tfx.orchestration.local import runner_utils
    from tfx.orchestration.portable import launcher

    from pipelines.launching.tfx_metadata import TfxMetadata

    node = plan.node(name)
    if node.execution_options.HasField("skip"):
        return NodeResult(name, "reused" if plan.reused(name) else "skipped", 0.0)
    deployment = plan.deployment
    # Executors take what stands on the command line for flags of Beam and absl.
    command_line, sys.argv = sys.argv, sys.argv[:1]
    start = time.monotonic()
    try:
        info = launcher.Launcher(
            pipeline_node=node,
            mlmd_connection=TfxMetadata(store),
            pipeline_info=plan.pipeline.pipeline_info,
            pipeline_runtime_spec=plan.pipeline.runtime_spec,
            executor_spec=runner_utils.extract_executor_spec(deployment, name),
            custom_driver_spec=runner_utils.extract_custom_driver_spec(deployment, name),
            custom_executor_operators=_operators(environment),
        ).launch()
        record = _record(store, info.execution_id if info else None, node)
    finally:
        sys.argv = command_line
    outcome: Outcome = "skipped" if record is None else "cached" if record.state == "cached" else "done"
    result = NodeResult(name, outcome, time.monotonic() - start, record)
    _LOG.info("%s %s in %.1f s", name, outcome, result.seconds)
    return result


def _operators(environment: Environment) -> dict[Any, Any]:
    """Who runs executors: TFX's own operators, but where they work on copies."""
    if not environment.staged:
        return {}
    from pipelines.launching.object_storage import OPERATORS

    return OPERATORS


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
