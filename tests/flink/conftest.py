"""One Flink cluster for all tests here, and one run of a pipeline on it beside one on the direct runner."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flink_cluster import Cluster
from flink_setup import missing

ROOT = Path(__file__).resolve().parents[2]
TASK = "diabetes_progression"
JOB = "galen-diabetes-progression-{}"
Finished = subprocess.CompletedProcess[str]
KEY = "a key for tests on Flink, 32 byte"


@dataclass(frozen=True)
class Home:
    """A GALEN_HOME, and galen in it."""

    path: Path
    environment: str
    variables: dict[str, str]

    def galen(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Runs galen to its end."""
        running = self.start(*arguments, **more)
        output, errors = running.communicate(timeout=900)
        return subprocess.CompletedProcess(running.args, running.returncode, output, errors)

    def start(self, *arguments: str, **more: str) -> "subprocess.Popen[str]":
        """Starts galen as a process of its own, in a folder that workers do not share."""
        variables = {**os.environ, "GALEN_HOME": str(self.path), "COLUMNS": "100", "NO_COLOR": "1"}
        variables |= {"GALEN_PSEUDONYM_KEY": KEY, "PYTHONPATH": str(ROOT), **self.variables, **more}
        command = [sys.executable, "-m", "pipelines.commands.main", *arguments, "--env", self.environment]
        streams: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, cwd=self.path.parent, env=variables, **streams)

    def artifact(self, node: str, output: str) -> Path:
        """The newest artifact of a node."""
        return max((self.path / "pipelines" / TASK / node / output).iterdir(), key=lambda path: int(path.name))

    def versions(self) -> list[Path]:
        """The pushed models."""
        return sorted((self.path / "serving" / TASK).glob("[0-9]*"))


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A running cluster; the tests are skipped where Flink, Beam's job server or Java is not there."""
    reason = missing()
    if reason:
        pytest.skip(reason)
    with Cluster(tmp_path_factory.mktemp("flink"), secrets={"GALEN_PSEUDONYM_KEY": KEY}) as running:
        yield running


@pytest.fixture(scope="session")
def broken(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, Finished, Finished]:
    """A run on Flink whose workers are killed in Transform, and one that is tried while they are gone."""
    home = Home(tmp_path_factory.mktemp("on_flink") / "home", "flink", cluster.variables)
    running = home.start("run", TASK)
    wait_for_job(cluster, running, JOB.format("transform"))
    cluster.stop("workers")
    output, errors = running.communicate(timeout=600)
    tried = home.galen("run", TASK)
    return home, Finished(running.args, running.returncode, output, errors), tried


@pytest.fixture(scope="session")
def on_flink(cluster: Cluster, broken: tuple[Home, Finished, Finished]) -> tuple[Home, Finished]:
    """The pipeline, run on Flink: from where it broke to its end."""
    cluster.start_workers()
    home = broken[0]
    return home, home.galen("run", TASK)


@pytest.fixture(scope="session")
def direct(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, Finished]:
    """The same pipeline with the same key, run on this machine."""
    home = Home(tmp_path_factory.mktemp("direct") / "home", "local", {})
    return home, home.galen("run", TASK)


def wait_for_job(cluster: Cluster, running: "subprocess.Popen[str]", name: str) -> None:
    """Waits until a job of this name is at work on the cluster."""
    deadline = time.monotonic() + 400
    while not any(job["name"] == name and job["state"] == "RUNNING" for job in cluster.get("/jobs/overview")["jobs"]):
        assert running.poll() is None, running.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.5)
