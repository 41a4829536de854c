"""`galen demo`: the demonstration tasks of all modalities, one after the other, and where everything is."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_configs.environment import Environment
from pipeline_configs.errors import GalenError
from pipelines.exit_codes import ExitCode
from pipelines.recorded.summary import Summary

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["TASKS", "demo"]

TASKS = ("diabetes_progression", "cohort_images", "cohort_notes")
"""The tasks: real records, then images and notes of the synthetic cohort."""


@dataclass(frozen=True)
class _Ended:
    """How one task ended; `ceiling` is the AUROC that no model can pass but by chance, None where nobody knows it."""

    task: str
    code: ExitCode
    summary: Summary
    ceiling: float | None


def demo(environment_name: str = "local") -> ExitCode:
    """Runs the demonstration tasks and shows what they came to.

    Args:
        environment_name: Where they run.

    Returns:
        OK where each model was blessed and pushed; else the code of the first that was not. A task that stops does not
        stop those after it, an interruption does.
    """
    from pipelines.config import load_environment
    from pipelines.run import Request, run
    from pipelines.screen.console import output_console
    from pipelines.screen.errors import show_problems

    environment = load_environment(environment_name)
    console, began, ended = output_console(), time.monotonic(), []
    for number, task in enumerate(TASKS):
        if number:
            console.print()
            console.rule(style="dim")
        try:
            code = run(Request(task, environment_name))
        except GalenError as error:
            show_problems(f"{task} did not run", error.problems)
            code = ExitCode(error.exit_code)
        ended.append(_Ended(task, code, _summary(environment, task), _ceiling(task)))
        if code is ExitCode.INTERRUPTED:
            break
    _show(ended, environment, time.monotonic() - began, console)
    return next((end.code for end in ended if end.code is not ExitCode.OK), ExitCode.OK)


def _summary(environment: Environment, task: str) -> Summary:
    from pipelines.recorded import history

    try:
        return history.find_run(history.open_store(environment, task), environment, task).summary
    except GalenError:
        return Summary()


def _ceiling(task: str) -> float | None:
    """What the generator of the cohort says about the best AUROC from the modality of a task."""
    from pipelines.config import load_task
    from pipelines.prepare import cohort_folder

    declared, _ = load_task(task)
    folder = cohort_folder(declared)
    try:
        ceilings = json.loads((Path(folder) / "cohort.json").read_text(encoding="utf-8"))["ceilings"] if folder else {}
    except (OSError, ValueError, KeyError):
        return None
    found = ceilings.get(declared.modality)
    return float(found["drawn"]) if found else None


def _show(ended: list[_Ended], environment: Environment, seconds: float, console: "Console") -> None:
    from rich.text import Text

    from pipelines.screen.console import plain_table
    from pipelines.wording import duration, interval, number, short_path

    table = plain_table()
    for name in ("task", "verdict", "AUROC on eval", "ceiling", "pushed"):
        table.add_column(name, overflow="fold")
    for end in ended:
        key = end.summary.key_estimate
        style = "green" if end.code is ExitCode.OK else "red" if end.code is ExitCode.FAILED else "yellow"
        table.add_row(
            end.task,
            Text(end.code.verdict, style),
            interval(key.value, key.low, key.high) if key else "-",
            number(end.ceiling),
            end.summary.version or "-",
        )
    console.print()
    console.rule(style="dim")
    console.print(table)
    console.print()
    places = {
        "models": environment.serving_root,
        "reports, artifacts": environment.pipeline_root,
        "logs": environment.log_root,
        "metadata": environment.metadata.place,
    }
    for name, place in places.items():
        console.print(Text(f"{name:<20}", "dim").append(short_path(place), ""), soft_wrap=True)
    console.print(Text(f"galen show TASK tells more of a run; all in {duration(seconds)}", "dim"), soft_wrap=True)
