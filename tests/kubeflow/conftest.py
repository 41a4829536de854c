"""An environment of Kubeflow whose volumes are folders of a test, with metadata on a real MariaDB server."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.kubeflow.kfp_executor import ROOT, KfpExecutor
from tests.mariadb import PASSWORD, USER, MariaDb

SECRETS = {
    "galen-metadata": {"user": USER, "password": PASSWORD},
    "galen-pseudonym": {"key": "a key for pseudonyms of the tests"},
}


@dataclass
class Cluster:
    """Where a test's pipelines run.

    Attributes:
        folder: Volumes, configuration and outputs below it.
        database: The metadata server.
    """

    folder: Path
    database: MariaDb

    @property
    def work(self) -> Path:
        """The volume with the pipeline root."""
        return self.folder / "work"

    @property
    def variables(self) -> dict[str, str]:
        """What a `galen` on this machine needs."""
        return {
            "GALEN_CONFIGS": str(self.folder / "configs"),
            "GALEN_METADATA_USER": USER,
            "GALEN_METADATA_PASSWORD": PASSWORD,
        }

    def executor(self, file: Path, **options: object) -> KfpExecutor:
        """Returns a KFP with the cluster's secrets and claims."""
        claims = frozenset({"galen-work", "galen-data"})
        image = {"GALEN_CONFIGS": str(self.folder / "configs")}
        # What a pod has from its service account.
        image |= {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
        return KfpExecutor(file, self.folder / "kfp", SECRETS, claims, image=image, **options)  # type: ignore[arg-type]

    def environment_text(self) -> str:
        """Returns the environment file that comes with Galen, with this cluster's database and volumes."""
        text = (ROOT / "pipeline_configs" / "environments" / "kubeflow.yaml").read_text()
        text = text.replace("/galen/work", str(self.work)).replace("/galen/data", str(self.folder / "data"))
        text = text.replace("${GALEN_IMAGE:-}", "galen")
        text = text.replace("galen-metadata}\n", f"127.0.0.1}}\n  port: {self.database.port}\n", 1)
        return re.sub(r"timeout: 12h", "timeout: 1h", text)


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDb]:
    """A MariaDB server."""
    server = MariaDb.made(tmp_path_factory.mktemp("mariadb") / "server")
    yield server
    server.stop()


@pytest.fixture
def cluster(tmp_path: Path, mariadb: MariaDb, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """A cluster with an empty database; this process finds its environment."""
    mariadb.sql("drop database if exists galen", "create database galen character set utf8mb4")
    found = Cluster(tmp_path, mariadb)
    (tmp_path / "configs" / "environments").mkdir(parents=True)
    (tmp_path / "kfp").mkdir()
    found.work.mkdir()
    (tmp_path / "configs" / "environments" / "kubeflow.yaml").write_text(found.environment_text())
    for name, value in found.variables.items():
        monkeypatch.setenv(name, value)
    return found
