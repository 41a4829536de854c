"""What a further worker of the Trainer does: it trains beside the chief, and writes and publishes nothing.

The chief (trainers.workers) is the node itself: it registers the execution, writes the model and publishes it. Each
other worker waits until the chief has registered, reads the same inputs from the same plan and metadata, runs the
same run_fn into a folder that goes with it, and leaves no trace in the metadata.
"""

import logging
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline_configs.environment import Environment
from pipeline_configs.errors import ConfigError, Problem, RunFailed
from pipelines.cluster.order import NodeOrder
from pipelines.cluster.plan_file import plan_path, read_plan
from pipelines.cluster.run_node import import_for
from pipelines.exit_codes import ExitCode
from pipelines.launching.plan import Plan
from pipelines.metadata.store import Store
from trainers.workers import PATIENCE, Workers, patience, workers_of

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["TRAINER", "helps", "train_beside"]

TRAINER = "Trainer"
_POLL = 2.0
_LOG = logging.getLogger("galen.cluster")


def helps(order: NodeOrder) -> bool:
    """Whether this process is a worker of the Trainer other than the chief.

    Raises:
        ConfigError: TF_CONFIG is broken.
    """
    return order.node == TRAINER and not workers_of(os.environ).chief


def train_beside(order: NodeOrder, console: "Console") -> ExitCode:
    """Trains as one of several workers; returns at once where the chief took the model from the cache.

    Raises:
        ConfigError: The plan has no Trainer.
        RunFailed: The chief did not come in time, or was lost.
        Exception: Whatever run_fn raises.
    """
    from pipelines.config import load_environment
    from pipelines.scratch import scratch

    workers, seconds = workers_of(os.environ), patience(os.environ)
    environment = load_environment(order.environment)
    # It writes nothing, but an SQLite file can only be opened to read where its journal may be made.
    store = Store(environment, write=True)
    console.print(f"{workers} of the {TRAINER}: waits for the chief, {workers.addresses[0]}")
    plan = _plan_when_the_chief_works(order, environment, store, workers, seconds)
    if plan is None:
        console.print(f"nothing to do: the {TRAINER} has ended well already, or its result is in the cache")
        return ExitCode.OK
    started = time.monotonic()
    with scratch():
        _run(plan, environment, store)
    console.print(f"{workers} has trained in {time.monotonic() - started:.0f} s; the chief writes the model")
    return ExitCode.OK


def _plan_when_the_chief_works(
    order: NodeOrder, environment: Environment, store: Store, workers: Workers, seconds: int
) -> Plan | None:
    """Waits for the chief to register its execution; None where there is nothing left to train."""
    deadline, plan = time.monotonic() + seconds, None
    while time.monotonic() < deadline:
        run = store.run(order.run)
        if run is not None:
            plan = plan or read_plan(plan_path(environment, order.task, order.run))
            if TRAINER not in plan.nodes:
                raise ConfigError(Problem(f"the plan has no {TRAINER}", order.run, f"one of: {', '.join(plan.nodes)}"))
            nodes = store.nodes(run, plan.pipeline.pipeline_info.id)
            states = [node.state for node in nodes if node.id == TRAINER]
            if "running" in states:
                return plan
            if plan.node(TRAINER).execution_options.HasField("skip") or {"complete", "cached"} & set(states):
                return None
        time.sleep(_POLL)
    raise RunFailed(
        Problem(
            f"the chief has not begun to train within {seconds} s",
            f"{TRAINER}, {workers}",
            f"the {TRAINER} of run {order.run}, at work",
            "no such run" if store.run(order.run) is None else "a run whose Trainer has not begun",
            f"look at the log of the chief, {workers.addresses[0]}; check --run; {PATIENCE} sets the time",
        )
    )


def _run(plan: Plan, environment: Environment, store: Store) -> None:
    """Calls the Trainer's executor with the inputs that the launcher would give it, and outputs in a scratch folder."""
    executor = import_for(plan, TRAINER, environment)
    import importlib

    from tfx.orchestration import data_types_utils
    from tfx.orchestration.portable import inputs_utils
    from tfx.types import standard_artifacts
    from tfx.utils import path_utils

    from pipelines.launching.tfx_metadata import TfxMetadata

    node = plan.node(TRAINER)
    with TfxMetadata(store) as handle:
        resolved = inputs_utils.resolve_input_artifacts(pipeline_node=node, metadata_handle=handle)
    if not resolved:
        what, expected = "the node could not run because an input is missing", "what the nodes before it wrote"
        raise RunFailed(Problem(what, TRAINER, expected, "nothing"))
    parameters = inputs_utils.resolve_parameters_with_schema(node_parameters=node.parameters)
    properties: dict[str, Any] = data_types_utils.build_parsed_value_dict(parameters)
    module, _, name = executor.rpartition(".")
    with tempfile.TemporaryDirectory(prefix="galen_worker_", ignore_cleanup_errors=True) as folder:
        inputs = dict(resolved[0])
        if environment.staged:
            from pipelines.launching.object_storage import fetch

            fetch(inputs, Path(folder))
        model, model_run = standard_artifacts.Model(), standard_artifacts.ModelRun()
        model.uri, model_run.uri = f"{folder}/model", f"{folder}/model_run"
        # The executor wants a model afterwards, which is the chief's to write.
        Path(path_utils.serving_model_dir(model.uri)).mkdir(parents=True)
        make = getattr(importlib.import_module(module), name)
        make().Do(inputs, {"model": [model], "model_run": [model_run]}, properties)
