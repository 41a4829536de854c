"""The compiled pipeline of a task with each node in a container of the built image: `make test-image`."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from pipelines.kubeflow.compiling import compiled
from tests.deploy.test_image import image, prefix  # noqa: F401 - fixtures
from tests.kubeflow.conftest import Cluster, cluster, mariadb  # noqa: F401 - fixtures

pytestmark = [pytest.mark.image, pytest.mark.slow]

_OF_THIS_MACHINE = ("PATH", "HOME", "PYTHONPATH")


def test_every_node_runs_in_a_container_of_its_own_to_a_pushed_model(
    cluster: Cluster,  # noqa: F811
    image: str,  # noqa: F811
    prefix: list[str],  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GALEN_CONFIGS", str(cluster.folder / "configs"))
    _open(cluster.folder)

    def pod(command: list[str], variables: Mapping[str, str]) -> list[str]:
        _open(cluster.folder)
        given = [f"--env={name}={value}" for name, value in variables.items() if name not in _OF_THIS_MACHINE]
        network = ["host" if word == "none" else word for word in prefix]
        volume = f"{cluster.folder}:{cluster.folder}"
        return [*network, "-v", volume, *given, "--entrypoint", command[0], image, *command[1:]]

    file = cluster.folder / "pipeline.yaml"
    compiled("diabetes_progression", "kubeflow", file)
    result = cluster.executor(file, pod=pod).run()

    assert result.state == "SUCCEEDED", [a.log.read_text()[-3000:] for a in result.attempts if a.code]
    assert len(list((cluster.work / "serving" / "diabetes_progression").glob("*/saved_model.pb"))) == 1
    assert result.metrics("end")["auroc"] > 0.8


def _open(folder: Path) -> None:
    """Lets the image's user write to the volumes and outputs."""
    for path in folder.parents[:2]:
        path.chmod(0o755)
    for path in (folder, *(p for p in folder.rglob("*") if p.is_dir())):
        if path.stat().st_uid == os.getuid():
            path.chmod(0o777)
