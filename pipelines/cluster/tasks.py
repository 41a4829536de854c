"""The three kinds of task of a run in a cluster, with what each shows in its log and on its KFP page."""

import contextlib
import time
from typing import TYPE_CHECKING

from pipeline_configs.environment import Environment
from pipeline_configs.errors import GalenError, Problem
from pipelines.cluster.order import NodeOrder
from pipelines.exit_codes import ExitCode
from pipelines.failure import Failure, failure_of
from pipelines.launching.observer import NodeResult
from pipelines.metadata.store import Store
from pipelines.scratch import scratch

if TYPE_CHECKING:
    from rich.console import Console

    from pipelines.cluster.end import Ended
    from pipelines.cluster.notify import Message

__all__ = ["begin_run", "end_run", "note", "one_node"]


def begin_run(order: NodeOrder, console: "Console") -> ExitCode:
    """Begins a run, and answers whether there is something to do."""
    from pipelines.cluster.begin import begin
    from pipelines.cluster.page import page, write_page

    with scratch():
        begun = begin(order)
    for sentence in begun.said:
        console.print(sentence, soft_wrap=True)
    write_page(page(f"{order.task}: begin", _where(order), begun.said), order.page)
    if order.go is not None:
        order.go.parent.mkdir(parents=True, exist_ok=True)
        order.go.write_text("yes" if begun.go else "no", encoding="ascii")  # no line end: KFP compares the whole text
    return ExitCode.OK


def one_node(order: NodeOrder, console: "Console") -> ExitCode:
    """Runs a node."""
    from pipelines.cluster.run_node import run_node
    from pipelines.config import load_environment
    from pipelines.screen.progress import Progress

    environment = load_environment(order.environment)
    store, started = Store(environment, write=True), time.monotonic()
    progress = Progress(console)
    with scratch():
        progress.planned([order.node], "")
        progress.node_started(order.node)
        try:
            result = run_node(order, environment, store)
        except BaseException:
            progress.node_failed(order.node, time.monotonic() - started)
            raise
    progress.node_ended(result)
    _show_node(order, result)
    return ExitCode.OK


def end_run(order: NodeOrder, console: "Console") -> ExitCode:
    """Ends a run and tells people; a problem of telling them is this task's failure, not the run's."""
    from pipelines.cluster.page import metrics_of, page, write_metrics, write_page
    from pipelines.config import load_environment
    from pipelines.launching.lean import without_tfma
    from pipelines.screen.errors import show_problems

    without_tfma()
    environment = load_environment(order.environment)
    ended, store = _ended(order, environment)
    console.print(ended.message, soft_wrap=True)
    text = page(
        f"{order.task}: {ended.verdict}",
        _where(order),
        [str(problem) for failure in ended.failures.values() for problem in failure.problems],
        verdict=ended.message,
        good=ended.code is ExitCode.OK,
        summary=ended.summary,
    )
    write_page(text, order.page)
    write_metrics(metrics_of(ended.summary), order.executor_input)
    problems = _tell(_message(order, ended, environment), environment, store)
    if problems:
        show_problems("", problems, console=console)
        return ExitCode.FAILED
    return ExitCode.OK


def _tell(message: "Message", environment: Environment, store: Store | None) -> list[Problem]:
    """Tells people; who was told is written down, so that another attempt tells the others only."""
    from pipelines.cluster.notify import notify

    run = None
    with contextlib.suppress(GalenError):  # without metadata they are told all the same
        run = store.run(message.run) if store else None
    told = {int(number) for number in (run.facts.get("told", "") if run else "").split()}
    problems = notify(message, environment.notifications, told)
    if store and run and problems:
        with contextlib.suppress(GalenError):
            store.add_facts(run, {"told": " ".join(map(str, sorted(told)))})
    return problems


def note(order: NodeOrder, failure: Failure) -> None:
    """Writes a failure down in the metadata, for the end of the run, where that is possible."""
    from pipelines.cluster.run_node import note_failure
    from pipelines.config import load_environment

    with contextlib.suppress(GalenError):  # what stopped the task may stop this too, and has been told
        store = Store(load_environment(order.environment), write=True)
        run = store.run(order.run)
        if run is not None and not run.facts.get("verdict"):
            note_failure(store, run, order.node, failure)


def _ended(order: NodeOrder, environment: Environment) -> "tuple[Ended, Store | None]":
    """How the run ended, and the metadata; where it cannot be found out people are told so, and nobody waits twice."""
    from pipelines.cluster.end import Ended, end
    from pipelines.config import load_task
    from pipelines.recorded.summary import Summary

    try:
        task, _ = load_task(order.task)
        store = Store(environment, write=True)
        return end(order, task, environment, store), store
    except GalenError as error:
        failure = failure_of(error, order.node)
        return Ended(failure.code, failure.code.verdict, failure.message, Summary(), {order.node: failure}), None


def _show_node(order: NodeOrder, result: NodeResult) -> None:
    from pipelines.cluster.page import metrics_of, page, pictures_of, write_metrics, write_page
    from pipelines.recorded.describe import described
    from pipelines.recorded.summary import summarise

    if result.record is None or order.page is None:
        return
    summary = summarise([result.record])
    text = page(
        f"{order.task}: {order.node}",
        _where(order),
        [f"{result.outcome}: {described(result)}".replace("->", "→")],
        summary=summary,
        pictures=pictures_of([result.record]),
    )
    write_page(text, order.page)
    write_metrics(metrics_of(summary), order.executor_input)


def _message(order: NodeOrder, ended: "Ended", environment: Environment) -> "Message":
    from pipelines.cluster.notify import Message
    from pipelines.wording import interval

    estimates = ended.summary.metrics.get("eval", {})
    shown = [f"{name} {interval(e.value, e.low, e.high)}" for name, e in list(estimates.items())[:3]]
    return Message(
        task=order.task,
        environment=order.environment,
        run=order.run,
        verdict=ended.verdict,
        text=ended.message,
        link=environment.kubeflow.run_page(order.run) if environment.kubeflow and environment.kubeflow.ui else "",
        span=ended.span,
        metrics=", ".join(shown),
        good=ended.code is ExitCode.OK,
    )


def _where(order: NodeOrder) -> str:
    return f"run {order.run}  environment {order.environment}"
