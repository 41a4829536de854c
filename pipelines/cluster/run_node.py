"""Runs one node of a planned run in this process: what a container does."""

import json
import logging
from dataclasses import asdict

from pipeline_configs.environment import Environment
from pipeline_configs.errors import ConfigError, DataProblem, Problem, RunFailed
from pipeline_configs.paths import is_remote
from pipelines.cluster.order import NodeOrder
from pipelines.cluster.plan_file import plan_path, read_plan
from pipelines.exit_codes import ExitCode
from pipelines.failure import Failure
from pipelines.launching.leftovers import reopen_node
from pipelines.launching.observer import NodeResult
from pipelines.launching.plan import Plan
from pipelines.metadata.records import RunContext
from pipelines.metadata.store import Store
from pipelines.nodes import NODES

__all__ = ["FINAL", "begun_run", "failures_of", "import_for", "note_failure", "note_success", "reopened", "run_node"]

_LOG = logging.getLogger("galen.cluster")
_FAILURE = "failure."
FINAL = (ExitCode.USAGE, ExitCode.NOT_BLESSED, ExitCode.DATA_PROBLEM)
"""What another attempt cannot mend; a storage that does not answer is none of it (components/storage/errors.py)."""


def run_node(order: NodeOrder, environment: Environment, store: Store) -> NodeResult:
    """Runs a node; called again after the process was killed, it begins anew, and after it ended well, does nothing.

    Raises:
        RunFailed: The run was not begun, or an input is missing.
        ConfigError: The plan has no such node.
        DataProblem: An earlier attempt was stopped by one.
        Exception: Whatever the node raises.
    """
    run = reopened(store, begun_run(store, order))
    _refuse_hopeless(run, order.node)
    plan = read_plan(plan_path(environment, order.task, order.run))
    import_for(plan, order.node, environment)
    from pipelines.launching.launch import launch

    reopen_node(store, run, plan.pipeline.pipeline_info.id, order.node)
    result = launch(plan, order.node, store, environment)
    note_success(store, run, order.node)
    return result


def import_for(plan: Plan, node: str, environment: Environment) -> str:
    """Imports what a node of a plan needs; returns the path of its executor.

    Raises:
        ConfigError: The plan has no such node.
    """
    from pipelines.launching.lean import import_node

    plan.node(node)
    executor, beam = plan.executor(node)
    remote = is_remote(environment.pipeline_root)
    import_node(executor, beam=beam, remote=remote, native=remote and not environment.staged)
    return executor


def begun_run(store: Store, order: NodeOrder) -> RunContext:
    """Returns the run that Begin entered.

    Raises:
        RunFailed: There is none.
    """
    run = store.run(order.run)
    if run is None:
        raise RunFailed(
            Problem(
                "the run is not in the metadata",
                store.place,
                expected=f"run {order.run} of {order.task}, which the task Begin enters",
                fix="let each container use the same metadata database",
            )
        )
    return run


def reopened(store: Store, run: RunContext) -> RunContext:
    """Takes back how a run ended, where KFP tries it again after its end: it is on once more, and anything may work."""
    if not run.facts.get("verdict"):
        return run
    _LOG.info("the run had ended (%s) and is tried again", run.facts["verdict"])
    failures = [key for key in run.facts if key.startswith(_FAILURE)]
    store.add_facts(run, dict.fromkeys(["verdict", "ended", "message", "told", *failures], ""))
    return store.run(run.id) or run


def note_failure(store: Store, run: RunContext, node: str, failure: Failure) -> None:
    """Writes down why a node failed, for its next attempt and for the end of the run."""
    problems = [asdict(problem) for problem in failure.problems]
    said = {"code": int(failure.code), "headline": failure.headline, "problems": problems, "defect": failure.defect}
    store.add_facts(run, {f"{_FAILURE}{node}": json.dumps(said)})


def note_success(store: Store, run: RunContext, node: str) -> None:
    """Takes back what an earlier attempt wrote down."""
    if run.facts.get(f"{_FAILURE}{node}"):
        store.add_facts(run, {f"{_FAILURE}{node}": ""})


def failures_of(run: RunContext) -> dict[str, Failure]:
    """Returns why nodes failed, by node, in the order in which they run."""
    found = {}
    for key, text in run.facts.items():
        if key.startswith(_FAILURE) and text:
            said = json.loads(text)
            problems = tuple(Problem(**problem) for problem in said["problems"])
            node = key.removeprefix(_FAILURE)
            found[node] = Failure(ExitCode(said["code"]), said["headline"], problems, said["defect"])
    return dict(sorted(found.items(), key=lambda item: NODES.index(item[0]) if item[0] in NODES else -1))


def _refuse_hopeless(run: RunContext, node: str) -> None:
    """Fails at once where an earlier attempt failed for a reason that stays: KFP tries each failed task again."""
    earlier = failures_of(run).get(node)
    if earlier and earlier.code in FINAL:
        _LOG.info("an earlier attempt failed for a reason that another one does not mend")
        raise (DataProblem if earlier.code is ExitCode.DATA_PROBLEM else ConfigError)(*earlier.problems)
