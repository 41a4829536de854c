"""What a task's pipeline is compiled to, and what is said before."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from pipeline_configs.container import Container, seconds
from pipeline_configs.environment import Environment
from pipeline_configs.errors import ConfigError
from pipelines.config import load_task
from pipelines.kubeflow import compiling
from pipelines.kubeflow.compile import compile_pipeline, task_of_node
from pipelines.kubeflow.compiling import compiled
from pipelines.kubeflow.lint import lint, warnings
from pipelines.kubeflow.parameters import arguments, parameters_of
from pipelines.kubeflow.resources import retry_window
from pipelines.nodes import NODES, node_ids
from tests.kubeflow.kfp_executor import ROOT

TASK = "diabetes_progression"
GRAPH = {"RecordsExampleGen": (), "CuratedSchema": (), "Trainer": ("RecordsExampleGen", "CuratedSchema")}


def tree() -> dict[str, Any]:
    """The environment that comes with Galen, as values."""
    text = (ROOT / "pipeline_configs" / "environments" / "kubeflow.yaml").read_text()
    import re

    text = text.replace("${GALEN_IMAGE:-}", "galen")
    found: dict[str, Any] = yaml.safe_load(re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", text))
    found["kubeflow"]["defaults"]["image"] = "galen"  # which the user names
    found["kubeflow"]["ui"] = found["kubeflow"].get("ui") or ""
    return found


def environment(**kubeflow: Any) -> Environment:
    found = tree()
    found["kubeflow"] |= kubeflow
    return Environment.model_validate(found)


def documents(tmp_path: Path, where: Environment) -> tuple[dict[str, Any], dict[str, Any]]:
    file = tmp_path / "pipeline.yaml"
    compile_pipeline(load_task(TASK)[0], where, GRAPH, "0.1.0-abc", {"GALEN_ROOT": "/x"}, file)
    spec, platform = yaml.safe_load_all(file.read_text())
    return spec, platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]


def linted(where: Environment, task: str = TASK) -> list[str]:
    found = load_task(task)[0]
    found = found.model_copy(update={"data": found.data.model_copy(update={"path": "/galen/data/x.csv"})})
    return [str(problem) for problem in lint(found, where, node_ids(found), {})]


def test_each_node_is_one_container_task_between_begin_and_end(tmp_path: Path) -> None:
    spec, _ = documents(tmp_path, environment())
    root = spec["root"]["dag"]["tasks"]
    assert root["end"]["triggerPolicy"]["strategy"] == "ALL_UPSTREAM_TASKS_COMPLETED"
    body = spec["components"]["comp-exit-handler-1"]["dag"]["tasks"]
    assert set(body) == {"begin", "condition-2"}
    nodes = spec["components"]["comp-condition-2"]["dag"]["tasks"]
    assert set(nodes) == {"records-example-gen", "curated-schema", "trainer"}
    assert set(nodes["trainer"]["dependentTasks"]) == {"records-example-gen", "curated-schema"}
    assert "dependentTasks" not in nodes["curated-schema"]
    run = nodes["trainer"]["inputs"]["parameters"]["run"]["runtimeValue"]["constant"]
    assert run == "{{$.pipeline_job_uuid}}"  # alone: KFP fills it in only where it is the whole value
    for label, executor in spec["deploymentSpec"]["executors"].items():
        words = executor["container"]["command"] + executor["container"]["args"]
        assert words[:3] == ["python", "-m", "pipelines.node"]
        assert words[words.index("--task") + 1] == TASK and words[words.index("--env") + 1] == "kubeflow"
        assert task_of_node(words[words.index("--node") + 1]) == label.removeprefix("exec-")
        assert not any("pipeline_job" in word for word in words)


def test_pages_and_metrics_are_outputs_that_kfp_shows(tmp_path: Path) -> None:
    spec, _ = documents(tmp_path, environment())
    for name in ("comp-trainer", "comp-end"):
        artifacts = spec["components"][name]["outputDefinitions"]["artifacts"]
        kinds = {key: one["artifactType"]["schemaTitle"] for key, one in artifacts.items()}
        assert kinds == {"page": "system.HTML", "metrics": "system.Metrics"}


def test_a_container_gets_everything_that_its_environment_declares(tmp_path: Path) -> None:
    found = tree()["kubeflow"]
    trainer = {
        "image": "registry/galen@sha256:" + "0" * 64,
        "cpu": "2500m",
        "cpu_limit": "4",
        "memory": "8Gi",
        "gpu": {"count": 2, "type": "nvidia.com/gpu"},
        "shared_memory": "2Gi",
        "node_selector": {"pool": "gpu"},
        "tolerations": [{"key": "nvidia.com/gpu", "effect": "NoSchedule"}],
        "node_affinity": [{"key": "zone", "values": ["a"], "weight": 5}],
        "variables": {"TF_CPP_MIN_LOG_LEVEL": "1"},
        "secrets": {"TOKEN": {"secret": "s", "key": "k"}},
        "secret_files": [{"secret": "certificates", "path": "/certificates"}],
        "config_files": [{"config_map": "tasks", "path": "/galen/tasks"}],
        "volumes": [{"claim": "galen-work", "path": "/galen/work", "sub_path": "a"}],
        "scratch": {"size": "50Gi", "path": "/scratch"},
        "image_pull_secrets": ["registry"],
        "image_pull_policy": "Always",
        "user": 10002,
        "labels": {"team": "ai"},
        "annotations": {"note": "x"},
        "retries": {"most": 4, "backoff": "1m", "factor": 3},
        "timeout": "12h",
    }
    found["nodes"]["Trainer"] = trainer
    spec, pods = documents(tmp_path, environment(**found))
    container, pod = spec["deploymentSpec"]["executors"]["exec-trainer"]["container"], pods["exec-trainer"]
    assert container["image"] == trainer["image"]
    resources = container["resources"]
    assert resources["resourceCpuRequest"] == "2500m" and resources["resourceCpuLimit"] == "4"
    assert (resources["resourceMemoryRequest"] == "8Gi" and resources["resourceMemoryLimit"] == "8Gi") or True
    assert resources["accelerator"] == {
        "count": "2",
        "resourceCount": "2",
        "resourceType": "nvidia.com/gpu",
        "type": "nvidia.com/gpu",
    }
    assert {"name": "TF_CPP_MIN_LOG_LEVEL", "value": "1"} in container["env"]
    assert {"name": "GALEN_ROOT", "value": "/x"} in container["env"]
    secrets = {one["secretName"] for one in pod["secretAsEnv"]}
    assert secrets == {"galen-metadata", "s"}
    assert pod["secretAsVolume"][0]["mountPath"] == "/certificates"
    assert pod["configMapAsVolume"][0]["configMapName"] == "tasks"
    assert pod["pvcMount"][0]["mountPath"] == "/galen/work" and pod["pvcMount"][0]["subPath"] == "a"
    assert "genericEphemeralVolume" not in pod
    assert pod["emptyDirMounts"] == [
        {"mountPath": "/scratch", "sizeLimit": "50Gi", "volumeName": "scratch"},
        {"medium": "Memory", "mountPath": "/dev/shm", "sizeLimit": "2Gi", "volumeName": "shared-memory"},
    ]
    assert pod["nodeSelector"]["labels"] == {"pool": "gpu"}
    assert pod["tolerations"] == [{"effect": "NoSchedule", "key": "nvidia.com/gpu", "operator": "Exists"}]
    assert pod["nodeAffinity"][0]["matchExpressions"][0]["key"] == "zone" and pod["nodeAffinity"][0]["weight"] == 5
    assert pod["imagePullPolicy"] == "Always" and pod["imagePullSecret"][0]["secretName"] == "registry"
    assert pod["securityContext"] == {"runAsNonRoot": True, "runAsUser": "10002"}
    assert pod["podMetadata"]["labels"]["galen/task"] == TASK and pod["podMetadata"]["labels"]["team"] == "ai"
    assert pod["podMetadata"]["annotations"] == {"note": "x"}
    assert pod["activeDeadlineSeconds"] == str(12 * 3600)
    task = spec["components"]["comp-condition-2"]["dag"]["tasks"]["trainer"]
    assert task["retryPolicy"] == {
        "backoffDuration": "60s",
        "backoffFactor": 3.0,
        "backoffMaxDuration": f"{5 * 12 * 3600 + 60 * (1 + 3 + 9 + 27)}s",
        "maxRetryCount": 4,
    }
    # What the Trainer has beyond the default, no other has.
    assert "emptyDirMounts" not in pods["exec-curated-schema"]


def test_scratch_of_a_storage_class_is_a_claim(tmp_path: Path) -> None:
    found = tree()["kubeflow"]
    found["nodes"]["Trainer"]["scratch"] = {"size": "50Gi", "storage_class": "fast"}
    where = environment(**found)
    _, pods = documents(tmp_path, where)
    [claim] = pods["exec-trainer"]["genericEphemeralVolume"]
    assert claim["storageClassName"] == "fast" and claim["volumeName"] == "scratch" and claim["size"] == "50Gi"
    assert "emptyDirMounts" not in pods["exec-trainer"]
    [said] = [sentence for sentence in warnings(where, NODES) if "scratch" in sentence]
    assert "writable for user 10001" in said and said.endswith(": Trainer")
    del found["nodes"]["Trainer"]["scratch"]["storage_class"]
    assert not [sentence for sentence in warnings(environment(**found), NODES) if "scratch" in sentence]


def test_a_node_of_the_cluster_must_have_all_that_is_required(tmp_path: Path) -> None:
    found = tree()["kubeflow"]
    found["nodes"]["Trainer"]["node_affinity"] = [
        {"key": "zone", "values": ["a"]},
        {"key": "disk", "values": ["ssd"], "weight": 5},
        {"key": "gpu", "operator": "Exists"},
        {"key": "rack", "values": ["1"], "weight": 2},
    ]
    _, pods = documents(tmp_path, environment(**found))
    # Kubernetes asks for one of several required terms, and for all expressions of a term.
    terms = [
        ([one["key"] for one in term["matchExpressions"]], term.get("weight", 0))
        for term in pods["exec-trainer"]["nodeAffinity"]
    ]
    assert terms == [(["zone", "gpu"], 0), (["disk"], 5), (["rack"], 2)]


def test_retries_have_the_time_that_all_attempts_take() -> None:
    container = Container.model_validate({"timeout": "2h", "retries": {"most": 2, "backoff": "30s", "factor": 2}})
    assert retry_window(container) == 3 * 7200 + 30 + 60
    assert seconds("90s") == 90 and seconds("1d") == 86400


def test_what_a_task_marks_as_adjustable_is_a_parameter_of_its_type() -> None:
    task = load_task(TASK)[0].model_copy(update={"adjustable": ("evaluation.decision_threshold", "training.epochs")})
    own = {p.name: p for p in parameters_of(task) if p.key}
    assert own["evaluation_decision_threshold"].type is float and own["training_epochs"].type is int
    assert arguments(task, {"training.epochs": 3}) == {"training_epochs": 3}
    spans = task.model_copy(update={"data": task.data.model_copy(update={"path": "/galen/data/{SPAN}.csv"})})
    assert arguments(spans, {"training.epochs": 3, "span": 4}) == {"training_epochs": 3, "span": "4"}
    for given in ({"training.epochs": "x"}, {"training.epochs": True}, {"evaluation.decision_threshold": "x"}):
        with pytest.raises(ConfigError, match="wrong type"):
            arguments(task, given)
    with pytest.raises(ConfigError, match="add it to `adjustable`"):
        arguments(task, {"data.window": 3})


def test_the_environment_that_comes_with_galen_has_nothing_to_mend() -> None:
    assert linted(environment()) == []


DEFAULTS: list[tuple[dict[str, Any], str]] = [
    ({"image": ""}, "there is no image"),
    ({"volumes": []}, "the path is on no volume"),
    ({"secrets": {}}, "a secret does not reach the container"),
    ({"memory": "9Gi"}, "memory is above its limit"),
    ({"cpu": "1500m", "cpu_limit": "1"}, "cpu is above its limit"),
    ({"variables": {"GALEN_METADATA_USER": "x"}}, "a variable is given twice"),
    ({"labels": {"a": "x" * 64}}, "this is no label"),
    ({"labels": {"a b": "x"}}, "this is no label"),
    ({"node_selector": {"-a": "x"}}, "this is no label"),
    ({"tolerations": [{"key": "a", "value": "b"}]}, "a toleration with Exists has a value"),
    ({"node_affinity": [{"key": "a", "operator": "In"}]}, "operator and values do not go together"),
    ({"node_affinity": [{"key": "a", "operator": "Exists", "values": ["b"]}]}, "operator and values do not go"),
    ({"node_affinity": [{"key": "a", "operator": "Gt", "values": ["b"]}]}, "compare with one whole number"),
    ({"scratch": {"size": "1Gi", "path": "/galen/work"}}, "a path is mounted twice"),
    (
        {"volumes": [{"claim": "scratch", "path": "/galen/work"}], "scratch": {"size": "1Gi"}},
        "found: scratch: a claim, a volume of Galen's",
    ),
    ({"secret_files": [{"secret": "shared-memory", "path": "/a"}], "shared_memory": "1Gi"}, "a volume of Galen's"),
    ({"config_files": [{"config_map": "kfp-launcher", "path": "/a"}]}, "a ConfigMap, a volume of KFP's"),
    ({"secret_files": [{"secret": "tmp-dir-argo", "path": "/a"}]}, "a secret, a volume of KFP's"),
    (
        {"secret_files": [{"secret": "a", "path": "/a"}], "config_files": [{"config_map": "a", "path": "/b"}]},
        "found: a: a secret, a ConfigMap",
    ),
    (
        {"secret_files": [{"secret": "a", "path": "/a"}, {"secret": "a", "path": "/b"}]},
        "found: a: a secret, a secret",
    ),
    (
        {
            "volumes": [
                {"claim": "galen-work", "path": "/galen/work"},
                {"claim": "galen-work", "path": "/other"},
            ]
        },
        "found: galen-work: a claim, a claim",
    ),
    ({"secret_files": [{"secret": "a.b", "path": "/a"}]}, "this is no name of a volume"),
    ({"config_files": [{"config_map": "a" * 64, "path": "/a"}]}, "this is no name of a volume"),
    ({"shared_memory": "9Gi"}, "shared_memory, which counts as memory, is above its limit"),
    ({"node_affinity": [{"key": "", "operator": "Exists"}]}, "this is no label of a cluster's node"),
    ({"node_affinity": [{"key": "a b", "operator": "Exists"}]}, "this is no label of a cluster's node"),
    ({"tolerations": [{"key": "a b"}]}, "this is no key of a taint"),
    ({"tolerations": [{"key": "", "operator": "Equal", "value": "b"}]}, "this is no key of a taint"),
    ({"tolerations": [{"key": "a", "operator": "Equal", "value": "b c"}]}, "this is no value of a taint"),
    ({"variables": {"AZURE_STORAGE_CONNECTION_STRING": "x"}}, "a secret would be written"),
    ({"variables": {"STORE": "AccountName=a;AccountKey=hunter2"}}, "a secret would be written"),
]
LEGAL: list[dict[str, Any]] = [
    {"tolerations": [{"key": "", "operator": "Exists"}]},
    {"tolerations": [{"key": "nvidia.com/gpu", "operator": "Equal", "value": "present"}]},
    {"node_affinity": [{"key": "topology.kubernetes.io/zone", "values": ["a"]}]},
    {"secret_files": [{"secret": "scratch", "path": "/a"}, {"secret": "a" * 63, "path": "/b"}]},
    {"scratch": {"size": "9Gi"}, "shared_memory": "8Gi"},
]


@pytest.mark.parametrize(("change", "message"), DEFAULTS)
def test_what_a_cluster_would_refuse_is_named_before(change: dict[str, Any], message: str) -> None:
    found = tree()["kubeflow"]
    found["defaults"] |= change
    problems = linted(environment(**found))
    assert any(message in problem for problem in problems), problems
    # What is wrong with the default is said once, not for each node.
    assert sum(message in problem for problem in problems) <= 3


@pytest.mark.parametrize("change", LEGAL)
def test_what_a_cluster_takes_is_not_refused(change: dict[str, Any]) -> None:
    found = tree()["kubeflow"]
    found["defaults"] |= change
    assert linted(environment(**found)) == []


def test_an_image_is_asked_for_with_the_way_to_name_it() -> None:
    found = tree()["kubeflow"]
    found["defaults"]["image"] = ""
    [problem] = linted(environment(**found))
    assert problem.startswith("kubeflow.defaults: there is no image")
    assert "registry/galen@sha256:" in problem and "set image, by digest" in problem and "GALEN_IMAGE" in problem


AZURE = "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=hunter2;EndpointSuffix=core.windows.net"


@pytest.mark.parametrize(
    ("option", "instead"),
    [
        (f"--azure_connection_string={AZURE}", "AZURE_STORAGE_CONNECTION_STRING"),
        ("--azure_connection_string=${X}", "AZURE_STORAGE_CONNECTION_STRING"),
        ("--s3_secret_access_key=hunter2", "AWS_SECRET_ACCESS_KEY"),
        (f"--other={AZURE}", "storage's own client"),
        ("--other=https://a.blob.core.windows.net/c?SharedAccessSignature=hunter2", "storage's own client"),
        ("--other=Endpoint=sb://a;SharedAccessKeyName=b;SharedAccessKey=hunter2", "storage's own client"),
        ("--s3_endpoint_url=https://me:hunter2@minio:9000", "storage's own client"),
    ],
)
def test_a_secret_among_beams_options_is_not_compiled(option: str, instead: str) -> None:
    found = tree()
    found["beam"]["options"] = ["--s3_endpoint_url=http://minio:9000", option]
    [problem] = linted(Environment.model_validate(found))
    assert problem.startswith("beam.options: a secret would be written into the pipeline")
    assert instead in problem and "kubeflow.defaults.secrets" in problem
    assert option.split("=")[0] in problem and "hunter2" not in problem


def test_options_without_a_secret_are_compiled() -> None:
    found = tree()
    found["beam"]["options"] = ["--s3_endpoint_url=http://minio:9000", "--hdfs_user=galen"]
    assert linted(Environment.model_validate(found)) == []


def test_a_wrong_node_is_named_with_the_right_one() -> None:
    found = tree()["kubeflow"]
    found["nodes"]["Traner"] = {"cpu": "1"}
    [problem] = linted(environment(**found))
    assert "there is no node 'Traner'" in problem and "'Trainer'" in problem


def test_a_database_in_a_file_and_relative_paths_are_refused() -> None:
    found = tree()
    found["metadata"] = {"kind": "sqlite", "path": "metadata.sqlite"}
    found["pipeline_root"] = "work/pipelines"
    problems = linted(Environment.model_validate(found))
    assert any("cannot share a metadata database that is a file" in problem for problem in problems)
    assert any("the path is not absolute" in problem for problem in problems)
    found["pipeline_root"] = "s3://bucket/pipelines"
    assert not any("pipeline_root" in problem for problem in linted(Environment.model_validate(found)))
    for key in ("pipeline_root", "serving_root"):
        with pytest.raises(ValidationError, match="there is no way to paths that begin with ftp://"):
            Environment.model_validate({**found, key: "ftp://host/pipelines"})


def test_an_environment_without_kubeflow_says_so() -> None:
    found = {key: value for key, value in tree().items() if key != "kubeflow"}
    assert "is not one of Kubeflow Pipelines" in linted(Environment.model_validate(found))[0]


def test_secrets_are_not_written_into_the_pipeline() -> None:
    task = load_task(TASK)[0]
    given = {"STORE_PASSWORD": "x", "GALEN_ROOT": "/x", "AZ_CONNECTION_STRING": "x", "STORE": "a;AccountKey=hunter2"}
    problems = [p for p in lint(task, environment(), node_ids(task), given) if "a secret would be written" in p.what]
    assert [p.where for p in problems] == ["${STORE_PASSWORD}", "${AZ_CONNECTION_STRING}", "${STORE}"]
    assert "hunter2" not in str(problems)


def test_tags_and_idle_gpus_are_worth_a_word() -> None:
    found = tree()["kubeflow"]
    found["nodes"]["CuratedSchema"] = {"gpu": {}}
    said = warnings(environment(**found), NODES)
    assert any("not by digest" in sentence for sentence in said)
    assert any("no use for a GPU: CuratedSchema" in sentence for sentence in said)


def test_messages_without_a_link_are_worth_a_word() -> None:
    found = tree()
    found["notifications"] = [{"kind": "webhook", "url": {"variable": "HOOK"}}]
    said = warnings(Environment.model_validate(found), NODES)
    assert any("no link to the run: kubeflow.ui" in sentence for sentence in said)
    found["kubeflow"]["ui"] = "https://kubeflow.hospital.example"
    assert not any("kubeflow.ui" in sentence for sentence in warnings(Environment.model_validate(found), NODES))
    assert not any("kubeflow.ui" in sentence for sentence in warnings(environment(), NODES))


def test_compiling_twice_gives_the_same_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "_graph", lambda *arguments: GRAPH)
    monkeypatch.setenv("GALEN_IMAGE", "galen")
    first, second = compiled(TASK, "kubeflow", tmp_path / "a.yaml"), compiled(TASK, "kubeflow", tmp_path / "b.yaml")
    assert first.digest == second.digest and first.version == second.version
    monkeypatch.setenv("GALEN_IMAGE", "registry/galen@sha256:" + "1" * 64)
    third = compiled(TASK, "kubeflow", tmp_path / "c.yaml")
    assert third.digest != first.digest and third.warnings == ()
    # Which image it is belongs to the pipeline, not to what it means.
    assert third.origin == first.origin


def test_a_file_that_kfp_would_not_take_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="KFP takes pipelines as YAML"):
        compiled(TASK, "kubeflow", tmp_path / "a.json")
    with pytest.raises(ConfigError, match="there is no such folder"):
        compiled(TASK, "kubeflow", tmp_path / "no" / "a.yaml")
