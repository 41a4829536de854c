"""Shows the history: a table of runs, and one run in detail."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.launching.observer import NodeResult, Outcome
from pipelines.metadata.records import Node
from pipelines.recorded.describe import described
from pipelines.recorded.history import RunRecord, state_of
from pipelines.recorded.lineage import Ancestor
from pipelines.screen.console import marks_for, plain_table
from pipelines.screen.summary import metrics_table, show_places, thresholds_table
from pipelines.wording import count, duration, interval, local_time, number, short_path

if TYPE_CHECKING:
    from rich.console import Console
    from rich.tree import Tree

__all__ = ["show_run", "show_runs"]

_STYLES = {"blessed": "green", "not blessed": "yellow", "data problem": "yellow", "failed": "red", "running": "cyan"}


def show_runs(records: Sequence[RunRecord], console: "Console") -> None:
    """Writes a table of runs, the newest first."""
    from rich.text import Text

    metric = next((record.summary.key_metric for record in records if record.summary.key_metric), "")
    wide = console.width >= 100
    table = plain_table()
    for name in ("run", "started", "took", "span", "verdict", metric or "metric", "cached"):
        table.add_column(name, no_wrap=True, justify="right" if name in ("took", "span", "cached") else "left")
    for record in records:
        estimate = record.summary.key_estimate
        value = "-" if estimate is None else number(estimate.value)
        if estimate is not None and wide:
            value = interval(estimate.value, estimate.low, estimate.high)
        table.add_row(
            record.id,
            local_time(record.started),
            duration(record.seconds),
            record.span or "-",
            Text(record.verdict, _STYLES.get(record.verdict, "")),
            value,
            f"{record.cached}/{len(record.states)}",
        )
    console.print(table)


def show_run(record: RunRecord, nodes: Sequence[Node], tree: Ancestor | None, console: "Console") -> None:
    """Writes all that is known of a run.

    Args:
        record: The run.
        nodes: Its nodes with their artifacts.
        tree: Where its model comes from.
        console: Where to.
    """
    from rich.table import Table
    from rich.text import Text

    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    for name, text in _facts(record):
        facts.add_row(name, Text(text, _STYLES.get(text, "")))
    console.print(facts)
    if nodes:
        console.print()
        _show_nodes(nodes, record, console)
    for part in (metrics_table(record.summary.metrics, record.summary.rows), thresholds_table(record.summary, console)):
        if part is not None:
            console.print()
            console.print(part)
    for remark in record.summary.remarks:
        console.print()
        console.print(Text(remark, "yellow"))
    if record.summary.places:
        console.print()
        log = record.facts.get("log", "")
        show_places(record.summary, console, Path(log) if log else None)
    if tree:
        console.print()
        console.print(_tree(tree, record.id))


def _facts(record: RunRecord) -> list[tuple[str, str]]:
    facts = record.facts
    parameters = json.loads(facts.get("parameters") or "{}")
    named = [
        ("run", record.id),
        ("verdict", record.verdict),
        ("exit code", facts.get("exit_code", "")),
        ("message", facts.get("message", "")),
        ("pushed version", record.summary.version),
        ("started", f"{local_time(record.started, seconds=True)}, took {duration(record.seconds)}"),
        ("parameters", ", ".join(f"{key}={value}" for key, value in parameters.items())),
        ("span", record.span),
        ("--from", facts.get("from", "")),
        ("--to", facts.get("to", "")),
        ("environment", facts.get("environment", "")),
        ("galen", f"{facts.get('galen_version', '')} {_short(facts.get('git_revision', ''))}".strip()),
    ]
    return [(name, text) for name, text in named if text]


def _short(revision: str) -> str:
    commit, plus, changes = revision.partition("+")
    return commit[:12] + plus + changes


def _show_nodes(nodes: Sequence[Node], record: RunRecord, console: "Console") -> None:
    from rich.table import Table
    from rich.text import Text

    marks, table = marks_for(console), Table.grid(padding=(0, 1))
    for options in (
        {"width": 1},
        {"min_width": 18, "no_wrap": True},
        {"justify": "right", "no_wrap": True},
        {"overflow": "fold"},
    ):
        table.add_column(**options)  # type: ignore[arg-type]
    for node in nodes:
        state, text = state_of(record, node), ""
        mark, took = Text(marks.failed, "red"), state
        if state in ("complete", "cached"):
            mark = Text(marks.done, "green") if state == "complete" else Text(marks.cached, "dim")
            took = duration(node.seconds) if state == "complete" else "cached"
            outcome: Outcome = "done" if state == "complete" else "cached"
            text = described(NodeResult(node.id, outcome, node.seconds, node)).replace("->", marks.arrow)
        elif state == "running":
            mark = Text(marks.dash, "cyan")
        table.add_row(mark, node.id, Text(took, "dim"), Text(f" {text}"))
    console.print(table)
    console.print(Text(count(len(nodes), "node") + f", {record.cached} from the cache", "dim"))


def _tree(ancestor: Ancestor, run: str) -> "Tree":
    from rich.text import Text
    from rich.tree import Tree

    def branch(one: Ancestor, run: str) -> Text:
        text = Text(one.what, "bold")
        text.append(f"  {one.detail}" if one.detail else "", "not bold")
        text.append(f"  run {one.run}" if one.run and one.run != run else "", "not bold dim")
        return text.append(f"\n{short_path(one.uri)}" if one.uri else "", "not bold dim")

    def grow(one: Ancestor, tree: Tree, run: str) -> Tree:
        for behind in one.behind:
            grow(behind, tree.add(branch(behind, one.run or run)), one.run or run)
        return tree

    return grow(ancestor, Tree(branch(ancestor, run), guide_style="dim"), run)
