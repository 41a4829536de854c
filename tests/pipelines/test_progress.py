"""The display: a moving line on a terminal, plain lines elsewhere."""

import io
import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from pipelines.launching.observer import NodeResult
from pipelines.metadata.records import Artifact, Node
from pipelines.recorded.describe import described
from pipelines.screen import progress as module
from pipelines.screen.progress import Progress
from pipelines.wording import bytes_text, duration, interval, listed

NOW = datetime(2026, 11, 19, tzinfo=UTC)


def node(name: str, hands_on: bool = False) -> Node:
    model = Artifact(1, "Model", "/nowhere", {}, NOW)
    statistics = Artifact(2, "ExampleStatistics", "/nowhere", {}, NOW)
    return Node(1, name, "complete", NOW, NOW, {"statistics": [statistics]}, {"model": [model]}, hands_on)


def play(console: Console) -> str:
    progress = Progress(console)
    with progress.phase("starting TFX", "TFX started"):
        time.sleep(0.3)
    progress.planned(["Learn", "PreviousStatistics", "Judge"], "20261119-102345")
    progress.node_ended(NodeResult("Ingest", "reused", 0))
    for name, outcome in (("Learn", "done"), ("PreviousStatistics", "cached")):
        progress.node_started(name)
        time.sleep(0.3)
        progress.node_ended(NodeResult(name, outcome, 125.0, node(name, hands_on=outcome == "cached")))  # type: ignore[arg-type]
    progress.node_started("Judge")
    progress.node_failed("Judge", 3.0)
    progress.node_ended(NodeResult("Push", "skipped", 0))
    stream = console.file
    assert isinstance(stream, io.StringIO)
    return stream.getvalue()


def test_plain_lines_on_a_pipe() -> None:
    text = play(Console(file=io.StringIO(), width=80, force_terminal=False))
    assert "\x1b" not in text and "\r" not in text
    lines = text.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["✓", "TFX"],
        ["=", "1"],
        ["✓", "Learn"],
        ["=", "PreviousStatistics"],
        ["✗", "Judge"],
    ]
    assert "of run 20261119-102345: Ingest" in lines[1]
    assert "2 min 05 s  statistics → model" in lines[2]
    assert "cached  found model" in lines[3]
    assert max(map(len, lines)) <= 80


def test_a_moving_line_on_a_terminal() -> None:
    text = play(Console(file=io.StringIO(), width=80, force_terminal=True, color_system=None))
    assert "node 1 of 3" in text and "\x1b[2K" in text
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h")  # the cursor comes back


def test_ascii_where_nothing_else_is_understood() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="strict")
    progress = Progress(Console(file=stream, width=80))
    progress.planned(["Learn"], "")
    progress.node_started("Learn")
    progress.node_ended(NodeResult("Learn", "done", 1.0, node("Learn")))
    stream.flush()
    assert b"+ Learn" in stream.buffer.getvalue()  # type: ignore[attr-defined]
    assert b"statistics -> model" in stream.buffer.getvalue()  # type: ignore[attr-defined]


def test_a_sign_of_life_on_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FIRST_SIGN", 0.05)
    monkeypatch.setattr(module, "_NEXT_SIGN", 10.0)
    console = Console(file=io.StringIO(), width=80)
    with Progress(console).phase("starting TFX"):
        time.sleep(0.4)
    assert console.file.getvalue() == "  starting TFX: 0.1 s so far\n"  # type: ignore[attr-defined]


def test_numbers_in_words() -> None:
    assert [bytes_text(n) for n in (0, 999, 1000, 21_432, 3_250_000)] == ["0 B", "999 B", "1.0 kB", "21 kB", "3.2 MB"]
    assert [duration(s) for s in (0, 9.94, 9.97, 59.4, 59.6, 125, 7400)] == [
        *("0.0 s", "9.9 s", "10 s", "59 s", "1 min 00 s", "2 min 05 s", "2 h 03 min"),
    ]
    assert interval(0.8, 0.75, 0.849) == "0.800 (0.750-0.849)" and interval(None, None, None) == "-"
    assert listed(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"


def test_images_that_look_the_same_in_different_splits_are_told(tmp_path: Path) -> None:
    report = {"files": [{"file": "m.csv", "rows": 5, "bytes": 90}], "rows": {"train": 3, "eval": 2}}
    (tmp_path / "report.json").write_text(json.dumps({**report, "near_duplicates_across_splits": 2}))
    artifact = Artifact(1, "GalenIngestReport", str(tmp_path), {}, NOW)
    ingest = Node(1, "ImageExampleGen", "complete", NOW, NOW, {}, {"ingest_report": [artifact]})
    assert described(NodeResult("ImageExampleGen", "done", 1.0, ingest)).endswith(
        "; 2 pairs of images in different splits look the same"
    )
    (tmp_path / "report.json").write_text(json.dumps(report))
    assert "look the same" not in described(NodeResult("ImageExampleGen", "done", 1.0, ingest))
