"""Runs each node of a plan in a process of its own, in parallel where the graph allows.

A crash or a lack of memory in one node is that node's failure alone: nodes that do not depend on it end, and a later
run goes on from what is there.
"""

import multiprocessing
import os
import signal
import tempfile
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from multiprocessing import connection
from pathlib import Path
from typing import Any

from pipeline_configs.environment import Environment
from pipeline_configs.errors import Problem
from pipelines.exit_codes import ExitCode
from pipelines.failure import Failure, NodeFailed
from pipelines.launching.child import Order, run_child
from pipelines.launching.launch import launch
from pipelines.launching.leftovers import close_node
from pipelines.launching.observer import NodeResult, Observer
from pipelines.launching.plan import Plan
from pipelines.metadata.records import RunContext
from pipelines.metadata.store import Store

__all__ = ["Isolated", "start_warm_process"]

_WARM = "pipelines.launching.warm"
_PATIENCE = 10.0
"""Seconds that a process gets to end when it is asked to."""


def start_warm_process() -> None:
    """Starts the process that nodes are forked from, which takes as long as the imports do; does not wait for it."""
    from multiprocessing import forkserver

    _context().set_forkserver_preload([_WARM])
    forkserver.ensure_running()


def _context() -> Any:
    return multiprocessing.get_context("forkserver")


@dataclass
class _Running:
    process: Any
    answer: connection.Connection
    started: float


class Isolated:
    """Runs plans with a process for each node.

    Args:
        environment: Where the metadata is.
        store: The metadata, open in this process.
        run: The run.
        log: Its log.
        options: Beam's arguments.
        most: Nodes at a time; as many as there are cores where 0.
    """

    def __init__(
        self,
        environment: Environment,
        store: Store,
        run: RunContext,
        log: Path,
        options: Sequence[str] = (),
        most: int = 0,
    ) -> None:
        self._environment, self._store, self._run, self._log = environment, store, run, log
        self._options, self._most = tuple(options), most or os.cpu_count() or 1
        start_warm_process()

    def run(self, plan: Plan, observer: Observer) -> list[NodeResult]:
        """Runs a plan.

        Returns:
            How each node ended, in the order in which they did.

        Raises:
            NodeFailed: A node failed; whatever does not depend on it has ended.
        """
        to_run = plan.to_run
        observer.planned(to_run, plan.base)
        results: dict[str, NodeResult] = {}
        failed: dict[str, Failure] = {}
        running: dict[str, _Running] = {}
        try:
            while (ready := _ready(plan, results, {*running, *failed})) or running:
                for name in ready:
                    if name not in to_run:
                        results[name] = launch(plan, name, self._store, self._environment)
                        observer.node_ended(results[name])
                    elif len(running) < self._most:
                        observer.node_started(name)
                        running[name] = self._started(plan, name)
                for name in _ended(running):
                    ended = running.pop(name)
                    outcome = self._outcome(plan, name, ended)
                    if isinstance(outcome, Failure):
                        failed[name] = outcome
                        observer.node_failed(name, time.monotonic() - ended.started)
                    else:
                        results[name] = outcome
                        observer.node_ended(outcome)
        finally:
            for name, left in running.items():
                _stop(left)
                close_node(self._store, self._run, plan.pipeline.pipeline_info.id, name)
        if failed:
            raise NodeFailed(next(iter(failed.values())))
        return list(results.values())

    def _started(self, plan: Plan, name: str) -> _Running:
        context = _context()
        receiver, sender = context.Pipe(duplex=False)
        order = Order(
            plan.to_bytes(),
            name,
            self._environment.model_dump_json(),
            str(self._log.absolute()),
            self._options,
            tempfile.gettempdir(),
            dict(os.environ),
        )
        process = context.Process(target=run_child, args=(order, sender), name=name)
        process.start()
        sender.close()
        return _Running(process, receiver, time.monotonic())

    def _outcome(self, plan: Plan, name: str, ended: _Running) -> NodeResult | Failure:
        try:
            outcome = ended.answer.recv() if ended.answer.poll() else None
        except EOFError:
            outcome = None
        ended.process.join()
        ended.answer.close()
        if isinstance(outcome, NodeResult | Failure):
            return outcome
        close_node(self._store, self._run, plan.pipeline.pipeline_info.id, name)
        return _killed(name, ended.process.exitcode or 0)


def _ready(plan: Plan, ended_well: Collection[str], others: Collection[str]) -> list[str]:
    """Nodes that are neither among these nor among the others that have begun, and whose upstream nodes ended well."""
    return [
        name
        for name in plan.nodes
        if name not in ended_well and name not in others and all(n in ended_well for n in plan.before(name))
    ]


def _ended(running: dict[str, _Running]) -> list[str]:
    """Waits until a process has answered or ended, and returns whose; nobody's where none runs."""
    if not running:
        return []
    names = {one.answer: name for name, one in running.items()} | {
        one.process.sentinel: name for name, one in running.items()
    }
    return list(dict.fromkeys(names[found] for found in connection.wait(list(names))))  # type: ignore[index]


def _stop(running: _Running) -> None:
    running.process.terminate()
    running.process.join(_PATIENCE)
    if running.process.is_alive():
        running.process.kill()
        running.process.join()
    running.answer.close()


def _killed(name: str, code: int) -> Failure:
    if code < 0:
        what = f"the node's process was ended by {signal.Signals(-code).name}"
        fix = "where nobody did it, the machine had no memory left: see the kernel's log, and use one with more"
    else:
        what, fix = f"the node's process ended with code {code} and no word", "see the log"
    return Failure(ExitCode.FAILED, f"{name} failed", (Problem(what, fix=fix),))
