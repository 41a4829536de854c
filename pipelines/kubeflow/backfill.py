"""`galen backfill`: runs spans that were never ingested, one after the other, in order."""

from collections.abc import Mapping
from typing import Any

import typer

from pipeline_configs.environment import Environment
from pipeline_configs.errors import ConfigError, GalenError, Problem
from pipelines.exit_codes import ExitCode
from pipelines.kubeflow.submit import dates_between

__all__ = ["backfill"]


def backfill(task: str, environment: str, first: str, last: str, parameters: Mapping[str, Any]) -> ExitCode:
    """Runs the missing spans from one to another, both inclusive.

    Args:
        task: Name of the task.
        environment: Name of the environment.
        first: First span: a date or a number.
        last: Last span.
        parameters: `--param`, by dotted key.

    Returns:
        OK where each ended well, else the code of the first that did not; those after it did not run.

    Raises:
        ConfigError: The parameters name a span, or something else is wrong.
        RunFailed: KFP or the metadata cannot be reached.
    """
    from pipelines.config import load_environment, load_task

    if "span" in parameters:
        what, fix = "backfill gives each run its span", "leave --param span out; --from and --to say which"
        raise ConfigError(Problem(what, "--param", found=f"span={parameters['span']}", fix=fix))
    spans = dates_between(first, last)
    data = load_task(task)[0].data
    if not data.has_spans:
        expected = "{SPAN} or {YYYY}-{MM}-{DD} in it"
        raise ConfigError(Problem("there are no spans to run: the path names none", "data.path", expected, data.path))
    declared = load_environment(environment)
    if declared.kubeflow is None:
        return _here(task, declared, environment, spans, parameters)
    return _there(task, environment, spans, parameters)


def _here(task: str, declared: Environment, environment: str, spans: Any, parameters: Mapping[str, Any]) -> ExitCode:
    from components.ingest.source import locate, span_number
    from components.ingest.source import spans as spans_there
    from pipelines.backfill import passed_spans
    from pipelines.config import load_task
    from pipelines.metadata.store import Store
    from pipelines.run import Request, run

    found, _ = load_task(task, parameters)
    there = set(spans_there(locate(found.data.path), found.data.format))
    for span in spans:
        number = span_number(span)
        if number in passed_spans(found, Store(declared, write=True)):
            typer.echo(f"{span}: ingested before, skipped")
        elif number not in there:
            typer.echo(f"{span}: there are no files, skipped")
        else:
            code = run(Request(task, environment, {**parameters, "span": span}))
            if code not in (ExitCode.OK, ExitCode.NOT_BLESSED):
                return code
    return ExitCode.OK


def _there(task: str, environment: str, spans: Any, parameters: Mapping[str, Any]) -> ExitCode:
    from pipelines.kubeflow.submit import submit, waited
    from pipelines.kubeflow.upload import upload
    from pipelines.screen.console import error_console

    found, client = upload(task, environment)
    for span in spans:
        run = submit(found, client, {**parameters, "span": span}, {"if_new": True})
        try:
            with error_console().status(f"{span}: run {run.id}"):
                state = waited(client, run.id)
        except GalenError:
            typer.echo(f"the spans after {span} were not run; the same command goes on from there", err=True)
            raise
        typer.echo(f"{span}: {state.lower()}, run {run.id}")
        if state != "SUCCEEDED":
            typer.echo(f"{run.link}\nthe spans after {span} were not run", err=True)
            return ExitCode.FAILED
    return ExitCode.OK
