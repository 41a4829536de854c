"""Shows what a cluster has, in tables that fit a terminal."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline_configs.errors import ConfigError, Problem
from pipelines.kubeflow.compile import pipeline_name
from pipelines.kubeflow.schedule import Schedule
from pipelines.screen.console import plain_table
from pipelines.wording import bytes_text, count, duration

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from pipelines.kubeflow.compiling import Compiled
    from pipelines.kubeflow.runs import ClusterRun

__all__ = ["schedule_dicts", "schedule_line", "show_cluster_runs", "show_compiled", "show_logs", "show_schedules"]


def show_compiled(made: "Compiled", console: "Console") -> None:
    """Says what was compiled."""
    size, images = bytes_text(made.file.stat().st_size), _images(made)
    console.print(
        f"{made.file}: {pipeline_name(made.task.name)}, {count(len(made.nodes), 'node')} between Begin and End, {size}",
        soft_wrap=True,
    )
    console.print(f"compiled from {made.origin}; image {', '.join(images)}", soft_wrap=True)
    for sentence in made.warnings:
        console.print(f"note: {sentence}", soft_wrap=True)


def _images(made: "Compiled") -> list[str]:
    assert made.environment.kubeflow is not None
    return list(dict.fromkeys(made.environment.kubeflow.container(node).image for node in made.nodes))


def schedule_line(one: Schedule) -> str:
    """Returns a schedule in a line."""
    when = f"next {one.next:%Y-%m-%d %H:%M}" if one.next else "disabled"
    return f"{one.wanted.task}  '{one.wanted.cron}' {one.wanted.timezone}  {when}"


def schedule_dicts(found: Sequence[Schedule]) -> list[dict[str, Any]]:
    """Returns schedules for JSON."""
    return [
        {"id": one.id, "enabled": one.enabled, "next": one.next.isoformat() if one.next else None, **asdict(one.wanted)}
        for one in found
    ]


def show_schedules(found: Sequence[Schedule], console: "Console", environment: str) -> None:
    """Writes schedules as a table."""
    if not found:
        console.print(f"nothing is scheduled in environment '{environment}'; galen schedule TASK --env {environment}")
        return
    table = _table("task", "next", "cron", "time zone")
    for one in found:
        next_ = f"{one.next:%Y-%m-%d %H:%M}" if one.next else "disabled"
        missed = ", catches up" if one.wanted.catch_up else ""
        table.add_row(one.wanted.task, next_, one.wanted.cron, one.wanted.timezone + missed)
    console.print(table)


def show_cluster_runs(found: "Sequence[ClusterRun]", console: "Console", note: str) -> None:
    """Writes runs as a table."""
    table = _table("run", "created", "took", "span", "state", "verdict")
    for run in found:
        created = run.created.astimezone().strftime("%Y-%m-%d %H:%M")
        table.add_row(run.id[:8], created, duration(run.seconds), run.span, run.state, run.verdict)
    console.print(table)
    if note:
        console.print(note, soft_wrap=True)


def show_logs(task: str, run: str, environment: str, node: str, console: "Console") -> None:
    """Writes the log of a run.

    Raises:
        ConfigError: There is no such run, or no log.
    """
    from pipelines.config import load_environment
    from pipelines.kubeflow.api import Api
    from pipelines.kubeflow.run_logs import logs
    from pipelines.kubeflow.runs import find_run
    from pipelines.recorded import history

    found = load_environment(environment)
    if found.kubeflow is None:
        name = Path(task).stem
        record = history.find_run(history.open_store(found, name), found, name, run)
        file = Path(record.facts.get("log") or Path(found.log_root) / name / f"{record.id}.log")
        if not file.is_file():
            raise ConfigError(Problem(f"there is no log of run {record.id}", str(file)))
        console.file.write(file.read_text(encoding="utf-8", errors="replace"))
        return
    client = Api(found.kubeflow)
    wanted, shown = find_run(client, task, run), 0
    for one in logs(client, wanted.id, task, node):
        shown += 1
        again = f", attempt {one.attempt}" if one.attempt > 1 else ""
        console.print(f"── {one.task}  {one.state}{again}", style="bold", soft_wrap=True)
        console.file.write(one.text if one.text.endswith("\n") else f"{one.text}\n")
        if one.missing:
            console.print(f"no log: {one.missing}", soft_wrap=True)
    if not shown:
        what = f"{node} of run {wanted.id} has no container yet" if node else f"run {wanted.id} has no container yet"
        raise ConfigError(Problem(what, client.host, found=f"state {wanted.state}"))


def _table(*columns: str) -> "Table":
    table = plain_table()
    for name in columns:
        table.add_column(name, overflow="fold")
    return table
