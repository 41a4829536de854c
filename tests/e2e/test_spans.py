"""Spans by date for real: a window on its first run, and a span that is delivered again."""

import csv
import json
from pathlib import Path

import pytest

from examples.sklearn_data import export
from tests.e2e.conftest import TASK, Home

pytestmark = pytest.mark.e2e


def deliver(folder: Path, day: str, rows: list[list[str]]) -> None:
    file = folder / day / "records.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", newline="") as stream:
        csv.writer(stream).writerows(rows)


def spans_in_window(home: Home, *parameters: str) -> list[int]:
    """Runs up to the window and returns the rows of each span in it, the oldest first."""
    ran = home.galen("run", TASK, "--to", "Window", *(part for p in parameters for part in ("--param", p)))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    shown = json.loads(home.galen("show", TASK, "--json").stdout)
    window = next(node for node in shown["node_list"] if node["id"] == "Window")
    reports = [Path(uri.replace("/examples/", "/ingest_report/")) for uri in window["outputs"]["examples"]]
    return [sum(json.loads((report / "report.json").read_text())["rows"].values()) for report in reports]


def test_a_window_holds_spans_that_no_run_had_ingested_and_counts_a_re_delivered_one_once(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    with export("diabetes", tmp_path / "all.csv").open() as file:
        header, *rows = csv.reader(file)
    source = tmp_path / "source"
    deliver(source, "2026-11-20", [header, *rows[:130]])
    deliver(source, "2026-11-21", [header, *rows[130:280]])
    deliver(source, "2026-11-23", [header, *rows[280:]])
    window = (f"data.path={source}/{{YYYY}}-{{MM}}-{{DD}}/*.csv", "data.window=2")
    assert spans_in_window(home, *window) == [150, 162]
    deliver(source, "2026-11-23", [header, *rows[270:]])
    assert spans_in_window(home, *window) == [150, 172]
    assert spans_in_window(home, *window, "span=2026-11-21") == [130, 150]
