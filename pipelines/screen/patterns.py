"""Shows `galen patterns`: progress while it counts, and the strongest terms of each direction as tables."""

import time
from typing import TYPE_CHECKING

from pipelines.patterns import PatternsResult
from pipelines.screen.console import marks_for, plain_table
from pipelines.wording import count, short_path

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

__all__ = ["Counting", "show_patterns"]

_STEPS = {"words": "learning the words", "patients": "counting patients"}
_SIGN_OF_LIFE = 20.0
_LARGEST, _SMALLEST = 99.95, 0.01


class Counting:
    """How far the counting is: a moving line on a terminal, a line now and then on a pipe.

    Args:
        console: Where to show it.
    """

    def __init__(self, console: "Console") -> None:
        from rich.status import Status

        self._console = console
        self._status = Status("reading notes", console=console) if console.is_terminal else None
        if self._status:
            self._status.start()
        self._told = time.monotonic()
        self._of = 0

    def __call__(self, step: str, notes: int) -> None:
        """Takes in that so many notes of a step are done; the first step tells how many there are."""
        if step == "words":
            self._of = notes
        done = f"{notes:,} notes" if step == "words" else f"{notes:,} of {self._of:,} notes"
        text = f"{_STEPS[step]}: {done}"
        if self._status:
            self._status.update(text)
        elif time.monotonic() - self._told > _SIGN_OF_LIFE:
            self._told = time.monotonic()
            self._console.print(text)

    def close(self) -> None:
        """Ends the moving line."""
        if self._status:
            self._status.stop()


def show_patterns(result: PatternsResult, console: "Console") -> None:
    """Writes tables that fit 80 columns, and where the rest is."""
    from rich.text import Text

    counts, patterns, label = result.patterns.counts, result.patterns, result.task.label.name
    console.print(
        Text(
            f"{count(counts.notes, 'note')} of split {result.split}, run {result.run}: "
            f"{count(counts.positives, 'patient')} with {label}, {counts.negatives:,} without"
        )
    )
    if counts.both:
        line = f"{count(counts.both, 'patient')} with notes of both labels: only the positive ones count"
        console.print(Text(line, "dim"))
    if counts.words_left_out:
        line = f"{count(counts.words_left_out, 'word')} left out: there are too many different ones"
        console.print(Text(line, "yellow"))
    for direction, heading in ((1, f"go with {label}"), (-1, f"go with no {label}")):
        terms = patterns.ranked(direction)
        console.print()
        shown = f"{count(len(terms), 'term')} that {heading}" if len(terms) != 1 else f"1 term, which {heading}"
        console.print(Text(shown if len(terms) <= result.top else f"{shown}, the {result.top} strongest", "bold"))
        if terms:
            console.print(_table(result, terms[: result.top], console))
    console.print()
    associated = int(abs(patterns.direction).sum())
    nested = len(patterns.represented)
    console.print(
        Text(
            f"{count(len(patterns.names), 'term')} of {patterns.min_patients} patients or more tested, {associated:,} "
            f"at a false discovery rate of 5 %; a nested phrase stands for {nested:,} of them. Odds ratios with 95 % "
            "intervals, by patient. What goes together need not be cause.",
            "dim",
        )
    )
    for name, file in (("table", result.table), ("picture", result.picture)):
        console.print(Text(f"{name:9}", "dim").append(short_path(str(file)), "not dim"), soft_wrap=True)


def _table(result: PatternsResult, terms: list[int], console: "Console") -> "Table":
    from rich.text import Text

    patterns = result.patterns
    dash = marks_for(console).dash
    table = plain_table()
    table.add_column("term", overflow="fold", min_width=16)
    for name in ("with", "without"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("odds ratio", no_wrap=True)
    table.add_column("q", justify="right", no_wrap=True)
    table.add_column("remarks", overflow="fold", style="yellow", max_width=22)
    for term in terms:
        negative, positive = (int(number) for number in patterns.counts.counts[term])
        low, high = _ratio(float(patterns.odds.low[term])), _ratio(float(patterns.odds.high[term]))
        table.add_row(
            Text(patterns.names[term], "dim italic" if patterns.label_word[term] else ""),
            _of(positive, patterns.counts.positives),
            _of(negative, patterns.counts.negatives),
            f"{_ratio(float(patterns.odds.value[term]))} ({low}{dash}{high})",
            _q(float(patterns.q[term])),
            "; ".join(patterns.remarks(term)),
        )
    return table


def _of(patients: int, everyone: int) -> str:
    return f"{patients:,} {patients / everyone:4.0%}"


def _ratio(value: float) -> str:
    if value > _LARGEST:
        return f"{value:,.0f}"
    if value < _SMALLEST:
        return f"{value:.1g}" if value >= 0.001 else "<.001"
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}"


def _q(value: float) -> str:
    return "<.001" if value < 0.001 else f"{value:.3f}".lstrip("0")
