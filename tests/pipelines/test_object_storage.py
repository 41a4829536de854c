"""Artifacts in S3, against moto's server in a process of its own: written, found again, cleared away, out of reach."""

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from pydantic import ValidationError

from components import storage
from components.storage import files
from pipeline_configs.environment import Environment
from pipeline_configs.errors import ConfigError, RunFailed
from pipelines.metadata.records import Node
from pipelines.recorded import history
from tests.components.ingest.test_s3 import s3, server  # noqa: F401 - fixtures
from tests.pipelines.conftest import Home
from tests.pipelines.test_run import states

pytestmark = pytest.mark.slow

ROOT = "s3://hospital/pipelines"


@pytest.fixture
def remote(home: Home, s3: Any, request: pytest.FixtureRequest) -> Home:  # noqa: F811
    """A home whose artifacts are in S3."""
    file = home.folder / "configs" / "environments" / "local.yaml"
    file.write_text(file.read_text().replace(f"pipeline_root: {home.folder}/pipelines", f"pipeline_root: {ROOT}"))
    storage.delete(ROOT)
    return home


def nodes(home: Home) -> list[Node]:
    store = history.open_store(home.environment, "light")
    return history.nodes_of(store, home.last(), "light")


def keys(below: str = "light") -> list[str]:
    return storage.names_below(f"{ROOT}/{below}".rstrip("/"))


@pytest.mark.parametrize("isolated", [False, True])
def test_a_run_writes_its_artifacts_there_and_the_next_one_finds_them(
    remote: Home, isolated: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    assert remote.run(isolated=isolated) == 0
    assert "blessed and pushed as version 1" in capfd.readouterr().out
    assert keys() == [
        "Ingest/examples/1/half",
        "Ingest/examples/1/rows",
        "Ingest/ingest_report/1/report.json",
        "Learn/model/2/half",
        "Learn/model/2/weights",
    ]
    assert storage.read(f"{ROOT}/light/Learn/model/2/weights") == b"w" * 5000
    outputs = {uri for node in nodes(remote) for found in node.outputs.values() for uri in (a.uri for a in found)}
    assert f"{ROOT}/light/Learn/model/2" in outputs
    assert not list(remote.folder.glob("pipelines"))

    assert remote.run(isolated=isolated) == 0
    assert states(remote) == {"Ingest": "cached", "Learn": "cached", "Judge": "cached", "Push": "cached"}
    assert len(keys()) == 5


def test_a_node_that_fails_stores_nothing_and_the_next_run_goes_on(
    remote: Home, capfd: pytest.CaptureFixture[str]
) -> None:
    remote.behave(Learn="value error")
    assert remote.run() == 1
    assert not keys("light/Learn")
    remote.behave()
    assert remote.run() == 0
    assert states(remote)["Ingest"] == "cached"
    assert keys("light/Learn")


def test_what_a_killed_run_had_half_stored_is_cleared_away(remote: Home) -> None:
    remote.behave(Learn="hang")
    running = remote.start("run", "light")
    remote.hanging("Learn", running)
    running.kill()
    running.communicate()
    storage.write(f"{ROOT}/light/Learn/model/2/half", b"x")
    remote.behave()
    assert remote.run() == 0
    assert not [key for key in keys("light/Learn/model") if key.startswith("2/")]


def test_an_error_names_the_storage_and_not_the_copy(remote: Home, capfd: pytest.CaptureFixture[str]) -> None:
    assert remote.run(to_nodes=("Ingest",)) == 0
    storage.delete(f"{ROOT}/light/Ingest/examples/1/rows")
    assert remote.run(from_nodes=("Learn",)) == 4
    said = " ".join(capfd.readouterr().err.split())
    assert f"{ROOT}/light/Ingest/examples/1: there are no rows" in said and "/galen-" not in said


def test_a_further_worker_of_the_trainer_has_copies_too(s3: Any, tmp_path: Path) -> None:  # noqa: F811
    from tfx.types.standard_artifacts import Examples, Schema

    from pipelines.launching.object_storage import fetch

    storage.write(f"{ROOT}/light/Ingest/examples/1/Split-train/a", b"rows")
    examples, here = Examples(), Schema()
    examples.uri, here.uri = f"{ROOT}/light/Ingest/examples/1", str(tmp_path / "schema")
    try:
        fetch({"examples": [examples], "schema": [here]}, tmp_path / "copies")
        assert Path(examples.uri, "Split-train", "a").read_bytes() == b"rows"
        assert here.uri == str(tmp_path / "schema")
        assert storage.at_home(f"{examples.uri}: broken") == f"{ROOT}/light/Ingest/examples/1: broken"
    finally:
        storage.homes.clear()


def test_a_bucket_that_is_not_there(remote: Home) -> None:
    file = remote.folder / "configs" / "environments" / "local.yaml"
    file.write_text(file.read_text().replace("s3://hospital/", "s3://nobodys/"))
    with pytest.raises(RunFailed, match="s3://nobodys/pipelines/light: there is no such bucket"):
        remote.run()


def test_tfx_is_told_what_is_wrong_with_a_storage(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    from tfx.dsl.io import fileio

    import pipelines.launching.object_storage  # noqa: F401 - tells TFX of the storage

    with pytest.raises(fileio.NotFoundError):
        fileio.open(f"{ROOT}/light/none")
    with pytest.raises(RunFailed, match="there is no such bucket"), fileio.open("s3://nobodys/file", "w") as file:
        file.write("text")

    def away() -> None:
        raise EndpointConnectionError(endpoint_url="http://storage:9000")

    monkeypatch.setattr(files, "file_systems", away)
    for ask in (fileio.exists, fileio.isdir, fileio.open, fileio.rmtree, fileio.remove):
        with pytest.raises(RunFailed, match="the storage does not answer"):
            ask(f"{ROOT}/light")


def test_artifacts_without_their_database_are_refused_there_too(remote: Home) -> None:
    assert remote.run(to_nodes=("Ingest",)) == 0
    (remote.folder / "metadata.sqlite").unlink()
    with pytest.raises(ConfigError, match=r"artifacts that the metadata database does not know(.|\n)*Ingest"):
        remote.run()


def test_workers_of_a_cluster_cannot_work_on_copies(home: Home) -> None:
    declared = home.environment.model_dump()
    beam = {
        "runner": "flink",
        "job_endpoint": "flink:8099",
        "workers": {"kind": "external", "address": "localhost:50000"},
    }
    with pytest.raises(ValidationError, match="TensorFlow cannot write to this storage"):
        Environment.model_validate({**declared, "pipeline_root": ROOT, "beam": beam})


def test_a_folder_of_a_strange_name_is_no_pattern(s3: Any) -> None:  # noqa: F811
    for name in ("run[1]/x", "run1/x", "run*/x"):
        storage.write(f"{ROOT}/{name}", name.encode())
    assert storage.names_below(f"{ROOT}/run[1]") == ["x"] and storage.exists(f"{ROOT}/run[1]")
    storage.delete(f"{ROOT}/run[1]")
    storage.delete(f"{ROOT}/run*")
    assert keys("") == ["run1/x"]
    storage.delete(ROOT)
