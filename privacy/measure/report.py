"""Measured figures as Markdown: counts and rates, never a text."""

import math
from collections.abc import Iterable, Sequence

from privacy.measure.measuring import Figures, Measurement, Rate

__all__ = ["HEADER", "SHORT_HEADER", "markdown", "rows", "short_rows"]

HEADER = (
    "identifier",
    "labelled",
    "recall (95 %)",
    "found",
    "precision (95 %)",
    "F1",
    "F1 by character",
    "same category: recall",
    "precision",
)
"""Columns of the tables."""


SHORT_HEADER = ("identifier", "labelled", "recall (95 %)", "found", "precision (95 %)", "F1")
"""Columns that fit a terminal of 80 characters: the first of `HEADER`."""


def short_rows(measurement: Measurement) -> list[tuple[str, ...]]:
    """Returns the lines of a table for a terminal."""
    return [row[: len(SHORT_HEADER)] for row in rows(measurement)]


def rows(measurement: Measurement) -> list[tuple[str, ...]]:
    """Returns the lines of a table: one for each category, and one for all of them."""
    lines = [_row(kind.value, figures) for kind, figures in measurement.categories.items()]
    return [*lines, _row("all", measurement.total)] if len(lines) > 1 else lines


def markdown(measurements: Iterable[Measurement]) -> str:
    """Returns a section with a table for each measurement."""
    sections = []
    for each in measurements:
        given = "names of the record given" if each.with_known else "no names given"
        table = [HEADER, ("---",) + ("---:",) * (len(HEADER) - 1), *rows(each)]
        sections.append(
            f"**{each.part}**, {given}: {each.texts:,} texts, {each.words:,} words,"
            f" {each.false_per_thousand:.2f} false findings per 1,000 words\n\n" + "\n".join(map(_line, table))
        )
    return "\n\n".join(sections) + "\n"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _row(name: str, figures: Figures) -> tuple[str, ...]:
    return (
        name,
        f"{figures.recall.total:,}",
        _with_interval(figures.recall),
        f"{figures.precision.total:,}",
        _with_interval(figures.precision),
        _number(figures.f1),
        _number(figures.characters_f1),
        _number(figures.strict_recall.value),
        _number(figures.strict_precision.value),
    )


def _with_interval(rate: Rate) -> str:
    if not rate.total:
        return "–"
    low, high = rate.interval
    return f"{_number(rate.value)} ({_number(low)}–{_number(high)})"


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"
