"""Reads deploy/kubernetes the way kustomize does, as far as its files use it, so that tests need no kustomize."""

import ipaddress
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).resolve().parents[2]
KUBERNETES = PROJECT / "deploy" / "kubernetes"
OVERLAYS = ("cpu", "gpu")
Manifest = dict[str, Any]

# What pods look like that others make: Argo for a run's nodes, Kubeflow for its own parts, the cluster for its DNS.
PIPELINE = ("galen", {"workflows.argoproj.io/workflow": "heart-disease-x7k2p"})
FOREIGN = {
    "argo": PIPELINE,
    "api": ("kubeflow", {"app": "ml-pipeline"}),
    "kubeflow-metadata": ("kubeflow", {"component": "metadata-grpc-server"}),
    "seaweedfs": ("kubeflow", {"app": "seaweedfs"}),
    "minio": ("kubeflow", {"app": "minio"}),
    "dns": ("kube-system", {"k8s-app": "kube-dns"}),
}


def read(path: Path) -> list[Manifest]:
    return [document for document in yaml.safe_load_all(path.read_text(encoding="utf-8")) if document]


def collect(folder: Path, *extra: Path) -> list[Manifest]:
    """Returns all manifests of a kustomization and its components, with their namespace and images set."""
    (kustomization,) = read(folder / "kustomization.yaml")
    found: list[Manifest] = []
    for name in kustomization.get("resources", []):
        path = folder / name
        found += collect(path) if path.is_dir() else read(path)
    for path in [*(folder / name for name in kustomization.get("components", [])), *extra]:
        found += collect(path)
    replaced = {image["name"]: image for image in kustomization.get("images", [])}
    for pod in (pod for manifest in found for pod in pods(manifest)):
        for container in containers(pod):
            if image := replaced.get(container["image"]):
                suffix = f"@{image['digest']}" if "digest" in image else f":{image['newTag']}"
                container["image"] = image.get("newName", image["name"]) + suffix
    for replacement in kustomization.get("replacements", []):
        _replace(found, replacement)
    for manifest in found:
        if manifest["kind"] != "Namespace" and "namespace" in kustomization:
            manifest["metadata"]["namespace"] = kustomization["namespace"]
            for subject in manifest.get("subjects", []):
                subject["namespace"] = kustomization["namespace"]
    return found


def _field(manifest: Manifest, path: str) -> tuple[Any, str]:
    """Follows a path of kustomize to where its last part is."""
    *parts, last = path.split(".")
    node: Any = manifest
    for part in parts:
        key, _, value = part.strip("[]").partition("=")
        node = next(item for item in node if item[key] == value) if value else node[part]
    return node, last


def _replace(found: list[Manifest], replacement: Manifest) -> None:
    source = replacement["source"]
    (origin,) = [m for m in found if (m["kind"], m["metadata"]["name"]) == (source["kind"], source["name"])]
    node, last = _field(origin, source["fieldPath"])
    for target in replacement["targets"]:
        for manifest in (m for m in found if m["kind"] == target["select"]["kind"]):
            for path in target["fieldPaths"]:
                holder, key = _field(manifest, path)
                holder[key] = node[last]


def pods(manifest: Manifest) -> Iterator[Manifest]:
    """Yields the pod templates of a manifest."""
    spec = manifest.get("spec", {})
    if "jobTemplate" in spec:
        spec = spec["jobTemplate"]["spec"]
    if "template" in spec:
        yield spec["template"]


def containers(pod: Manifest) -> list[Manifest]:
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]


def matches(selector: Manifest, labels: dict[str, str]) -> bool:
    """Whether a label selector chooses something with these labels."""
    if any(labels.get(key) != value for key, value in selector.get("matchLabels", {}).items()):
        return False
    for expression in selector.get("matchExpressions", []):
        value = labels.get(expression["key"])
        held = value is not None if expression["operator"] == "Exists" else value in expression["values"]
        assert expression["operator"] in {"Exists", "In"}
        if not held:
            return False
    return True


def _is_peer(peer: Manifest, other: tuple[str, dict[str, str]] | str, namespace: str) -> bool:
    if isinstance(other, str):
        if "ipBlock" not in peer:
            return False
        address, block = ipaddress.ip_address(other), peer["ipBlock"]
        excluded = any(address in ipaddress.ip_network(cidr) for cidr in block.get("except", []))
        return address in ipaddress.ip_network(block["cidr"]) and not excluded
    where, labels = other
    if "ipBlock" in peer:
        return False
    if "namespaceSelector" in peer:
        if not matches(peer["namespaceSelector"], {"kubernetes.io/metadata.name": where}):
            return False
    elif where != namespace:
        return False
    return matches(peer.get("podSelector", {}), labels)


def may(
    policies: list[Manifest],
    source: tuple[str, dict[str, str]] | str,
    target: tuple[str, dict[str, str]] | str,
    port: int,
    protocol: str = "TCP",
    namespace: str = "galen",
) -> bool:
    """Whether the policies let a connection through; pods are (namespace, labels), other ends IP addresses."""
    for direction, here, there in (("Egress", source, target), ("Ingress", target, source)):
        if isinstance(here, str) or here[0] != namespace:
            continue
        chosen = [p["spec"] for p in policies if matches(p["spec"]["podSelector"], here[1])]
        chosen = [spec for spec in chosen if direction in spec["policyTypes"]]
        rules = [rule for spec in chosen for rule in spec.get(direction.lower(), [])]
        end = "to" if direction == "Egress" else "from"
        opened = any(
            ("ports" not in rule or any(p["port"] == port and p["protocol"] == protocol for p in rule["ports"]))
            and (end not in rule or any(_is_peer(peer, there, namespace) for peer in rule[end]))
            for rule in rules
        )
        # A pod that no policy chooses is open.
        if chosen and not opened:
            return False
    return True
