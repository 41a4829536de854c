"""The compiled pipeline of a task, executed from its YAML: each task's own command line as a process of its own.

Metadata is in MariaDB and artifacts are in S3, each a server of its own.
"""

import re
import signal
import subprocess
import time
from typing import Any

import pytest

from components import storage
from pipelines.kubeflow.compile import task_of_node
from pipelines.kubeflow.compiling import compiled
from tests.components.ingest.test_s3 import s3, server  # noqa: F401 - fixtures
from tests.kubeflow.conftest import Cluster, cluster, mariadb  # noqa: F401 - fixtures
from tests.kubeflow.kfp_executor import Attempt


@pytest.mark.slow
@pytest.mark.e2e
def test_the_compiled_pipeline_runs_to_a_pushed_model_though_its_trainer_is_killed(
    cluster: Cluster,  # noqa: F811
    s3: Any,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root = "s3://hospital/pipelines"
    environment = cluster.folder / "configs" / "environments" / "kubeflow.yaml"
    environment.write_text(re.sub("(?m)^pipeline_root:.*", f"pipeline_root: {root}", environment.read_text()))
    monkeypatch.setenv("GALEN_CONFIGS", str(cluster.folder / "configs"))
    file = cluster.folder / "pipeline.yaml"
    made = compiled("diabetes_progression", "kubeflow", file)
    # A pod has no GALEN_CONFIGS; here the environment's file lies elsewhere than in the image.
    assert "GALEN_CONFIGS" not in file.read_text()

    def kill_the_first_trainer(attempt: Attempt, process: "subprocess.Popen[bytes]") -> None:
        if attempt.task == "trainer" and attempt.number == 1:
            deadline = time.monotonic() + 120
            while "of inputs" not in attempt.log.read_text() and time.monotonic() < deadline:  # it has begun to work
                time.sleep(0.05)
            process.send_signal(signal.SIGKILL)

    result = cluster.executor(file, started=kill_the_first_trainer).run()

    assert result.state == "SUCCEEDED", {a.task: a.code for a in result.attempts}
    assert [a.code for a in result.attempts if a.task == "trainer"] == [-signal.SIGKILL, 0]
    assert set(result.tasks) == {*(task_of_node(node) for node in made.nodes), "begin", "end"}
    assert ("curated-schema", "records-example-gen") in result.overlapped
    pushed = (cluster.work / "serving" / "diabetes_progression").glob("*/saved_model.pb")
    assert len(list(pushed)) == 1
    stored = storage.names_below(f"{root}/diabetes_progression")
    assert sum(key.startswith("Trainer/model/") and key.endswith("saved_model.pb") for key in stored) == 1
    assert not [name for name in cluster.work.iterdir() if name.name == "pipelines"]
    [description] = (cluster.work / "serving" / "diabetes_progression").glob("*/model_metadata.json")
    assert f'"uri": "{root}/diabetes_progression/Trainer/model/' in description.read_text()
    assert result.metrics("evaluator")["blessed"] == 1.0
    assert result.metrics("end")["auroc"] > 0.8
    assert "blessed and pushed as version" in result.page("end")
    assert "data:image/png;base64," in result.page("performance-report")
