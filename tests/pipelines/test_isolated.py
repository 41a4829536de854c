"""Nodes in processes of their own: the same results, and a failure is that of one node."""

import json
import os
import signal
from pathlib import Path

import pytest

from pipelines.exit_codes import ExitCode
from tests.pipelines.conftest import Home

pytestmark = pytest.mark.slow


def nodes(home: Home) -> dict[str, str]:
    """State of each node in the last run."""
    from pipelines.recorded import history

    store = history.open_store(home.environment, "light")
    return {node.id: node.state for node in history.nodes_of(store, home.last(), "light")}


def test_a_run_in_processes_is_a_run(home: Home, capfd: pytest.CaptureFixture[str]) -> None:
    assert home.run(isolated=True) is ExitCode.OK
    assert nodes(home) == dict.fromkeys(("Ingest", "Learn", "Judge", "Push"), "complete")
    shown = capfd.readouterr().out
    assert "blessed and pushed as version 1" in " ".join(shown.split())
    # What one process left is what another takes from the cache.
    assert home.run() is ExitCode.OK
    assert nodes(home)["Learn"] == "cached"


def test_problems_of_a_node_come_through_as_they_are(home: Home, capfd: pytest.CaptureFixture[str]) -> None:
    home.behave(Learn="data problem")
    assert home.run(isolated=True) is ExitCode.DATA_PROBLEM
    said = capfd.readouterr().err
    assert "Learn stopped by a data problem" in said and "split eval: the label is constant" in said
    assert nodes(home) == {"Ingest": "complete", "Learn": "failed"}


def test_no_value_of_a_foreign_exception_comes_through(home: Home, capfd: pytest.CaptureFixture[str]) -> None:
    home.behave(Learn="value error")
    assert home.run(isolated=True) is ExitCode.FAILED
    captured = capfd.readouterr()
    for text in (captured.out, captured.err, home.log(home.last().id)):
        assert "Jane Doe" not in text
    assert "this is a defect in Galen" in captured.err


def test_chatter_goes_to_the_log(home: Home, capfd: pytest.CaptureFixture[str]) -> None:
    home.behave(Judge="chatter")
    assert home.run(isolated=True) is ExitCode.OK
    assert "chatter" not in "".join(capfd.readouterr())
    assert "chatter on descriptor 1" in home.log(home.last().id)


@pytest.mark.parametrize("node", ["Ingest", "Learn", "Judge"])
def test_a_killed_node_is_one_node_s_failure_and_the_next_run_goes_on(home: Home, node: str) -> None:
    home.behave(**{node: "hang"})
    running = home.start("run", "light", "--isolated")
    process = home.hanging(node, running)
    assert process != running.pid
    os.kill(process, signal.SIGKILL)
    _, said = running.communicate(timeout=60)
    assert running.returncode == ExitCode.FAILED
    assert f"{node} failed" in said and "was ended by SIGKILL" in said
    assert nodes(home)[node] == "canceled"
    assert not list((home.folder / "pipelines" / "light" / node).glob("*/*/half"))
    home.behave()
    assert home.run(isolated=True) is ExitCode.OK
    before = ("Ingest", "Learn", "Judge")[: ("Ingest", "Learn", "Judge").index(node)]
    assert all(nodes(home)[earlier] == "cached" for earlier in before)


def test_an_interrupt_ends_the_nodes_too(home: Home) -> None:
    home.behave(Learn="hang")
    running = home.start("run", "light", "--isolated")
    process = home.hanging("Learn", running)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == ExitCode.INTERRUPTED, said
    assert not Path(f"/proc/{process}").exists()
    assert nodes(home)["Learn"] == "canceled"


def test_from_and_to(home: Home) -> None:
    assert home.run(isolated=True, to_nodes=("Ingest",)) is ExitCode.OK
    assert home.run(isolated=True, from_nodes=("Learn",)) is ExitCode.OK
    assert json.loads(home.last().facts["summary"])["pushed"] is True


def test_several_nodes_to_begin_with_find_what_is_reused(home: Home) -> None:
    assert home.run() is ExitCode.OK
    assert home.run(isolated=True, from_nodes=("Learn", "Push"), force=True) is ExitCode.OK
    assert nodes(home)["Ingest"] == "cached" and nodes(home)["Learn"] == "complete"
