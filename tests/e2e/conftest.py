"""One real run of `make run`'s task that the end-to-end tests look at and go on from."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

TASK = "diabetes_progression"


@dataclass(frozen=True)
class Home:
    """A GALEN_HOME and how to run galen in it."""

    path: Path

    def galen(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs galen as a process of its own, in an empty folder."""
        variables = {**os.environ, "GALEN_HOME": str(self.path), "COLUMNS": "100", "NO_COLOR": "1", **environment}
        command = [str(Path(sys.executable).parent / "galen"), *arguments]
        return subprocess.run(
            command, cwd=self.path.parent, env=variables, capture_output=True, text=True, timeout=600, check=False
        )

    def versions(self, task: str = TASK) -> list[Path]:
        """Pushed versions, the oldest first."""
        folder = self.path / "serving" / task
        return (
            sorted((p for p in folder.iterdir() if p.name.isdigit()), key=lambda p: int(p.name))
            if folder.is_dir()
            else []
        )


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(tmp_path_factory.mktemp("e2e") / "home")


@pytest.fixture(scope="session")
def first(home: Home) -> subprocess.CompletedProcess[str]:
    """The first run: data to pushed model."""
    return home.galen("run", TASK)
