"""Whole runs of the light pipeline: screen, log, exit code, history; caching, partial runs, killing, interrupting."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from pipeline_configs.errors import ConfigError, RunFailed
from pipelines.recorded import history
from pipelines.recorded.lineage import lineage
from tests.pipelines.conftest import Home

SECRET = "Jane Doe"


def everything(folder: Path) -> str:
    """All that a run left behind, as text."""
    return "".join(f.read_bytes().decode("latin-1") for f in folder.rglob("*") if f.is_file())


def states(home: Home) -> dict[str, str]:
    record = home.last()
    store = history.open_store(home.environment, "light")
    return {node.id: history.state_of(record, node) for node in history.nodes_of(store, record, "light")}


def test_a_run_and_its_history(home: Home, capfd: pytest.CaptureFixture[str]) -> None:
    home.behave(Learn="chatter")
    assert home.run() == 0
    screen = capfd.readouterr()
    assert screen.err == ""
    assert "\x1b" not in screen.out
    assert max(map(len, screen.out.replace(str(home.folder), "").splitlines())) <= 80
    lines = screen.out.splitlines()
    assert [line.split()[1] for line in lines if line.startswith("✓")] == ["TFX", "Ingest", "Learn", "Judge", "Push"]
    folded = " ".join(screen.out.split())
    assert "1 file, 200 rows, 22 kB → train 120, calibration 40, eval 40 rows; 3 rows in quarantine" in folded
    assert "blessed and pushed as version 1" in lines[-1]

    record = home.last()
    log = home.log(record.id)
    for words in ("chatter on stdout", "stderr", "descriptor 1", "descriptor 2", "chatter as warning"):
        assert words in log and words not in screen.out
    assert record.facts["exit_code"] == "0" and record.verdict == "blessed" and record.span == "3"
    assert record.summary.version == "1" and record.summary.rows == {"train": 120, "calibration": 40, "eval": 40}

    store = history.open_store(home.environment, "light")
    tree = lineage(store, history.nodes_of(store, record, "light"))
    steps = []
    while tree:
        steps.append((tree.what, tree.detail, tree.node))
        tree = next(iter(tree.behind), None)
    assert steps == [
        ("pushed model", "version 1", "Push"),
        ("model", "", "Learn"),
        ("examples", "span 3, train 120, calibration 40, eval 40 rows", "Ingest"),
        ("input file", "200 rows, 22 kB", ""),
    ]

    assert home.run() == 0
    assert states(home) == dict.fromkeys(("Ingest", "Learn", "Judge", "Push"), "cached")
    assert capfd.readouterr().out.count("cached") == 4
    assert home.run(force=True) == 0
    assert set(states(home).values()) == {"complete"}


@pytest.mark.parametrize(
    ("behaviour", "code", "verdict", "said"),
    [
        ("value error", 1, "failed", "this is a defect in Galen"),
        ("data problem", 4, "data problem", "split eval: the label is constant"),
        ("disk full", 1, "failed", "/somewhere/file: the disk is full"),
        ("interrupt", 130, "interrupted", "run again: it goes on from the last finished node"),
    ],
)
def test_runs_that_stop(
    home: Home, capfd: pytest.CaptureFixture[str], behaviour: str, code: int, verdict: str, said: str
) -> None:
    home.behave(Learn=behaviour)
    assert home.run() == code
    screen = capfd.readouterr()
    assert "Learn" in screen.err.splitlines()[0] and said in screen.err
    assert "Traceback" not in screen.err + screen.out
    record = home.last()
    assert record.verdict == verdict and record.facts["exit_code"] == str(code) and record.span == "3"
    assert f"full log: {home.folder}/logs/light/{record.id}.log" in screen.err
    assert "Traceback (most recent call last)" in home.log(record.id)
    assert SECRET not in everything(home.folder) + screen.err + screen.out
    assert states(home)["Learn"] == ("interrupted" if code == 130 else "failed")

    home.behave()
    assert home.run() == 0
    assert states(home) == {"Ingest": "cached", "Learn": "complete", "Judge": "complete", "Push": "complete"}


def test_debug_shows_frames_but_no_values(home: Home, capfd: pytest.CaptureFixture[str]) -> None:
    home.behave(Learn="value error")
    home.run(debug=True)
    screen = capfd.readouterr()
    assert "light_pipeline.py" in screen.err and "message withheld" in screen.err
    assert SECRET not in screen.err


def test_a_model_that_is_not_blessed(home: Home, capfd: pytest.CaptureFixture[str]) -> None:
    assert home.run(parameters={"evaluation.decision_threshold": 0.95}) == 3
    assert "not blessed; nothing was pushed" in capfd.readouterr().out
    assert home.last().verdict == "not blessed"
    assert json.loads(home.last().facts["parameters"]) == {"evaluation.decision_threshold": 0.95}


def test_partial_runs(home: Home, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ConfigError, match=r"no earlier run(.|\n)*Ingest, Learn"):
        raised(home, from_nodes=("Judge",))
    assert home.run(to_nodes=("Learn",)) == 0
    assert "stopped at Learn, as asked" in capfd.readouterr().out
    assert states(home) == {"Ingest": "complete", "Learn": "complete"}
    first = home.last().id

    home.behave(Learn="value error")
    assert home.run(parameters={"training.seed": 5}) == 1
    capfd.readouterr()
    assert home.run(from_nodes=("Judge",)) == 0
    assert f"of run {first}: Ingest, Learn" in " ".join(capfd.readouterr().out.split())
    assert states(home) == {"Ingest": "cached", "Learn": "cached", "Judge": "complete", "Push": "complete"}

    with pytest.raises(ConfigError, match=r"has no node 'judge'(.|\n)*did you mean 'Judge'"):
        raised(home, from_nodes=("judge",))
    with pytest.raises(ConfigError, match="no node lies between"):
        raised(home, from_nodes=("Push",), to_nodes=("Learn",))


def raised(home: Home, **selection: Any) -> None:
    """Runs the nodes without the display, so that the error comes as it is."""
    from pipelines.config import load_task
    from pipelines.launching.in_process import run_nodes
    from pipelines.launching.plan import Selection, plan_run
    from pipelines.metadata.store import Store
    from tests.pipelines import light_pipeline

    task, file = load_task("light")
    store = Store(home.environment, write=True)
    pipeline = light_pipeline.build(task, file, home.environment, {})
    run = store.begin_run("light", "r", {"verdict": "failed"})
    run_nodes(plan_run(pipeline, store, run, Selection(**selection)), store, home.environment, Silent())


class Silent:
    def planned(self, nodes: Any, base: str) -> None: ...
    def node_started(self, node: str) -> None: ...
    def node_ended(self, result: Any) -> None: ...
    def node_failed(self, node: str, seconds: float) -> None: ...


def test_a_node_without_its_input_stops_the_run(home: Home) -> None:
    from pipelines.config import load_task
    from pipelines.launching.in_process import run_nodes
    from pipelines.launching.plan import plan_run
    from pipelines.metadata.store import Store
    from tests.pipelines import light_pipeline

    task, _ = load_task("light")
    store = Store(home.environment, write=True)
    pipeline = light_pipeline.build_without_examples(task, home.environment)
    with pytest.raises(RunFailed, match=r"Learn: the node(.|\n)*could not"):
        run_nodes(plan_run(pipeline, store, store.begin_run("light", "r", {})), store, home.environment, Silent())


def test_artifacts_without_their_database_are_refused(home: Home) -> None:
    assert home.run(to_nodes=("Ingest",)) == 0
    (home.folder / "metadata.sqlite").unlink()
    with pytest.raises(ConfigError, match=r"does not know(.|\n)*such as Ingest"):
        home.run()


@pytest.mark.slow
def test_a_killed_run(home: Home, capfd: pytest.CaptureFixture[str]) -> None:
    home.behave(Learn="hang")
    process = home.start("run", "light")
    home.hanging("Learn", process)
    killed = home.last()
    assert killed.verdict == "running" and states(home) == {"Ingest": "complete", "Learn": "running"}

    home.behave()
    with pytest.raises(RunFailed, match=f"process {process.pid} on .*, run {killed.id}"):
        home.run()
    assert home.run("other") == 0  # another task meanwhile, in the same database

    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert home.last().verdict == "interrupted" and states(home)["Learn"] == "interrupted"
    assert list((home.folder / "pipelines" / "light" / "Learn" / "model").iterdir())

    capfd.readouterr()
    assert home.run() == 0
    assert states(home) == {"Ingest": "cached", "Learn": "complete", "Judge": "complete", "Push": "complete"}
    store = history.open_store(home.environment, "light")
    earlier = history.runs(store, home.environment, "light")[1]
    assert (earlier.id, earlier.verdict) == (killed.id, "interrupted")
    [model] = (home.folder / "pipelines" / "light" / "Learn" / "model").iterdir()  # the half-written one is gone
    assert (model / "weights").exists()


def test_a_closed_pipe_does_not_stop_a_run(home: Home) -> None:
    read, write = os.pipe()
    saved = os.dup(1)
    os.dup2(write, 1)
    os.close(write)
    os.close(read)
    try:
        assert home.run() == 0
    finally:
        os.dup2(saved, 1)
        os.close(saved)
    assert home.last().verdict == "blessed"


def test_what_is_ignored_stays_ignored(home: Home) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        home.behave(Learn="hang up")
        assert home.run() == 0
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_history_on_the_command_line(home: Home) -> None:
    assert home.run() == 0
    assert home.run() == 0
    listed = home.galen("runs", "light")
    assert listed.returncode == 0 and max(map(len, listed.stdout.splitlines())) <= 80
    newest, oldest = json.loads(home.galen("runs", "light", "--json").stdout)
    assert (newest["cached"], oldest["cached"], newest["nodes"]) == (4, 0, 4)
    assert newest["verdict"] == "blessed" and newest["facts"]["exit_code"] == "0"
    assert json.loads(home.galen("runs", "light", "--json", "--limit", "1").stdout) == [newest]
    shown = json.loads(home.galen("show", "light", "--json").stdout)
    assert shown["id"] == newest["id"]
    assert [node["state"] for node in shown["node_list"]] == ["cached"] * 4
    assert shown["lineage"]["what"] == "pushed model" and shown["lineage"]["run"] == oldest["id"]
    plain = home.galen("show", "light", oldest["id"])
    assert plain.returncode == 0 and "input file" in plain.stdout and "patients.csv" in plain.stdout
    wrong = home.galen("show", "light", "1999")
    assert wrong.returncode == 2 and "there is no run '1999' of light" in wrong.stderr
    several = home.galen("show", "light", "2")
    assert several.returncode == 2 and "several runs of light begin with '2'" in several.stderr


def test_an_error_before_the_first_node_is_in_the_history_as_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines import check
    from pipelines.config import load_environment
    from pipelines.metadata.store import Store
    from pipelines.run import Request, run

    def broken(*_: object) -> None:
        raise ValueError("Secretname")

    monkeypatch.setenv("GALEN_HOME", str(tmp_path))
    monkeypatch.setattr(check, "check_data", broken)
    with pytest.raises(ValueError, match="Secretname"):
        run(Request("diabetes_progression"))
    [recorded] = Store(load_environment("local")).runs("diabetes_progression")
    assert recorded.facts["verdict"] == "failed"
    assert recorded.facts["exit_code"] == "1"
    assert "Secretname" not in str(recorded.facts)
