"""The commands of `galen` for a cluster: compile, submit, schedule, watch, stop. Imports nothing heavy by itself."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.commands.options import JsonOption, TaskArgument, write_json

if TYPE_CHECKING:
    from pipelines.kubeflow.api import Api

__all__ = ["cluster_app"]

cluster_app = typer.Typer()

_Env = Annotated[str, typer.Option("--env", metavar="NAME", help="Environment with `kubeflow`, or a YAML file.")]
_Params = Annotated[
    list[str] | None,
    typer.Option("--param", "-p", metavar="KEY=VALUE", help="A key that the task marks as adjustable, or `span`."),
]
_Force = Annotated[bool, typer.Option("--force", help="Run each node, also where a cached result fits.")]
_PANEL = "On Kubeflow"


@cluster_app.command("compile", rich_help_panel=_PANEL)
def compile_(
    task: TaskArgument,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The pipeline, .yaml.")],
    env: _Env = "kubeflow",
) -> None:
    """Compile a task's pipeline for Kubeflow Pipelines: one container a node; nothing is submitted."""
    from pipelines.kubeflow.compiling import compiled
    from pipelines.kubeflow.upload import compiling_quietly
    from pipelines.kubeflow.view import show_compiled
    from pipelines.screen.console import output_console

    with compiling_quietly():
        made = compiled(task, env, output)
    show_compiled(made, output_console())


@cluster_app.command(rich_help_panel=_PANEL)
def submit(
    task: TaskArgument,
    env: _Env = "kubeflow",
    param: _Params = None,
    force: _Force = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the end; the exit code says how it ended.")] = False,
) -> None:
    """Run a task on the cluster, now."""
    from pipelines.config import parse_parameters
    from pipelines.kubeflow.runs import run_ended
    from pipelines.kubeflow.submit import submit as submit_run
    from pipelines.kubeflow.submit import waited
    from pipelines.kubeflow.upload import upload

    parameters = parse_parameters(param or ())
    found, client = upload(task, env)
    run = submit_run(found, client, parameters, {"force": True} if force else {})
    typer.echo(f"{run.name}  run {run.id}\n{run.link}")
    if wait:
        try:
            state = waited(client, run.id)
        except KeyboardInterrupt:
            typer.echo(
                f"no longer waited for; the run goes on: galen stop {task} {run.id} --env {env} ends it", err=True
            )
            raise
        code, verdict = run_ended(task, env, run.id, state)
        typer.echo(f"{state.lower()}, {verdict}; galen show {task} {run.id} --env {env} says more")
        raise typer.Exit(code)


@cluster_app.command(rich_help_panel=_PANEL)
def schedule(
    task: TaskArgument,
    env: _Env = "kubeflow",
    cron: Annotated[
        str, typer.Option("--cron", help="When: minute, hour, day of month, month, day of week, in --timezone.")
    ] = "0 2 * * *",
    timezone: Annotated[str, typer.Option("--timezone", metavar="NAME", help="Such as Europe/Berlin.")] = "UTC",
    catch_up: Annotated[
        bool, typer.Option("--catch-up", help="Make up for each time that was missed, one by one.")
    ] = False,
    param: _Params = None,
) -> None:
    """Run a task every night, with the date as span; the same again changes nothing, another replaces it."""
    from datetime import UTC, datetime

    from pipelines.config import parse_parameters
    from pipelines.kubeflow.cron import next_times, time_zone
    from pipelines.kubeflow.schedule import schedule as schedule_task
    from pipelines.kubeflow.upload import upload
    from pipelines.kubeflow.view import schedule_line

    next(next_times(cron, time_zone(timezone), datetime.now(UTC)))  # a mistake is told before the long part
    parameters = parse_parameters(param or ())
    found, client = upload(task, env)
    made, done = schedule_task(found, client, cron, timezone, catch_up=catch_up, parameters=parameters)
    typer.echo(f"{done}: {schedule_line(made)}")


@cluster_app.command(rich_help_panel=_PANEL)
def unschedule(task: TaskArgument, env: _Env = "kubeflow") -> None:
    """End a task's schedule; a run that is on goes on."""
    from pipelines.kubeflow.schedule import schedules as all_schedules
    from pipelines.kubeflow.schedule import unschedule as unschedule_task

    client, name = _client(env), Path(task).stem
    if name not in {one.wanted.task for one in all_schedules(client)}:
        name = _known(task)  # a task that is no more may still have a schedule
    ended = unschedule_task(client, name, _environment_name(env))
    typer.echo(f"{task} is no longer scheduled" if ended else f"{task} was not scheduled")


@cluster_app.command(rich_help_panel=_PANEL)
def schedules(env: _Env = "kubeflow", json_: JsonOption = False) -> None:
    """List the schedules of an environment."""
    from pipelines.kubeflow.schedule import schedules as all_schedules
    from pipelines.kubeflow.view import schedule_dicts, show_schedules
    from pipelines.screen.console import output_console

    found = all_schedules(_client(env))
    if json_:
        write_json(schedule_dicts(found))
        return
    show_schedules(found, output_console(), env)


@cluster_app.command(rich_help_panel=_PANEL)
def backfill(
    task: TaskArgument,
    first: Annotated[str, typer.Option("--from", metavar="SPAN", help="First span: a date or a number.")],
    last: Annotated[str, typer.Option("--to", metavar="SPAN", help="Last span.")],
    env: _Env = "local",
    param: _Params = None,
) -> None:
    """Run the spans that were never ingested, in order; those that were are skipped."""
    from pipelines.config import parse_parameters
    from pipelines.kubeflow.backfill import backfill as backfill_spans

    raise typer.Exit(backfill_spans(task, env, first, last, parse_parameters(param or ())))


@cluster_app.command(rich_help_panel=_PANEL)
def logs(
    task: TaskArgument,
    run: Annotated[str, typer.Argument(metavar="RUN", help="Run id or its beginning; the latest where left out.")] = "",
    env: _Env = "local",
    node: Annotated[str, typer.Option("--node", metavar="NODE", help="Only of this node, or Begin or End.")] = "",
) -> None:
    """Show what a run said: the log of a local run, or those of its containers."""
    from pipelines.kubeflow.view import show_logs
    from pipelines.screen.console import output_console

    show_logs(_known(task), run, env, _known_node(node), output_console())


@cluster_app.command(rich_help_panel=_PANEL)
def stop(
    task: TaskArgument,
    run: Annotated[
        str | None, typer.Argument(metavar="RUN", help="Run id or its beginning; all where left out.")
    ] = None,
    env: _Env = "kubeflow",
) -> None:
    """Stop runs that are on; what has ended stays, and the next run goes on from there."""
    from pipelines.kubeflow.stopping import stop_runs

    for sentence in stop_runs(_known(task), run, env):
        typer.echo(sentence)


def _known(task: str) -> str:
    """Returns a task's name; a typo is no reason to do nothing and call it a success."""
    from pipelines.config import load_task_name

    return load_task_name(task)


def _known_node(node: str) -> str:
    from pipeline_configs.kubeflow import BEGIN, END
    from pipelines.nodes import NODES, refuse_unknown_nodes

    if node:
        refuse_unknown_nodes((*NODES, BEGIN, END), (), (node,))
    return node


def _environment_name(env: str) -> str:
    from pipelines.config import load_environment

    return load_environment(env).name


def _client(env: str) -> "Api":
    from pipelines.config import load_environment
    from pipelines.kubeflow.api import Api, kubeflow_of

    return Api(kubeflow_of(load_environment(env)))
