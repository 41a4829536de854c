"""Shows what a run came to: metrics by split, baselines, thresholds, where things are, and the verdict."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.exit_codes import ExitCode
from pipelines.recorded.summary import Estimate, Summary, ThresholdResult
from pipelines.screen.console import marks_for, plain_table
from pipelines.wording import interval, number, short_path

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

__all__ = ["metrics_table", "show_places", "show_summary", "show_tables", "thresholds_table", "verdict_of"]

_NETWORK = "network"
_SHOWN = ("auroc", "auprc", "brier", "sensitivity", "specificity", "ppv", "npv")
_COMPARED = ("auroc", "auprc", "brier")
_MOST_GROUPS = 16


def verdict_of(summary: Summary, to_nodes: Sequence[str], push_enabled: bool) -> tuple[ExitCode, str]:
    """Returns the exit code of a run whose nodes all ended well, and the verdict in a sentence.

    Args:
        summary: What the run came to.
        to_nodes: `--to`.
        push_enabled: The task's push.enabled.
    """
    if summary.pushed is None and to_nodes and (summary.blessed is None or push_enabled):
        return ExitCode.OK, f"stopped at {', '.join(to_nodes)}, as asked"
    if summary.blessed is None:
        return ExitCode.NOT_BLESSED, "no verdict on the model, so it is not blessed"
    if not summary.blessed:
        return ExitCode.NOT_BLESSED, "not blessed; nothing was pushed"
    if summary.pushed:
        return (
            ExitCode.OK,
            f"blessed and pushed as version {summary.version}" if summary.version else "blessed and pushed",
        )
    if not push_enabled:
        return ExitCode.OK, "blessed; not pushed, since the task says push.enabled: false"
    return ExitCode.FAILED, "blessed, but the model was not pushed"


def show_summary(
    summary: Summary, verdict: str, code: ExitCode, *, console: "Console", log: Path | None = None, took: str = ""
) -> None:
    """Writes the end of a run's output.

    Args:
        summary: What the run came to.
        verdict: The verdict in a sentence.
        code: Exit code; decides the colour.
        console: Where to.
        log: The run's log.
        took: How long the run took.
    """
    from rich.text import Text

    show_tables(summary, console)
    console.print()
    show_places(summary, console, log)
    console.print()
    style = "bold green" if code is ExitCode.OK else "bold red" if code is ExitCode.FAILED else "bold yellow"
    console.print(Text(verdict, style).append(f"  {took}", "not bold dim"))


def show_tables(summary: Summary, console: "Console") -> None:
    """Writes metrics, baselines, groups, thresholds and remarks."""
    from rich.text import Text

    for table in (
        metrics_table(summary.metrics, summary.rows),
        _baselines(summary),
        _groups(summary),
        thresholds_table(summary, console),
    ):
        if table is not None:
            console.print()
            console.print(table)
    for remark in summary.remarks:
        console.print()
        console.print(Text(remark, "yellow"))


def metrics_table(metrics: Mapping[str, Mapping[str, Estimate]], rows: Mapping[str, int]) -> "Table | None":
    """Returns metrics by split with their intervals."""
    if not metrics:
        return None
    heads = {split: f"{split} ({rows[split]:,} rows)" if split in rows else split for split in metrics}
    return _estimates("", {heads[split]: estimates for split, estimates in metrics.items()}, _SHOWN)


def _baselines(summary: Summary) -> "Table | None":
    if not summary.baselines:
        return None
    table = plain_table()
    table.add_column("eval", overflow="fold")
    for metric in _COMPARED:
        table.add_column(metric, no_wrap=True)
    for name, estimates in {_NETWORK: summary.metrics.get("eval", {}), **summary.baselines}.items():
        cells = [estimates.get(metric, Estimate()) for metric in _COMPARED]
        table.add_row(name, *(interval(e.value, e.low, e.high) for e in cells))
    return table


def _groups(summary: Summary) -> "Table | None":
    """Returns the groups of patients on the eval split; intersections are in the report."""
    if not summary.groups:
        return None
    table = plain_table()
    for name in ("eval, by group", "rows", "positive", "auroc", "sensitivity"):
        table.add_column(name, overflow="fold", justify="right" if name in ("rows", "positive") else "left")
    for group in summary.groups[:_MOST_GROUPS]:
        cells = [interval(e.value, e.low, e.high) for e in (group.auroc, group.sensitivity) if e]
        shown = cells or ["not enough evidence", ""]
        table.add_row(group.name, f"{group.rows:,}", f"{group.positives:,}", *shown)
    if len(summary.groups) > _MOST_GROUPS:
        table.add_row(f"and {len(summary.groups) - _MOST_GROUPS} more in the report", "", "", "", "")
    return table


def _estimates(corner: str, columns: Mapping[str, Mapping[str, Estimate]], shown: Sequence[str]) -> "Table":
    table = plain_table()
    table.add_column(corner, no_wrap=True, min_width=11)
    for name in columns:
        table.add_column(name, no_wrap=True, overflow="fold")
    found = dict.fromkeys(metric for estimates in columns.values() for metric in estimates)
    for metric in [m for m in shown if m in found] or found:
        cells = [estimates.get(metric, Estimate()) for estimates in columns.values()]
        table.add_row(metric, *(interval(e.value, e.low, e.high) for e in cells))
    return table


def thresholds_table(summary: Summary, console: "Console") -> "Table | None":
    """Returns each threshold: passed or failed, and by how much."""
    from rich.text import Text

    if not summary.thresholds:
        return None
    marks, table = marks_for(console), plain_table()
    for name in ("threshold", "bound", "found", "result"):
        table.add_column(name, overflow="fold")
    for threshold in summary.thresholds:
        sign, style = _SIGNS.get(threshold.verdict, ("dash", "yellow"))
        result = Text(f"{getattr(marks, sign)} {_by_how_much(threshold)}", style)
        table.add_row(_name(threshold), _bound(threshold), _found(threshold), result)
    return table


_SIGNS = {"passed": ("done", "green"), "failed": ("failed", "red")}


def _name(threshold: ThresholdResult) -> str:
    against = " against the last" if threshold.kind == "max_worsening" else ""
    return f"{threshold.metric}{against} {threshold.group}".strip()


def _bound(threshold: ThresholdResult) -> str:
    if threshold.kind == "max_worsening":
        return f"at most {number(threshold.bound)} worse"
    return f"{threshold.kind.replace('_', ' ')} {number(threshold.bound)}"


def _found(threshold: ThresholdResult) -> str:
    if threshold.kind != "max_worsening" or threshold.value is None:
        return number(threshold.value)
    return f"{number(abs(threshold.value))} {'worse' if threshold.value > 0 else 'better'}"


def _by_how_much(threshold: ThresholdResult) -> str:
    if threshold.verdict not in _SIGNS or threshold.margin is None:
        return threshold.verdict
    return f"{threshold.verdict} by {number(abs(threshold.margin))}"


def show_places(summary: Summary, console: "Console", log: Path | None) -> None:
    """Writes where the model, the reports and the log are."""
    from rich.text import Text

    places = {**summary.places, **({"full log": str(log)} if log else {})}
    width = max((len(name) for name in places), default=0)
    for name, place in places.items():
        console.print(Text(f"{name:<{width}}  ", "dim").append(short_path(place), ""), soft_wrap=True)
