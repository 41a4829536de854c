"""`galen backfill` where tasks run on this machine, with runs that are only noted down."""

from pathlib import Path
from typing import Any

import pytest

from pipeline_configs.errors import ConfigError
from pipelines import backfill as passed
from pipelines import run as runs
from pipelines.exit_codes import ExitCode
from pipelines.kubeflow.backfill import backfill
from tests.pipelines.conftest import Home, make_home

NAME = "light"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home whose task has files of the spans 1, 2, 3 and 5."""
    found = make_home(tmp_path, monkeypatch)
    file = tmp_path / "configs" / f"{NAME}.yaml"
    file.write_text(file.read_text().replace("patients.csv", f"'{tmp_path}/span-{{SPAN}}/patients.csv'"))
    for span in (1, 2, 3, 5):
        (tmp_path / f"span-{span}").mkdir()
        (tmp_path / f"span-{span}" / "patients.csv").write_text("id,age,ill\n1,40,1\n")
    return found


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Spans that were run, in order, and how runs end."""
    noted: dict[str, Any] = {"spans": [], "codes": {}}

    def run(request: runs.Request) -> ExitCode:
        noted["spans"].append(request.parameters["span"])
        return noted["codes"].get(request.parameters["span"], ExitCode.OK)

    monkeypatch.setattr(runs, "run", run)
    return noted


def test_missing_spans_run_in_order_and_those_that_passed_or_have_no_files_are_skipped(
    home: Home, ran: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(passed, "passed_spans", lambda task, store: {2})
    ran["codes"]["3"] = ExitCode.NOT_BLESSED  # a verdict, and no reason to stop
    assert backfill(NAME, "local", "1", "5", {}) == ExitCode.OK
    assert ran["spans"] == ["1", "3", "5"]
    said = capsys.readouterr().out
    assert "2: ingested before, skipped" in said and "4: there are no files, skipped" in said


def test_the_first_that_fails_ends_it(home: Home, ran: dict[str, Any]) -> None:
    ran["codes"]["2"] = ExitCode.DATA_PROBLEM
    assert backfill(NAME, "local", "1", "5", {}) == ExitCode.DATA_PROBLEM
    assert ran["spans"] == ["1", "2"]


def test_a_span_among_the_parameters_is_refused(home: Home, ran: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="backfill gives each run its span"):
        backfill(NAME, "local", "1", "5", {"span": "9"})
    assert not ran["spans"]
