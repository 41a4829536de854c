"""Shows a run as it goes: the running node with its elapsed time, and a line for each that ended."""

import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pipelines.launching.observer import NodeResult
from pipelines.recorded.describe import described
from pipelines.screen.console import marks_for
from pipelines.wording import count, duration, listed

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

__all__ = ["Progress"]

_NAME_WIDTH = 18
_TIME_WIDTH = 11
_FIRST_SIGN, _NEXT_SIGN = 20.0, 60.0  # seconds without a line on a pipe until one says that the node still runs


class Progress:
    """Shows a run on a console; an Observer of `pipelines.launching`.

    On a terminal the last line moves. On a pipe or in a CI log there are plain lines, and a sign of life now and then.

    Args:
        console: Where to show it.
    """

    def __init__(self, console: "Console") -> None:
        self._console = console
        self._marks = marks_for(console)
        self._planned: Sequence[str] = ()
        self._base = ""
        self._reused: list[str] = []
        self._position = 0
        self._activity: _Activity | None = None
        self._running: list[str] = []

    # Observer

    def planned(self, nodes: Sequence[str], base: str) -> None:
        """Keeps how many nodes there will be."""
        self._planned, self._base = nodes, base

    def node_started(self, node: str) -> None:
        """Shows the node as running."""
        if self._reused:
            text = f"of run {self._base}: {listed(self._reused)}"
            self._line(self._marks.cached, count(len(self._reused), "node"), "reused", text, "dim")
            self._reused = []
        self._position += 1
        self._running.append(node)
        self._show_running()

    def node_ended(self, result: NodeResult) -> None:
        """Writes the node's line."""
        self._over(result.id)
        if result.outcome == "reused":
            self._reused.append(result.id)
        elif result.outcome == "cached":
            self._line(self._marks.cached, result.id, "cached", self._described(result), "dim")
        elif result.outcome == "done":
            self._line(self._marks.done, result.id, duration(result.seconds), self._described(result), "green")
        elif result.id in self._planned:
            self._line(self._marks.cached, result.id, "left out", "its condition did not hold", "dim")
        self._show_running()

    def node_failed(self, node: str, seconds: float) -> None:
        """Writes that the node failed; the message comes later."""
        self._over(node)
        self._line(self._marks.failed, node, duration(seconds), "stopped here", "red")
        self._show_running()

    # Other phases

    @contextlib.contextmanager
    def phase(self, what: str, done: str = "") -> Iterator[None]:
        """Shows something that takes a while, such as the imports.

        Args:
            what: What is going on: "starting TFX".
            done: What to call it when it is over; no line is left where it is empty.
        """
        start = time.monotonic()
        self._begin(what, "")
        try:
            yield
        finally:
            self._end()
        if done:
            self._line(self._marks.done, done, duration(time.monotonic() - start), "", "dim")

    def note(self, sentence: str) -> None:
        """Writes a sentence among the lines."""
        from rich.text import Text

        self._console.print(Text("  " + sentence, "dim"), soft_wrap=True)

    def close(self) -> None:
        """Ends what still moves."""
        self._end()

    def _described(self, result: NodeResult) -> str:
        return described(result).replace("->", self._marks.arrow)

    def _over(self, node: str) -> None:
        self._end()
        if node in self._running:
            self._running.remove(node)

    def _show_running(self) -> None:
        if self._running:
            self._begin(", ".join(self._running), f"node {self._position} of {len(self._planned)}")

    def _begin(self, what: str, where: str) -> None:
        self._end()
        self._activity = (
            _Moving(self._console, what, where) if self._console.is_terminal else _Still(self._console, what)
        )

    def _end(self) -> None:
        if self._activity:
            self._activity.stop()
            self._activity = None

    def _line(self, mark: str, name: str, took: str, text: str, style: str) -> None:
        from rich.table import Table
        from rich.text import Text

        row = Table.grid(padding=(0, 1), expand=False)
        row.add_column(width=1)
        row.add_column(min_width=_NAME_WIDTH, no_wrap=True)
        row.add_column(width=_TIME_WIDTH, justify="right", no_wrap=True)
        row.add_column(overflow="fold")
        row.add_row(Text(mark, style), Text(name, "dim" if style == "dim" else ""), Text(took, "dim"), Text(f" {text}"))
        self._console.print(row)


class _Activity:
    def stop(self) -> None:
        """Ends the display."""


class _Moving(_Activity):
    """The moving line of a terminal."""

    def __init__(self, console: "Console", what: str, where: str) -> None:
        from rich.live import Live
        from rich.spinner import Spinner

        self._what, self._where, self._start = what, where, time.monotonic()
        self._spinner = Spinner("dots" if "utf" in console.encoding.lower() else "line", style="cyan")
        self._live = Live(
            console=console,
            get_renderable=self._render,
            refresh_per_second=8,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start()

    def _render(self) -> "RenderableType":
        from rich.table import Table
        from rich.text import Text

        row = Table.grid(padding=(0, 1))
        row.add_column(width=1)
        row.add_column(min_width=_NAME_WIDTH, no_wrap=True)
        row.add_column(width=_TIME_WIDTH, justify="right", no_wrap=True)
        row.add_column(no_wrap=True)
        elapsed = duration(time.monotonic() - self._start)
        row.add_row(
            self._spinner.render(time.monotonic()),
            Text(self._what),
            Text(elapsed, "cyan"),
            Text(f" {self._where}", "dim"),
        )
        return row

    def stop(self) -> None:
        self._live.stop()


class _Still(_Activity):
    """Signs of life where nothing can move."""

    def __init__(self, console: "Console", what: str) -> None:
        self._console, self._what, self._start = console, what, time.monotonic()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._tell, name="galen-progress", daemon=True)
        self._thread.start()

    def _tell(self) -> None:
        wait = _FIRST_SIGN
        while not self._over.wait(wait):
            self._console.print(f"  {self._what}: {duration(time.monotonic() - self._start)} so far")
            wait = _NEXT_SIGN

    def stop(self) -> None:
        self._over.set()
        self._thread.join(timeout=1)
