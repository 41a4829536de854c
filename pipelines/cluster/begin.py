"""The first task of a run in a cluster: checks configuration and data, refuses a second run, and plans the nodes."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipeline_configs.environment import Environment
from pipeline_configs.errors import ConfigError, DataProblem, Problem, RunFailed
from pipeline_configs.task import Task
from pipelines.cluster.compiled_from import compiled_from
from pipelines.cluster.due import Due, due
from pipelines.cluster.order import NodeOrder
from pipelines.cluster.plan_file import plan_path, write_plan
from pipelines.cluster.run_node import note_success, reopened
from pipelines.exit_codes import ExitCode
from pipelines.launching.leftovers import check_folder, close_leftovers, reach
from pipelines.launching.plan import Selection, plan_run
from pipelines.metadata.records import RunContext
from pipelines.metadata.store import Store
from pipelines.recorded.facts import first_facts, last_facts

__all__ = ["Begun", "begin"]

_LOG = logging.getLogger("galen.cluster")


@dataclass(frozen=True)
class Begun:
    """What became of the beginning.

    Attributes:
        go: Whether nodes are to run.
        said: Sentences for the log and the page.
    """

    go: bool
    said: tuple[str, ...] = ()


def begin(order: NodeOrder) -> Begun:
    """Begins a run; called again with the same order it goes on.

    Raises:
        ConfigError: Task, environment or parameters are wrong, or the pipeline was compiled from others.
        DataProblem: The data is not there or not what the task declares.
        RunFailed: Another run of the task is on, or metadata or storage cannot be used.
    """
    from pipelines.check import check_configuration, check_data
    from pipelines.config import load_environment, load_task
    from pipelines.prepare import prepare

    environment = load_environment(order.environment)
    when = due(order, environment)
    order = replace(order, parameters=_with_span(order.parameters, when))
    task, file = load_task(order.task, order.parameters)
    _same_as_compiled(order)
    store = Store(environment, write=True)
    artifacts = f"{environment.pipeline_root}/{task.name}"
    due_now = when.matches or _was_missed(store, task, when, order.run)
    run = _entered(store, order, task, artifacts, when.time if due_now else "")
    _LOG.info("run %s is number %d in %s", run.id, run.context, store.place)
    if not due_now:
        return _nothing(store, run, f"not due: {when.said}")
    _refuse_other_runs(store, environment, task, run)
    problems = check_configuration(task, file, environment)
    if problems:
        raise ConfigError(*problems)
    old = _nothing_new(task, order, store)
    if old:
        return _nothing(store, run, old)
    said = ["" if when.matches else f"made up for {when.time}, which KFP missed", when.said]
    said += prepare(task, environment)
    problems = check_data(task, environment, order.parameters.get("span"))
    if problems:
        raise DataProblem(*problems)
    closed = close_leftovers(store, task.name, run)
    if closed:
        said.append(f"closed {closed} nodes that earlier runs left behind")
    said += _plan(order, task, file, environment, store, run)
    note_success(store, run, order.node)
    return Begun(True, tuple(sentence for sentence in said if sentence))


def _with_span(parameters: Mapping[str, Any], when: Due) -> dict[str, Any]:
    return {**parameters, "span": when.date} if when.date else dict(parameters)


def _same_as_compiled(order: NodeOrder) -> None:
    found = compiled_from(order.task, order.environment) if order.compiled else ""
    if order.compiled != found:
        expected, there = order.compiled.split("-"), found.split("-")
        what = "version" if expected[0] != there[0] else "configuration"
        raise ConfigError(
            Problem(
                f"the pipeline was compiled from another {what} than this image holds",
                f"task {order.task}, environment {order.environment}",
                expected=order.compiled,
                found=found,
                fix="compile and submit again with the files that are in the image, or use the image that goes with it",
            )
        )


def _was_missed(store: Store, task: Task, when: Due, run: str) -> bool:
    """Whether no run began that was due when this one's schedule was last, shortly before this one.

    Where KFP was away it starts the last time it missed, and that may be one at which nothing is due.
    """
    others = (other.facts.get("due") for other in store.runs(task.name) if other.id != run)
    return bool(when.time) and when.time not in others


def _entered(store: Store, order: NodeOrder, task: Task, artifacts: str, due_at: str) -> RunContext:
    """The run in the metadata: that of an earlier attempt where there was one."""
    known = store.run(order.run)
    if known:
        reach(artifacts)
        return reopened(store, known)
    check_folder(artifacts, task.name, store)
    facts = first_facts(order.environment, order.parameters, artifacts, force=order.force)
    facts |= {"kubeflow_run": order.run, "schedule": order.schedule, "due": due_at}
    run = store.begin_run(task.name, order.run, facts)
    if run.id != order.run:
        raise RunFailed(Problem("another task's run has this id", store.place, found=order.run, fix="submit again"))
    return run


def _nothing(store: Store, run: RunContext, why: str) -> Begun:
    store.add_facts(run, {**last_facts(ExitCode.OK, why), "verdict": "nothing new"})
    return Begun(False, (why,))


def _refuse_other_runs(store: Store, environment: Environment, task: Task, run: RunContext) -> None:
    """Of two runs that begin at once the one that was entered first goes on: numbers of contexts only grow."""
    from pipelines.kubeflow.run_state import still_runs

    for other in store.runs(task.name):
        if other.context >= run.context or other.facts.get("verdict"):
            continue
        why = still_runs(environment, other)
        if why:
            raise RunFailed(
                Problem(
                    f"another run of {task.name} has not ended",
                    store.place,
                    found=f"run {other.id}, {why}",
                    fix=f"wait for it, or end it: galen stop {task.name} {other.id} --env {environment.name}",
                )
            )


def _nothing_new(task: Task, order: NodeOrder, store: Store) -> str:
    """Why there is nothing to do, where new data was asked for; "" where there is something."""
    from components.ingest.source import locate, span_number, spans
    from pipelines.backfill import passed_spans

    wanted = span_number(order.parameters.get("span"))
    if not order.if_new or wanted is None:
        return ""
    if wanted in passed_spans(task, store):
        return f"span {order.parameters['span']} was ingested before"
    if wanted not in spans(locate(task.data.path), task.data.format):
        return f"no new span: there are no files of {order.parameters['span']}"
    return ""


def _plan(
    order: NodeOrder, task: Task, file: Any, environment: Environment, store: Store, run: RunContext
) -> list[str]:
    from pipelines.builder import build

    pipeline = build(task, file, environment, order.parameters)
    plan = plan_run(pipeline, store, run, Selection(force=order.force))
    path = plan_path(environment, task.name, run.id)
    write_plan(plan, path)
    return [f"planned {len(plan.to_run)} nodes: {', '.join(plan.to_run)}", f"plan at {path}"]
