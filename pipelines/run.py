"""`galen run`: from a task's name to an exit code."""

import contextlib
import logging
import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline_configs.environment import Environment
from pipeline_configs.errors import ConfigError, DataProblem, GalenError
from pipeline_configs.task import Task
from pipelines.exit_codes import ExitCode
from pipelines.failure import Failure, failure_of
from pipelines.lock import Lock, lock_folder, locked
from pipelines.logs import Streams, captured, log_file, log_tfx, quiet_environment
from pipelines.nodes import NODES, node_ids, refuse_unknown_nodes
from pipelines.recorded.facts import first_facts, last_facts
from pipelines.redaction import exception_text
from pipelines.scratch import scratch
from pipelines.screen.console import console_on
from pipelines.screen.errors import show_problems
from pipelines.wording import duration

if TYPE_CHECKING:
    from tfx.orchestration.pipeline import Pipeline

    from pipelines.launching.observer import NodeResult
    from pipelines.metadata.records import RunContext
    from pipelines.recorded.summary import Summary
    from pipelines.screen.progress import Progress

__all__ = ["Builder", "Request", "run"]

_LOG = logging.getLogger("galen.run")

_GATE = ("DataGate",)

Builder = Callable[[Task, Path, Environment, Mapping[str, Any]], "Pipeline"]


@dataclass(frozen=True)
class Request:
    """What the command line asks for.

    Attributes:
        task: Name of the task, or path of its YAML.
        environment: Name of the environment, or path of its YAML.
        parameters: `--param`, by dotted key.
        from_nodes: `--from`.
        to_nodes: `--to`.
        force: `--force`.
        debug: `--debug`.
        isolated: `--isolated`.
    """

    task: str
    environment: str = "local"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    from_nodes: tuple[str, ...] = ()
    to_nodes: tuple[str, ...] = ()
    force: bool = False
    debug: bool = False
    isolated: bool = False


def run(request: Request, build: Builder | None = None) -> ExitCode:
    """Runs a task's pipeline and shows it.

    Args:
        request: What to run.
        build: Makes the pipeline; `pipelines.builder.build` where left out. For tests.

    Returns:
        The exit code; every error has been shown.

    Raises:
        GalenError: Something is wrong before the run begins.
    """
    from pipelines.config import load_environment, load_task

    task, file = load_task(request.task, request.parameters)
    environment = load_environment(request.environment)
    if build is None:
        refuse_unknown_nodes(node_ids(task), request.from_nodes, request.to_nodes)
        _refuse(task, file, environment)
    wanted = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    with locked(lock_folder(environment, task.name), task.name, wanted) as lock:
        for number in _missing_spans(request, task, environment):
            earlier = replace(request, parameters={**request.parameters, "span": number}, from_nodes=(), to_nodes=_GATE)
            code = _Run(earlier, task, file, environment, build, lock, wanted).attempt()
            if code not in (ExitCode.OK, ExitCode.DATA_PROBLEM):
                return code
        return _Run(request, task, file, environment, build, lock, wanted).execute()


def _missing_spans(request: Request, task: Task, environment: Environment) -> list[int]:
    """Spans of the window that no run has ingested yet; each gets a run of its own, up to the data gate."""
    from pipelines.backfill import missing_spans
    from pipelines.metadata.store import Store

    before_gate = request.to_nodes and set(request.to_nodes) <= set(NODES[: NODES.index(_GATE[0]) + 1])
    if task.data.window == 1 or request.from_nodes or before_gate:
        return []
    return missing_spans(task, request.parameters.get("span"), Store(environment, write=True))


def _refuse(task: Task, file: Path, environment: Environment) -> None:
    from pipelines.check import check_configuration

    problems = check_configuration(task, file, environment)
    if problems:
        raise ConfigError(*problems)


class _Run:
    """One run, from its entry in the metadata to its verdict."""

    def __init__(
        self,
        request: Request,
        task: Task,
        file: Path,
        environment: Environment,
        build: Builder | None,
        lock: Lock,
        wanted: str,
    ) -> None:
        from components.storage import is_remote
        from pipelines.launching.leftovers import check_folder
        from pipelines.metadata.store import Store

        self._request, self._task, self._file, self._environment, self._build = request, task, file, environment, build
        root = environment.pipeline_root
        artifacts = f"{root if is_remote(root) else Path(root).absolute()}/{task.name}"
        self._store = Store(environment, write=True)
        check_folder(artifacts, task.name, self._store)
        self._started = datetime.now(UTC)
        self._run: RunContext = self._store.begin_run(
            task.name,
            wanted,
            first_facts(
                environment.name,
                request.parameters,
                artifacts,
                from_nodes=request.from_nodes,
                to_nodes=request.to_nodes,
                force=request.force,
            ),
        )
        lock.name_run(self._run.id)
        self._log = log_file(environment.log_root, task.name, self._run.id).absolute()
        self._node = ""
        self._made: list[str] = []
        self._interrupted = False

    def execute(self) -> ExitCode:
        """Runs everything and returns the exit code."""
        from pipelines.launching.leftovers import close_leftovers

        try:
            self._check_data()
            with captured(self._log) as streams, self._signals(streams), scratch():
                close_leftovers(self._store, self._task.name, self._run)
                return self._shown(streams)
        except GalenError as error:
            self._finish(ExitCode(error.exit_code), failure_of(error, "").message)
            raise
        except BaseException as error:
            failure = failure_of(error, self._node, self._interrupted)
            self._finish(failure.code, failure.message)
            raise

    def attempt(self) -> ExitCode:
        """Like `execute`, with errors shown instead of raised."""
        try:
            return self.execute()
        except GalenError as error:
            show_problems(f"span {self._request.parameters['span']} is left out", error.problems)
            return ExitCode(error.exit_code)

    def _check_data(self) -> None:
        if self._build is not None:
            return
        from pipelines.prepare import prepare

        self._made = list(prepare(self._task, self._environment))
        from pipelines.check import check_data

        problems = check_data(self._task, self._environment, self._request.parameters.get("span"))
        if problems:
            raise DataProblem(*problems)

    def _shown(self, streams: Streams) -> ExitCode:
        from pipelines.screen.progress import Progress

        console = console_on(streams.out)
        progress = Progress(console)
        self._header(console)
        try:
            self._prepare(progress)
            self._nodes(progress)
            summary = self._summary()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the run needs its verdict
            progress.close()
            return self._failed(error, streams)
        return self._ended(summary, streams)

    def _header(self, console: Any) -> None:
        from rich.text import Text

        title = Text(self._task.name, "bold").append(f"  {self._task.title}", "")
        console.print(title, no_wrap=True, overflow="ellipsis")
        facts = [f"run {self._run.id}", f"environment {self._environment.name}"]
        facts += [f"{key}={value}" for key, value in self._request.parameters.items()]
        console.print(Text("  ".join(facts), "dim"))
        for sentence in self._made:
            console.print(Text(sentence, "dim"), soft_wrap=True)

    def _prepare(self, progress: "Progress") -> None:
        if self._build is not None:
            return
        from pipelines.prepare import prepare

        with progress.phase("preparing"):
            made = list(prepare(self._task, self._environment))
        for sentence in made:
            progress.note(sentence)

    def _nodes(self, progress: "Progress") -> None:
        from components.storage import use_options
        from pipelines.launching.in_process import run_nodes
        from pipelines.launching.isolated import Isolated, start_warm_process
        from pipelines.launching.plan import Selection, plan_run

        quiet_environment()
        request = self._request
        selection = Selection(request.from_nodes, request.to_nodes, request.force)
        with progress.phase("starting TFX", "TFX started"):
            if request.isolated:
                start_warm_process()
            build = self._build or _real_builder()
            log_tfx(verbose=True)
            pipeline = build(self._task, self._file, self._environment, self._request.parameters)
            use_options(pipeline.beam_pipeline_args)
        watched = _Watched(progress, self)
        try:
            plan = plan_run(pipeline, self._store, self._run, selection)
            if request.isolated:
                options = pipeline.beam_pipeline_args
                Isolated(self._environment, self._store, self._run, self._log, options).run(plan, watched)
            else:
                run_nodes(plan, self._store, self._environment, watched)
        finally:
            log_tfx(verbose=False)

    def _summary(self) -> "Summary":
        from pipelines.recorded.summary import summarise

        nodes = self._store.with_artifacts(self._store.nodes(self._run, self._task.name))
        return summarise(nodes, self._task.evaluation.key_metric)

    def _ended(self, summary: "Summary", streams: Streams) -> ExitCode:
        from pipelines.screen.summary import show_summary, verdict_of

        code, verdict = verdict_of(summary, self._request.to_nodes, self._task.push.enabled)
        self._finish(code, verdict, summary)
        took = duration((datetime.now(UTC) - self._started).total_seconds())
        show_summary(summary, verdict, code, console=console_on(streams.out), log=self._log, took=took)
        return code

    def _failed(self, error: BaseException, streams: Streams) -> ExitCode:
        failure: Failure = failure_of(error, self._node, self._interrupted)
        trace = exception_text(type(error), error)
        _LOG.error("%s\n%s", failure.message, trace)
        trace = trace if self._request.debug else ""
        show_problems(failure.headline, failure.problems, console=console_on(streams.err), log=self._log, trace=trace)
        self._finish(failure.code, failure.message)
        return failure.code

    def _finish(self, code: ExitCode, message: str, summary: "Summary | None" = None) -> None:
        facts = {**last_facts(code, message), "log": str(self._log) if self._log.exists() else ""}
        with contextlib.suppress(GalenError):
            facts["span"] = summary.span if summary else self._span()
        if summary is not None:
            facts["summary"] = summary.to_json()
            if code is ExitCode.OK and summary.pushed is None and self._request.to_nodes:
                facts["verdict"] = "stopped at --to"
        with contextlib.suppress(GalenError):  # the database may be what failed; the run's own error matters more
            self._store.add_facts(self._run, facts)

    def _span(self) -> str:
        """Span of the data of a run that did not get to its end."""
        from pipelines.recorded.summary import span_of

        return span_of(self._store.with_artifacts(self._store.nodes(self._run, self._task.name)))

    @contextlib.contextmanager
    def _signals(self, streams: Streams) -> Iterator[None]:
        """Turns Ctrl-C, TERM and a closed terminal into a KeyboardInterrupt; a second one ends the process at once."""

        def stop(number: int, frame: object) -> None:
            if self._interrupted:
                if streams.out.isatty():
                    os.write(streams.out.fileno(), b"\x1b[?25h\n")  # the cursor, which the moving line hides
                os._exit(ExitCode.INTERRUPTED)
            self._interrupted = True
            raise KeyboardInterrupt

        names = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        try:
            # What is ignored stays ignored: nohup, and Ctrl-C for a job in the background.
            asked = [name for name in names if signal.getsignal(name) is not signal.SIG_IGN]
            before = {name: signal.signal(name, stop) for name in asked}
        except ValueError:  # not in the main thread
            yield
            return
        try:
            yield
        finally:
            for name, handler in before.items():
                signal.signal(name, handler)


class _Watched:
    """Passes everything on to the progress, and keeps which node is running."""

    def __init__(self, progress: "Progress", owner: _Run) -> None:
        self._progress, self._owner = progress, owner

    def planned(self, nodes: Sequence[str], base: str) -> None:
        self._progress.planned(nodes, base)

    def node_started(self, node: str) -> None:
        self._owner._node = node
        self._progress.node_started(node)

    def node_ended(self, result: "NodeResult") -> None:
        self._progress.node_ended(result)

    def node_failed(self, node: str, seconds: float) -> None:
        self._progress.node_failed(node, seconds)


def _real_builder() -> Builder:
    from pipelines.builder import build

    return build
