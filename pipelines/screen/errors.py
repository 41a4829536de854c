"""Writes errors on standard error: what, where, expected, found, what to do."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_configs.errors import Problem
from pipelines.screen.console import error_console

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["show_problems"]


def show_problems(
    headline: str,
    problems: Sequence[Problem],
    *,
    console: "Console | None" = None,
    log: Path | None = None,
    trace: str = "",
) -> None:
    """Writes problems.

    Args:
        headline: What they mean for the command: "diabetes_progression did not start: 2 problems".
        problems: One paragraph each.
        console: Where to; standard error where left out.
        log: The run's log, named at the end.
        trace: A traceback to show above, for --debug.
    """
    from rich.text import Text

    out = console or error_console()
    if trace:
        out.print(Text(trace.rstrip(), "dim"), soft_wrap=True)
    if headline:
        out.print(Text(headline, "bold red"))
    for problem in problems:
        _write(problem, out)
    if log:
        out.print(Text("full log: ", "dim").append(str(log)), soft_wrap=True)


def _write(problem: Problem, out: "Console") -> None:
    """One problem: with hanging indents on a terminal, unbroken lines on a pipe, where somebody searches."""
    from rich.table import Table
    from rich.text import Text

    what = Text()
    if problem.where:
        what.append(f"{problem.where}: ", "cyan")
    out.print(what.append(problem.what, "bold"), soft_wrap=not out.is_terminal)
    said = [(n, t) for n, t in (("expected", problem.expected), ("found", problem.found), ("to do", problem.fix)) if t]
    if not out.is_terminal:
        for name, text in said:
            out.print(Text(f"  {name + ':':<10}{text}"), soft_wrap=True)
        return
    table = Table.grid(padding=(0, 1))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in said:
        table.add_row(f"  {name + ':':<9}", Text(text))
    if said:
        out.print(table)
