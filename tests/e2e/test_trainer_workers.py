"""A compiled pipeline whose Trainer has a second worker: `python -m pipelines.node` with TF_CONFIG in each process."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from pipelines.config import load_environment
from pipelines.kubeflow.compiling import compiled
from pipelines.metadata.store import Store
from tests.kubeflow.conftest import Cluster, cluster, mariadb  # noqa: F401 - fixtures
from tests.kubeflow.kfp_executor import ROOT, Attempt
from tests.trainers.test_several_workers import free_ports


@pytest.mark.slow
@pytest.mark.e2e
def test_the_trainer_of_a_pipeline_trains_with_a_second_worker_that_leaves_no_trace(
    cluster: Cluster,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GALEN_CONFIGS", str(cluster.folder / "configs"))
    addresses = [f"localhost:{port}" for port in free_ports(2)]
    config = {"cluster": {"chief": addresses[:1], "worker": addresses[1:]}}
    chief = json.dumps({**config, "task": {"type": "chief", "index": 0}})
    file = cluster.folder / "configs" / "environments" / "kubeflow.yaml"
    file.write_text(
        file.read_text().replace("    Trainer:\n", f"    Trainer:\n      variables: {{ TF_CONFIG: '{chief}' }}\n")
    )
    helpers: list[subprocess.Popen[bytes]] = []
    log = cluster.folder / "helper.log"

    def start_a_helper(attempt: Attempt, process: "subprocess.Popen[bytes]") -> None:
        if attempt.task != "trainer":
            return
        variables = {**cluster.variables, "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
        variables |= {"HOME": str(cluster.folder), "GALEN_WORKERS_TIMEOUT": "300"}
        variables["TF_CONFIG"] = json.dumps({**config, "task": {"type": "worker", "index": 0}})
        with log.open("ab") as stream:
            helpers.append(
                subprocess.Popen(attempt.command, env=variables, cwd=cluster.folder, stdout=stream, stderr=stream)
            )

    yaml = cluster.folder / "pipeline.yaml"
    compiled("diabetes_progression", "kubeflow", yaml)
    result = cluster.executor(yaml, started=start_a_helper).run()

    assert result.state == "SUCCEEDED", {a.task: a.code for a in result.attempts}
    assert [helper.wait(60) for helper in helpers] == [0], log.read_text()
    said = log.read_text()
    assert "worker 2 of 2 of the Trainer: waits for the chief" in said
    assert "worker 2 of 2 has trained" in said
    [model] = (cluster.work / "pipelines" / "diabetes_progression" / "Trainer" / "model_run").iterdir()
    training = json.loads(Path(model, "training.json").read_text())["training"]
    assert (training["strategy"], training["workers"]) == ("MultiWorkerMirroredStrategy", 2)
    store = Store(load_environment("kubeflow"))
    run = store.run(result.run)
    assert run is not None
    trainers = [node for node in store.nodes(run, "diabetes_progression") if node.id == "Trainer"]
    assert [node.state for node in trainers] == ["complete"]
