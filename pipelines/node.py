"""What a container of a cluster runs: `python -m pipelines.node --task T --env E --node N --run R ...`.

Not for people: `galen submit` starts such containers through Kubeflow Pipelines.
"""

import argparse
import logging
import re
import sys
from pathlib import Path

from pipeline_configs.errors import GalenError
from pipeline_configs.kubeflow import BEGIN, END
from pipelines.cluster.order import NodeOrder
from pipelines.failure import failure_of
from pipelines.kubeflow.parameters import RUN_PARAMETERS
from pipelines.logs import Streams, captured_here, quiet_environment
from pipelines.redaction import exception_text

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Does one container's work; returns its exit code."""
    parser = _parser()
    try:
        order = _order(parser.parse_args(arguments))
    except GalenError as error:
        parser.error(str(error))
    quiet_environment()
    from pipelines.screen.console import console_on

    with captured_here() as streams:
        console = console_on(streams.out)
        console.print(f"{order.task}  {order.node}  run {order.run}  environment {order.environment}")
        from pipelines.cluster import tasks, worker

        work, helper = {BEGIN: tasks.begin_run, END: tasks.end_run}.get(order.node, tasks.one_node), False
        try:
            helper = worker.helps(order)
            return worker.train_beside(order, console) if helper else work(order, console)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the run's end has to know
            return _failed(order, error, streams, noted=not helper)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m pipelines.node", description=__doc__)
    parser.add_argument("--task", required=True, help="name of the task")
    parser.add_argument("--env", required=True, help="name of the environment")
    parser.add_argument("--node", required=True, help=f"id of a node, or {BEGIN} or {END}")
    parser.add_argument("--run", required=True, type=_run_id, help="id of the KFP run")
    parser.add_argument("--param", action="append", default=[], metavar="KEY=VALUE", help="as of galen run; repeat")
    for parameter in RUN_PARAMETERS:
        if parameter.type is bool:  # as KFP's launcher writes it
            parser.add_argument(parameter.flag, default="false", choices=("true", "false"), help=parameter.help)
        else:
            parser.add_argument(parameter.flag, default=parameter.default, help=parameter.help)
    parser.add_argument("--compiled", default="", help="what the pipeline was compiled from")
    parser.add_argument("--status", default="", help="how the tasks before the last one ended, as KFP tells it")
    parser.add_argument("--go", type=Path, help="file for the answer whether there is something to do")
    parser.add_argument("--page", type=Path, help="file for the page that KFP shows")
    parser.add_argument("--executor-input", default="", help="KFP's description of outputs")
    return parser


def _run_id(text: str) -> str:
    """A run's id, which becomes the name of a file."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", text):
        raise argparse.ArgumentTypeError("letters, digits, '.', '_' and '-'")
    return text


def _order(given: argparse.Namespace) -> NodeOrder:
    from pipelines.config import parse_parameters

    # A parameter that the pipeline offers and nobody set arrives empty.
    parameters = parse_parameters([text for text in given.param if text.partition("=")[2]])
    if given.span:
        parameters["span"] = given.span
    return NodeOrder(
        task=given.task,
        environment=given.env,
        node=given.node,
        run=given.run,
        parameters=parameters,
        force=given.force == "true",
        if_new=given.if_new == "true",
        schedule=given.schedule,
        scheduled_time=given.scheduled_time,
        timezone=given.timezone,
        compiled=given.compiled,
        status=given.status,
        go=given.go,
        page=given.page,
        executor_input=given.executor_input,
    )


def _failed(order: NodeOrder, error: BaseException, streams: Streams, *, noted: bool) -> int:
    """Tells why the work failed; in the metadata too, but for a worker that helps: there the chief speaks."""
    from pipelines.cluster.tasks import note
    from pipelines.screen.console import console_on
    from pipelines.screen.errors import show_problems

    failure = failure_of(error, order.node)
    logging.getLogger("galen.cluster").error("%s\n%s", failure.message, exception_text(type(error), error))
    show_problems(failure.headline, failure.problems, console=console_on(streams.out))
    if noted:
        note(order, failure)
    return int(failure.code)


if __name__ == "__main__":
    sys.exit(main())
