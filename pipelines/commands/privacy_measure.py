"""Measures how well identifiers are found: `galen privacy measure`."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline_configs.errors import ConfigError, Problem, closest
from pipelines.recorded.results import finite

if TYPE_CHECKING:
    from privacy.measure.measuring import Measurement

__all__ = ["ENGINES", "measure_command"]

ENGINES = ("rules", "presidio")
"""Engines that can be measured."""


def measure_command(path: Path, format: str, engine: str, output: Path | None, as_json: bool) -> int:
    """Measures an engine on labelled texts and shows the figures: counts and rates, never a value.

    Args:
        path: The labelled texts.
        format: How they are labelled, "presidio" or "aci-bench".
        engine: "rules" or "presidio".
        output: A file for the figures, in Markdown; in JSON where its name ends in .json.
        as_json: Whether the figures go to standard output in JSON instead of as a table.

    Returns:
        0.

    Raises:
        ConfigError: There is no such format or engine, or the engine cannot be loaded.
        DataProblem: The texts cannot be read.
    """
    from privacy.measure.aci_bench import read_aci_bench
    from privacy.measure.measuring import measure
    from privacy.measure.presidio import read_presidio
    from privacy.measure.report import markdown
    from privacy.text.engine import engine_named

    readers = {"presidio": read_presidio, "aci-bench": read_aci_bench}
    _one_of("format", format, tuple(readers))
    _one_of("engine", engine, ENGINES)
    texts = readers[format](path)
    finder = engine_named(engine)
    measurements = measure(texts, finder)
    if any(text.known for text in texts):
        measurements += measure(texts, finder, with_known=True)
    if as_json:
        print(_json(measurements))
    else:
        _show(measurements)
    if output:
        written = _json(measurements) + "\n" if output.suffix == ".json" else markdown(measurements)
        try:
            output.write_text(written, encoding="utf-8")
        except OSError as error:
            raise ConfigError(
                Problem("the figures cannot be written", str(output), found=error.strerror or "")
            ) from None
    return 0


def _one_of(name: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise ConfigError(
            Problem(f"there is no {name} of that name", f"--{name}", " or ".join(known), value, closest(value, known))
        )


def _json(measurements: "Sequence[Measurement]") -> str:
    figures = [
        {**asdict(each), "false_per_thousand_words": each.false_per_thousand, "f1": each.total.f1}
        for each in measurements
    ]
    return json.dumps(_numbers(figures), indent=2, allow_nan=False)


def _numbers(figures: Any) -> Any:
    """The same with null for what is no number: JSON has none."""
    if isinstance(figures, dict):
        return {key: _numbers(value) for key, value in figures.items()}
    if isinstance(figures, list):
        return [_numbers(value) for value in figures]
    return finite(figures) if isinstance(figures, float) else figures


def _show(measurements: "Sequence[Measurement]") -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    from pipelines.screen.console import output_console
    from privacy.measure.report import SHORT_HEADER, short_rows

    console = output_console()
    for each in measurements:
        title = Text(each.part, "bold").append(
            f", {'names of the record given' if each.with_known else 'no names given'}: {each.texts:,} texts,"
            f" {each.words:,} words, {each.false_per_thousand:.2f} false findings per 1,000 words",
            "not bold",
        )
        table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim", show_edge=False)
        for column in SHORT_HEADER:
            table.add_column(column, no_wrap=True, justify="left" if column == SHORT_HEADER[0] else "right")
        for row in short_rows(each):
            table.add_row(*row)
        console.print(title, soft_wrap=True)
        console.print(table)
        console.print()
