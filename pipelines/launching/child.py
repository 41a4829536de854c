"""A node's own process: launches the node, and tells how it ended."""

import logging
import os
import signal
import tempfile
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from pipeline_configs.environment import Environment
from pipelines.failure import failure_of
from pipelines.launching.launch import launch
from pipelines.launching.plan import Plan
from pipelines.logs import captured, log_tfx
from pipelines.metadata.store import Store
from pipelines.redaction import exception_text

__all__ = ["Order", "run_child"]

_LOG = logging.getLogger("galen.launching")


@dataclass(frozen=True)
class Order:
    """What a process is to do.

    Attributes:
        plan: The run's plan, as bytes.
        node: Id of the node.
        environment: The environment, as JSON.
        log: The run's log.
        options: Beam's arguments, for remote storage.
        scratch: Folder for temporary files.
        variables: The environment variables; the process that a node is forked from may have those of an earlier run.
    """

    plan: bytes
    node: str
    environment: str
    log: str
    options: tuple[str, ...]
    scratch: str
    variables: dict[str, str] = field(repr=False)


def run_child(order: Order, answer: Connection) -> None:
    """Launches a node; the whole of its process.

    Args:
        order: What to do.
        answer: Gets the `NodeResult`, or the `Failure`; nothing where the process does not live to tell.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Whoever started it hears of Ctrl-C too, and ends it.
    os.environ.clear()
    os.environ.update(order.variables)
    tempfile.tempdir = os.environ["TMPDIR"] = order.scratch
    with captured(Path(order.log)):
        try:
            from components.storage import use_options

            log_tfx(verbose=True)
            use_options(order.options)
            environment = Environment.model_validate_json(order.environment)
            store = Store(environment, write=True)
            answer.send(launch(Plan.from_bytes(order.plan), order.node, store, environment))
        except BaseException as error:  # noqa: BLE001 - whatever it is, it has to be told
            failure = failure_of(error, order.node)
            _LOG.error("%s\n%s", failure.message, exception_text(type(error), error))
            answer.send(failure)
