"""A home for runs of the light pipeline: two tasks, one environment, and who runs them."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pipeline_configs.environment import Environment
from pipelines.exit_codes import ExitCode

ROOT = Path(__file__).resolve().parents[2]

TASK = """
name: {name}
modality: records
title: A light task
data: {{path: patients.csv, format: csv}}
patient_id: id
features:
  age: {{kind: numeric, unit: a, range: [0, 120]}}
label: {{name: ill, positive: {{above: 0}}}}
"""

ENVIRONMENT = """
name: local
pipeline_root: {home}/pipelines
metadata: {{kind: sqlite, path: {home}/metadata.sqlite}}
serving_root: {home}/serving
log_root: {home}/logs
"""


@dataclass
class Home:
    """Where a test's runs live.

    Attributes:
        folder: Everything below it.
        variables: Environment variables for a `galen` of its own.
    """

    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> Environment:
        """The environment that the runs use."""
        from pipelines.config import load_environment

        return load_environment(str(self.folder / "configs" / "environments" / "local.yaml"))

    def behave(self, **nodes: str) -> None:
        """Says what nodes of the light pipeline do beyond their work."""
        (self.folder / "logs").mkdir(exist_ok=True)
        (self.folder / "logs" / "control.json").write_text(json.dumps(nodes))

    def run(self, task: str = "light", **request: Any) -> ExitCode:
        """Runs the light pipeline in this process."""
        from pipelines.run import Request, run
        from tests.pipelines.light_galen import build

        return run(Request(task, **request), build=build)

    def galen(self, *arguments: str, module: str = "pipelines.commands.main") -> subprocess.CompletedProcess[str]:
        """Runs the command line in a process of its own."""
        command = [sys.executable, "-m", module, *arguments]
        return subprocess.run(
            command, cwd=self.folder, env={**os.environ, **self.variables}, capture_output=True, text=True, timeout=300
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Starts `galen` with the light pipeline in a process of its own."""
        command = [sys.executable, "-m", "tests.pipelines.light_galen", *arguments]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, cwd=self.folder, env={**os.environ, **self.variables}, **streams)

    def hanging(self, node: str, running: subprocess.Popen[str]) -> int:
        """Waits until a node that was told to hang does, and returns the number of its process."""
        sign = self.folder / "logs" / f"{node}.hangs"
        deadline = time.monotonic() + 180
        while not sign.exists() or not sign.read_text():
            assert running.poll() is None, running.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        return int(sign.read_text())

    def log(self, run: str, task: str = "light") -> str:
        """Returns the log of a run."""
        return (self.folder / "logs" / task / f"{run}.log").read_text()

    def last(self, task: str = "light") -> Any:
        """Returns the latest run as the history has it."""
        from pipelines.recorded import history

        return history.find_run(history.open_store(self.environment, task), self.environment, task)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A new home with the tasks `light` and `other`."""
    return make_home(tmp_path, monkeypatch)


@pytest.fixture
def new_home(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], Home]:
    """Makes homes in given folders."""
    return lambda folder: make_home(folder, monkeypatch)


def make_home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Writes tasks and environment, and points this process and its children to them."""
    configs = folder / "configs"
    (configs / "environments").mkdir(parents=True)
    for name in ("light", "other"):
        (configs / f"{name}.yaml").write_text(TASK.format(name=name))
    (configs / "environments" / "local.yaml").write_text(ENVIRONMENT.format(home=folder))
    variables = {"GALEN_CONFIGS": str(configs), "PYTHONPATH": str(ROOT), "COLUMNS": "80"}
    variables["GALEN_PSEUDONYM_KEY"] = "a key for tests only"
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(folder)
    return Home(folder, variables)
