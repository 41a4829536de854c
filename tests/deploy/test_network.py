"""Who may reach whom: the policies of deploy/kubernetes, evaluated."""

import pytest

from tests.deploy.manifests import FOREIGN, KUBERNETES, PIPELINE, Manifest, collect, may

SCHEDULER = ("galen", {"app.kubernetes.io/name": "galen", "app.kubernetes.io/component": "scheduler"})
DATABASE = ("galen", {"app.kubernetes.io/name": "galen-metadata"})
STRANGER = ("galen", {"app": "notebook"})
ELSEWHERE = ("default", {"app": "anything"})
INTERNET, CLOUD_CREDENTIALS, API_SERVER = "198.51.100.7", "169.254.169.254", "10.96.0.1"


@pytest.fixture
def policies(manifests: list[Manifest]) -> list[Manifest]:
    return [m for m in manifests if m["kind"] == "NetworkPolicy"]


@pytest.mark.parametrize(
    ("source", "target", "port"),
    [
        (PIPELINE, DATABASE, 3306),
        (PIPELINE, FOREIGN["api"], 8888),
        (PIPELINE, FOREIGN["api"], 8887),
        (PIPELINE, FOREIGN["kubeflow-metadata"], 8080),
        (PIPELINE, FOREIGN["seaweedfs"], 8333),
        (PIPELINE, FOREIGN["minio"], 9000),
        (PIPELINE, FOREIGN["dns"], 53),
        (PIPELINE, API_SERVER, 443),
        (PIPELINE, API_SERVER, 6443),
        (SCHEDULER, FOREIGN["api"], 8888),
        (SCHEDULER, FOREIGN["dns"], 53),
    ],
)
def test_what_a_run_needs_is_open(policies: list[Manifest], source: object, target: object, port: int) -> None:
    assert may(policies, source, target, port)


@pytest.mark.parametrize(
    ("source", "target", "port"),
    [
        (PIPELINE, INTERNET, 443),
        (PIPELINE, INTERNET, 80),
        (PIPELINE, CLOUD_CREDENTIALS, 80),
        (PIPELINE, CLOUD_CREDENTIALS, 443),
        (PIPELINE, API_SERVER, 80),
        (PIPELINE, PIPELINE, 8080),
        (PIPELINE, DATABASE, 22),
        (PIPELINE, ELSEWHERE, 80),
        (PIPELINE, FOREIGN["api"], 9000),
        (SCHEDULER, DATABASE, 3306),
        (SCHEDULER, API_SERVER, 443),
        (SCHEDULER, INTERNET, 443),
        (STRANGER, DATABASE, 3306),
        (STRANGER, INTERNET, 443),
        (DATABASE, INTERNET, 443),
        (DATABASE, PIPELINE, 3306),
        (ELSEWHERE, DATABASE, 3306),
        (ELSEWHERE, PIPELINE, 8080),
        (ELSEWHERE, SCHEDULER, 8080),
        (FOREIGN["api"], PIPELINE, 8080),
        (INTERNET, PIPELINE, 443),
    ],
)
def test_all_else_is_shut(policies: list[Manifest], source: object, target: object, port: int) -> None:
    assert not may(policies, source, target, port)


def test_a_pod_of_any_labels_is_shut_in_both_directions(policies: list[Manifest]) -> None:
    (everyone,) = [p["spec"] for p in policies if p["metadata"]["name"] == "deny-all"]
    assert everyone["podSelector"] == {}
    assert set(everyone["policyTypes"]) == {"Ingress", "Egress"}
    assert not {"ingress", "egress"} & set(everyone)


def test_no_rule_leaves_the_other_end_or_the_port_open(policies: list[Manifest]) -> None:
    for policy in policies:
        for rule in [*policy["spec"].get("egress", []), *policy["spec"].get("ingress", [])]:
            assert rule.get("to") or rule.get("from"), policy["metadata"]["name"]
            assert rule.get("ports"), policy["metadata"]["name"]


def test_object_storage_opens_https_to_public_addresses_and_no_more() -> None:
    everything = collect(KUBERNETES / "overlays" / "cpu", KUBERNETES / "components" / "object-storage")
    policies = [m for m in everything if m["kind"] == "NetworkPolicy"]
    assert may(policies, PIPELINE, INTERNET, 443)
    assert not may(policies, PIPELINE, INTERNET, 80)
    assert not may(policies, PIPELINE, CLOUD_CREDENTIALS, 443)
    assert not may(policies, SCHEDULER, INTERNET, 443)
    assert not may(policies, DATABASE, INTERNET, 443)


def with_component(name: str) -> list[Manifest]:
    everything = collect(KUBERNETES / "overlays" / "cpu", KUBERNETES / "components" / name)
    return [m for m in everything if m["kind"] == "NetworkPolicy"]


def test_notification_lets_the_end_of_a_run_out_and_no_other_pod() -> None:
    policies = with_component("notification")
    end = ("galen", {**PIPELINE[1], "galen/notifies": "true"})
    for port in (443, 587, 465):
        assert may(policies, end, INTERNET, port)
        assert not may(policies, PIPELINE, INTERNET, port)
        # Not a way for whoever calls himself so: it must be a pod of a run.
        assert not may(policies, ("galen", {"galen/notifies": "true"}), INTERNET, port)
        assert not may(policies, end, CLOUD_CREDENTIALS, port)
    assert not may(policies, end, INTERNET, 25)
    assert not may(policies, end, API_SERVER, 587)


def test_beam_cluster_opens_its_ports_to_pipelines_and_itself_to_itself() -> None:
    policies = with_component("beam-cluster")
    flink = ("galen", {"galen/beam-cluster": "true", "component": "taskmanager"})
    other = ("galen", {"galen/beam-cluster": "true", "component": "jobmanager"})
    for port in (8081, 8098, 8099, 50000):
        assert may(policies, PIPELINE, flink, port)
        assert not may(policies, STRANGER, flink, port)
        assert not may(policies, ELSEWHERE, flink, port)
    assert not may(policies, PIPELINE, flink, 22)
    assert may(policies, flink, other, 6123)
    assert may(policies, flink, FOREIGN["dns"], 53)
    assert not may(policies, flink, PIPELINE, 8080)
    assert not may(policies, flink, DATABASE, 3306)
    assert not may(policies, flink, INTERNET, 443)
    # Without the component the cluster is shut.
    assert not may(with_component("object-storage"), PIPELINE, flink, 8099)


def test_the_evaluation_itself_tells_open_from_shut() -> None:
    assert may([], STRANGER, INTERNET, 443)
    deny = {"spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}}
    assert not may([deny], STRANGER, INTERNET, 443)
    assert not may([deny], ELSEWHERE, STRANGER, 80)
    assert may([deny], ELSEWHERE, INTERNET, 80)
