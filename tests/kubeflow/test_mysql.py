"""Metadata on a real MariaDB server: what is said when it cannot be used, and that it comes back."""

import threading
import time

import pytest

from pipeline_configs.environment import Environment
from pipeline_configs.errors import ConfigError, RunFailed
from pipelines.config import load_environment
from pipelines.metadata.store import Store
from tests.kubeflow.conftest import Cluster
from tests.mariadb import PASSWORD, free_port


def changed(**metadata: object) -> Environment:
    found = load_environment("kubeflow")
    return found.model_copy(update={"metadata": found.metadata.model_copy(update=metadata)})


def test_runs_and_facts_are_kept_and_facts_written_at_the_same_time_do_not_undo_each_other(cluster: Cluster) -> None:
    first, second = Store(load_environment("kubeflow"), write=True), Store(load_environment("kubeflow"), write=True)
    run = first.begin_run("a_task", "run-1", {"one": "1"})
    assert second.begin_run("a_task", "run-1", {}).id == "run-1-2"
    stale = second.run("run-1")
    assert stale is not None
    first.add_facts(run, {"first": "a", "long": "x" * 200_000})
    second.add_facts(stale, {"second": "b"})
    found = first.run("run-1")
    assert found is not None
    assert {k: found.facts[k][:3] for k in ("one", "first", "second", "long")} == {
        "one": "1",
        "first": "a",
        "second": "b",
        "long": "xxx",
    }
    assert len(found.facts["long"]) == 200_000
    assert [one.id for one in first.runs("a_task")] == ["run-1-2", "run-1"]


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"database": "another"}, "there is no such database, or the user has no rights on it"),
        ({"host": "no-such-host.invalid", "patience": 0.0}, "the server does not answer"),
        ({"port": free_port(), "patience": 0.0}, "the server does not answer"),
    ],
)
def test_why_a_server_cannot_be_used_is_said(cluster: Cluster, metadata: dict[str, object], message: str) -> None:
    with pytest.raises(RunFailed) as caught:
        Store(changed(**metadata), write=True)
    assert message in str(caught.value) and "mysql://" in str(caught.value) and PASSWORD not in str(caught.value)


def test_a_wrong_password_is_not_waited_for(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GALEN_METADATA_PASSWORD", "wrong")
    start = time.monotonic()
    with pytest.raises(RunFailed, match="refuses this user or password"):
        Store(load_environment("kubeflow"), write=True)
    assert time.monotonic() - start < 20  # and not the five minutes for a server that is away
    monkeypatch.delenv("GALEN_METADATA_PASSWORD")
    with pytest.raises(ConfigError, match="the password of the metadata database is not given"):
        Store(load_environment("kubeflow"), write=True)


def test_a_server_that_is_killed_and_comes_back_is_waited_for(cluster: Cluster) -> None:
    store = Store(load_environment("kubeflow"), write=True)
    store.begin_run("a_task", "run-1", {})
    cluster.database.stop(kill=True)
    thread = threading.Timer(2.0, cluster.database.start)
    thread.start()
    try:
        assert [run.id for run in store.runs("a_task")] == ["run-1"]
    finally:
        thread.join()
    store.begin_run("a_task", "run-2", {})


def test_a_server_that_stays_away_is_given_up_after_its_patience(cluster: Cluster) -> None:
    store = Store(changed(patience=1.5), write=True)
    cluster.database.stop()
    try:
        start = time.monotonic()
        with pytest.raises(RunFailed, match="the metadata database cannot be reached"):
            store.begin_run("a_task", "run-1", {})
        assert time.monotonic() - start > 1.4
    finally:
        cluster.database.start()
    assert store.begin_run("a_task", "run-1", {}).id == "run-1"


def test_the_password_is_in_no_plan_and_no_connection_that_tfx_sees(cluster: Cluster) -> None:
    store = Store(load_environment("kubeflow"), write=True)
    assert PASSWORD.encode() not in store.connection.config.SerializeToString()


def test_the_history_shows_runs_of_a_cluster(cluster: Cluster) -> None:
    from pipelines.recorded import history

    environment = load_environment("kubeflow")
    store = Store(environment, write=True)
    done = store.begin_run("diabetes_progression", "run-1", {"kubeflow_run": "run-1"})
    store.add_facts(done, {"verdict": "nothing new"})
    store.begin_run("diabetes_progression", "run-2", {"kubeflow_run": "run-2"})
    records = history.runs(history.open_store(environment, "diabetes_progression"), environment, "diabetes_progression")
    assert [(record.id, record.verdict) for record in records] == [("run-2", "running"), ("run-1", "nothing new")]
