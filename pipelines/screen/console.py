"""The consoles of the command line: colour and movement only for people who watch a terminal."""

import os
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

__all__ = ["Marks", "console_on", "error_console", "marks_for", "output_console", "plain_table"]


class Marks:
    """Signs, in ASCII where the terminal or pipe takes nothing else.

    Args:
        unicode: Whether others may be used.
    """

    def __init__(self, unicode: bool) -> None:
        self.done = "✓" if unicode else "+"
        self.cached = "="
        self.failed = "✗" if unicode else "x"
        self.arrow = "→" if unicode else "->"
        self.dash = "–" if unicode else "-"


def console_on(stream: TextIO) -> "Console":
    """Returns a console on a stream: without control codes where it is no terminal, without colour with NO_COLOR.

    `TERM=dumb`, `NO_COLOR`, `COLUMNS` mean what they usually mean; a pipe gets 80 columns where COLUMNS is unset.
    """
    from rich.console import Console

    interactive = stream.isatty() and os.environ.get("TERM") != "dumb"
    return Console(
        file=stream,
        force_terminal=interactive,
        force_interactive=interactive,
        highlight=False,
        emoji=False,
        markup=False,
        soft_wrap=False,
        no_color="NO_COLOR" in os.environ or not interactive,
        legacy_windows=False,
    )


def output_console() -> "Console":
    """Returns a console on standard output."""
    return console_on(sys.stdout)


def error_console() -> "Console":
    """Returns a console on standard error."""
    return console_on(sys.stderr)


def plain_table() -> "Table":
    """Returns a table without columns yet, with a line below its head and no other."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    return Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim", show_edge=False)


def marks_for(console: "Console") -> Marks:
    """Returns the signs that a console can show."""
    return Marks("utf" in console.encoding.lower())
