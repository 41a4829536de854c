"""The command line `galen`. Nothing heavy is imported before a command needs it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.commands.cluster import cluster_app
from pipelines.commands.options import JsonOption, TaskArgument, write_json
from pipelines.exit_codes import ExitCode, explained

if TYPE_CHECKING:
    from pipeline_configs.environment import Environment
    from pipeline_configs.errors import GalenError

__all__ = ["app", "main"]

app = typer.Typer(
    name="galen",
    help="Pipelines that take clinical data to diagnostic models one can answer for.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)

_Env = Annotated[str, typer.Option("--env", metavar="NAME", help="Environment, or a YAML file.")]
_Params = Annotated[
    list[str] | None,
    typer.Option("--param", "-p", metavar="KEY=VALUE", help="Change a key of the task, or `span`; repeat for more."),
]

# Typer joins single lines and keeps paragraphs.
_CODES = "Exit codes\n\n" + "\n\n".join(explained().splitlines())


def _show_version(wanted: bool) -> None:
    if wanted:
        from components.model_pusher.revision import galen_version

        typer.echo(f"galen {galen_version()}")
        raise typer.Exit


@app.callback()
def _galen(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


@app.command(epilog=_CODES)
def run(
    task: TaskArgument,
    env: _Env = "local",
    param: _Params = None,
    from_node: Annotated[
        list[str] | None,
        typer.Option(
            "--from", metavar="NODE", help="Begin here; take what comes before from the last run that has it."
        ),
    ] = None,
    to_node: Annotated[list[str] | None, typer.Option("--to", metavar="NODE", help="Stop after this node.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Run each node, also where a cached result fits.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    isolated: Annotated[
        bool, typer.Option("--isolated", help="Run each node in a process of its own, in parallel where possible.")
    ] = False,
) -> None:
    """Run a task's pipeline: from its data to an evaluated model, pushed if it is blessed."""
    from pipelines.config import parse_parameters
    from pipelines.run import Request
    from pipelines.run import run as run_task

    request = Request(
        task, env, parse_parameters(param or ()), tuple(from_node or ()), tuple(to_node or ()), force, debug, isolated
    )
    raise typer.Exit(run_task(request))


@app.command()
def demo(env: _Env = "local") -> None:
    """Run the demonstration: records of real patients, then images and notes of a synthetic cohort."""
    from pipelines.commands.demo import demo as run_demo

    raise typer.Exit(run_demo(env))


@app.command()
def tasks(json_: JsonOption = False) -> None:
    """List the tasks: what they predict, from what, and what they still need."""
    from pipelines.task_list import tasks as all_tasks

    found = all_tasks()
    if json_:
        write_json([entry.as_dict() for entry in found])
        return
    from pipelines.screen.tasks import show_tasks

    show_tasks(found)


@app.command()
def check(task: TaskArgument, env: _Env = "local", param: _Params = None, json_: JsonOption = False) -> None:
    """Hold configuration, schema and the data's header against each other; nothing runs."""
    from pipelines.commands.checking import check_task

    raise typer.Exit(check_task(task, env, param or (), as_json=json_))


@app.command()
def runs(
    task: TaskArgument,
    env: _Env = "local",
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Most runs to show.")] = 20,
    json_: JsonOption = False,
) -> None:
    """List a task's runs, the newest first."""
    from pipelines.config import load_environment
    from pipelines.recorded import history

    environment, name = load_environment(env), Path(task).stem
    if environment.kubeflow is not None:
        _cluster_runs(environment, name, limit, json_)
        return
    records = history.runs(history.open_store(environment, name), environment, name, limit)
    if json_:
        write_json([record.as_dict() for record in records])
        return
    from pipelines.screen.console import output_console
    from pipelines.screen.history import show_runs

    show_runs(records, output_console())


def _cluster_runs(environment: "Environment", task: str, limit: int, json_: bool) -> None:
    from pipelines.kubeflow.api import Api, kubeflow_of
    from pipelines.kubeflow.runs import runs as cluster_runs
    from pipelines.kubeflow.runs import verdicts
    from pipelines.kubeflow.view import show_cluster_runs
    from pipelines.screen.console import output_console

    known, note = verdicts(environment, task)
    found = cluster_runs(Api(kubeflow_of(environment)), task, limit, known)
    if json_:
        write_json([run.as_dict() for run in found])
    else:
        show_cluster_runs(found, output_console(), note)


@app.command()
def show(
    task: TaskArgument,
    run: Annotated[str, typer.Argument(metavar="RUN", help="Run id or its beginning; the latest where left out.")] = "",
    env: _Env = "local",
    json_: JsonOption = False,
) -> None:
    """Show a run: parameters, nodes, metrics, verdict, and the way from the pushed model back to the input files."""
    from pipelines.config import load_environment
    from pipelines.recorded import history
    from pipelines.recorded.lineage import lineage

    environment, name = load_environment(env), Path(task).stem
    store = history.open_store(environment, name)
    record = history.find_run(store, environment, name, run)
    nodes = history.nodes_of(store, record, name)
    tree = lineage(store, nodes)
    if json_:
        found = {"node_list": history.nodes_as_dicts(record, nodes), "lineage": tree.as_dict() if tree else None}
        write_json({**record.as_dict(), **found})
        return
    from pipelines.screen.console import output_console
    from pipelines.screen.history import show_run

    show_run(record, nodes, tree, output_console())


@app.command()
def patterns(
    task: TaskArgument,
    env: _Env = "local",
    split: Annotated[
        str, typer.Option("--split", metavar="SPLIT", help="train, calibration, eval or all; eval is for the verdict.")
    ] = "train",
    min_patients: Annotated[
        int, typer.Option("--min-patients", metavar="N", help="Terms of fewer patients are never shown; 5 or more.")
    ] = 10,
    top: Annotated[int, typer.Option("--top", "-n", min=1, max=50, help="Most terms of each direction.")] = 15,
    without_label_words: Annotated[
        bool, typer.Option("--without-label-words", help="Leave out the words that the task masks.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FOLDER", help="Where table and picture go.")
    ] = None,
    json_: JsonOption = False,
) -> None:
    """Find the phrases of a task's notes that go with its diagnosis, by group, as a table and a picture."""
    from pipelines.commands.patterns import patterns_command
    from pipelines.patterns import PatternsRequest

    request = PatternsRequest(task, env, split, min_patients, top, without_label_words, output)
    patterns_command(request, as_json=json_)


@app.command()
def init(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the new task: lower case, digits, underscores.")],
    data: Annotated[
        str,
        typer.Option(
            "--data",
            metavar="PATH",
            help="CSV, Parquet, JSONL or FHIR file, folder or pattern. Left out: the schema of a task that is there.",
        ),
    ] = "",
    folder: Annotated[
        Path, typer.Option("--folder", help="Where pipeline_configs/ and schemas/ are, or are to be.")
    ] = Path(),
) -> None:
    """Look at data and write a first task YAML and schema to edit; what is guessed is marked."""
    from pipelines.drafting.draft import draft
    from pipelines.screen.tasks import show_draft

    show_draft(name, draft(name, data, folder))


app.add_typer(cluster_app)

privacy_app = typer.Typer(help="De-identification: how well identifiers are found.", no_args_is_help=True)
app.add_typer(privacy_app, name="privacy")


@privacy_app.callback()
def _privacy() -> None:
    pass


@privacy_app.command()
def measure(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="Labelled texts: a file or a folder.")],
    format_: Annotated[
        str, typer.Option("--format", metavar="NAME", help="How they are labelled: presidio or aci-bench.")
    ],
    engine: Annotated[str, typer.Option("--engine", metavar="NAME", help="rules, or presidio besides them.")] = "rules",
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Write the figures as Markdown.")
    ] = None,
    json_: JsonOption = False,
) -> None:
    """Measure recall, precision and F1 of de-identification, by category, on a labelled set; counts only, no values."""
    from pipelines.commands.privacy_measure import measure_command

    raise typer.Exit(measure_command(path, format_, engine, output, json_))


def main() -> None:
    """Entry point: every error becomes a message and an exit code."""
    sys.exit(_main())


def _main() -> int:
    debug = "--debug" in sys.argv
    try:
        result: Any = app(standalone_mode=False)
    except (typer.Abort, KeyboardInterrupt):
        typer.echo("interrupted", err=True)
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        return _closed_pipe()
    except Exception as error:  # noqa: BLE001
        return _explained(error, debug)
    return int(result) if isinstance(result, int) else ExitCode.OK


def _explained(error: Exception, debug: bool) -> int:
    from pipeline_configs.errors import GalenError

    if isinstance(error, GalenError):
        return _show(error, debug)
    if hasattr(error, "format_message") and hasattr(error, "exit_code"):  # typer's usage errors
        return _usage(error)
    from pipelines.failure import failure_of
    from pipelines.redaction import exception_text
    from pipelines.screen.errors import show_problems

    failure = failure_of(error, "")
    trace = exception_text(type(error), error) if debug else ""
    show_problems(failure.headline, failure.problems, trace=trace)
    return failure.code


def _show(error: "GalenError", debug: bool) -> int:
    from pipelines.redaction import exception_text
    from pipelines.screen.errors import show_problems

    problems, trace = error.problems, exception_text(type(error), error) if debug else ""
    show_problems("" if len(problems) == 1 else f"{len(problems)} problems", problems, trace=trace)
    return error.exit_code


def _usage(error: Any) -> int:
    if not error.format_message():  # `galen` alone: the help is on the screen
        return ExitCode.OK
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "galen"
    typer.echo(f"{command}: {error.format_message()}\n  to do:    {command} --help", err=True)
    return ExitCode.USAGE


def _closed_pipe() -> int:
    """`galen runs | head`: nobody reads on, and that is no error."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return ExitCode.OK


if __name__ == "__main__":
    main()
