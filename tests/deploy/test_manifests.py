"""deploy/kubernetes: valid, complete, and no more than what is needed."""

import fnmatch
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from zoneinfo import ZoneInfo

import kubernetes_validate
import pytest
import yaml

from pipelines.config import load_environment, load_task, used_variables
from pipelines.kubeflow.lint import lint
from pipelines.nodes import node_ids
from tests.deploy.manifests import (
    FOREIGN,
    KUBERNETES,
    OVERLAYS,
    PROJECT,
    Manifest,
    collect,
    containers,
    matches,
    may,
    pods,
)

# The oldest Kubernetes that the guide names, and the newest whose schemas the validator has.
VERSIONS = ("1.30", kubernetes_validate.latest_version())
FILES = sorted(p for p in KUBERNETES.rglob("*.yaml") if p.name != "kustomization.yaml")
GUIDES = ("kubernetes.md", "deployment_guide.md")


def guide(name: str) -> str:
    return (PROJECT / "docs" / name).read_text(encoding="utf-8")


def made_by_hand(name: str) -> set[tuple[str, str]]:
    """Kind and name of what a guide says to make with kubectl."""
    return set(re.findall(r"kubectl -n galen create (secret|configmap) (?:generic )?([\w-]+)", guide(name)))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(KUBERNETES)))
def test_every_file_fits_the_schemas(path: Path, version: str) -> None:
    documents = [d for d in yaml.safe_load_all(path.read_text(encoding="utf-8")) if d]
    assert documents
    for document in documents:
        kubernetes_validate.validate(document, version, strict=True)


def test_every_file_is_used_by_a_kustomization() -> None:
    used = set()
    for kustomization in KUBERNETES.rglob("kustomization.yaml"):
        content = yaml.safe_load(with_options(kustomization.read_text(encoding="utf-8")))
        listed = [*content.get("resources", []), *content.get("components", [])]
        used |= {(kustomization.parent / name).resolve() for name in listed}
    assert [path for path in FILES if path.resolve() not in used] == []
    assert [path for path in used if not path.exists()] == []


def with_options(kustomization: str) -> str:
    """A kustomization with its optional lines, which begin with a # and no word after it."""
    return re.sub(r"^#(?! \w)", "", kustomization, flags=re.MULTILINE)


def kustomize(folder: Path) -> list[Manifest]:
    command = ["kustomize", "build"] if shutil.which("kustomize") else ["kubectl", "kustomize"]
    if not shutil.which(command[0]):
        pytest.skip("neither kustomize nor kubectl is installed")
    done = subprocess.run([*command, str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [document for document in yaml.safe_load_all(done.stdout) if document]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_kustomize_builds_what_these_tests_read(overlay: str) -> None:
    def key(manifest: Manifest) -> tuple[str, str]:
        return manifest["kind"], manifest["metadata"]["name"]

    folder = KUBERNETES / "overlays" / overlay
    built, ours = (sorted(found, key=key) for found in (kustomize(folder), collect(folder)))
    assert json.dumps(built, sort_keys=True, indent=1) == json.dumps(ours, sort_keys=True, indent=1)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_an_overlay_offers_can_be_used_as_it_stands(overlay: str, tmp_path: Path) -> None:
    shutil.copytree(KUBERNETES, tmp_path / "kubernetes")
    folder = tmp_path / "kubernetes" / "overlays" / overlay
    file = folder / "kustomization.yaml"
    file.write_text(with_options(file.read_text(encoding="utf-8")), encoding="utf-8")
    built = {(m["kind"], m["metadata"]["name"]): m for m in kustomize(folder)}
    claims = [built["PersistentVolumeClaim", name]["spec"] for name in ("galen-work", "galen-data")]
    assert [claim["storageClassName"] for claim in claims] == ["nfs-csi", ""]
    (args,) = [c["args"] for pod in pods(built["CronJob", "galen-schedule-heart-disease"]) for c in containers(pod)]
    offered = yaml.safe_load(file.read_text(encoding="utf-8"))["patches"]
    assert args == yaml.safe_load(offered[0]["patch"])[0]["value"]
    policies = [m for (kind, _), m in built.items() if kind == "NetworkPolicy"]
    assert {"pipeline-to-object-storage", "end-to-notification", "beam-cluster"} <= {
        p["metadata"]["name"] for p in policies
    }
    assert may(policies, FOREIGN["argo"], "10.20.0.5", 443)
    assert not may(policies, FOREIGN["argo"], "10.20.0.6", 443)


def test_the_ways_to_private_object_storage_are_opened_by_the_patches_of_the_guide(tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", guide("kubernetes.md"), re.DOTALL)
    (patch,) = [block for block in blocks if "name: pipeline-to-object-storage" in block]
    (further,) = [block for block in blocks if "path: /spec/egress/-" in block]
    shutil.copytree(KUBERNETES, tmp_path / "kubernetes")
    folder = tmp_path / "kubernetes" / "overlays" / "cpu"
    text = (folder / "kustomization.yaml").read_text(encoding="utf-8")
    text = text.replace("#  - ../../components/object-storage", "  - ../../components/object-storage")
    (folder / "kustomization.yaml").write_text(f"{text}\n{patch}{further}", encoding="utf-8")
    policies = [m for m in kustomize(folder) if m["kind"] == "NetworkPolicy"]
    assert may(policies, FOREIGN["argo"], "10.30.0.7", 9000)
    assert may(policies, FOREIGN["argo"], "169.254.169.254", 80)
    assert not may(policies, FOREIGN["argo"], "198.51.100.7", 443)


def test_both_overlays_offer_the_same() -> None:
    def offered(overlay: str) -> list[str]:
        text = (KUBERNETES / "overlays" / overlay / "kustomization.yaml").read_text(encoding="utf-8")
        return [line for line in text.splitlines() if re.match(r"#(?! \w)", line)]

    assert len(offered("cpu")) > 20
    assert offered("cpu") == offered("gpu")


def test_all_is_in_the_one_namespace(manifests: list[Manifest]) -> None:
    namespaces = [m for m in manifests if m["kind"] == "Namespace"]
    assert [m["metadata"]["name"] for m in namespaces] == ["galen"]
    assert {m["metadata"].get("namespace") for m in manifests if m["kind"] != "Namespace"} == {"galen"}
    assert namespaces[0]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_there_are_no_secrets_but_by_reference(manifests: list[Manifest]) -> None:
    assert [m for m in manifests if m["kind"] == "Secret"] == []
    for pod in (pod for manifest in manifests for pod in pods(manifest)):
        for variable in (v for c in containers(pod) for v in c.get("env", [])):
            secret = re.search("PASSWORD|TOKEN|KEY|SECRET", variable["name"])
            assert not secret or "valueFrom" in variable or variable["value"].startswith("/run/secrets/"), variable


@pytest.mark.parametrize("page", GUIDES)
def test_whatever_is_named_is_there_or_is_made_by_hand_as_the_guide_says(page: str, manifests: list[Manifest]) -> None:
    there = {(m["kind"].lower(), m["metadata"]["name"]) for m in manifests} | made_by_hand(page)
    wanted = set()
    for manifest in manifests:
        wanted |= {(s["kind"].lower(), s["name"]) for s in manifest.get("subjects", [])}
        wanted |= {("role", manifest["roleRef"]["name"])} if "roleRef" in manifest else set()
        if manifest["kind"] == "StatefulSet":
            wanted.add(("service", manifest["spec"]["serviceName"]))
        for pod in pods(manifest):
            wanted.add(("serviceaccount", pod["spec"]["serviceAccountName"]))
            for volume in pod["spec"]["volumes"]:
                for kind, name in (
                    ("secret", "secretName"),
                    ("configMap", "name"),
                    ("persistentVolumeClaim", "claimName"),
                ):
                    if kind in volume:
                        wanted.add((kind.lower(), volume[kind][name]))
    assert {("secret", "galen-metadata"), ("secret", "galen-metadata-root")} <= wanted
    assert wanted - there == set()


def test_every_mounted_volume_is_declared_and_every_declared_one_mounted(manifests: list[Manifest]) -> None:
    for manifest in manifests:
        claims = {c["metadata"]["name"] for c in manifest.get("spec", {}).get("volumeClaimTemplates", [])}
        for pod in pods(manifest):
            declared = {volume["name"] for volume in pod["spec"]["volumes"]} | claims
            assert {m["name"] for c in containers(pod) for m in c["volumeMounts"]} == declared


def test_every_selector_chooses_something(manifests: list[Manifest]) -> None:
    labels = [pod["metadata"]["labels"] for manifest in manifests for pod in pods(manifest)]
    labels += [foreign for _, foreign in FOREIGN.values()]

    def chooses(selector: Manifest) -> bool:
        return any(matches(selector, found) for found in labels)

    for manifest in manifests:
        spec = manifest.get("spec", {})
        if manifest["kind"] == "Service":
            assert chooses({"matchLabels": spec["selector"]}), manifest["metadata"]["name"]
        elif manifest["kind"] in {"StatefulSet", "PodDisruptionBudget"}:
            assert chooses(spec["selector"]), manifest["metadata"]["name"]
        elif manifest["kind"] == "NetworkPolicy":
            ends = [
                p
                for r in [*spec.get("egress", []), *spec.get("ingress", [])]
                for e in ("to", "from")
                for p in r.get(e, [])
            ]
            selectors = [spec["podSelector"], *(p["podSelector"] for p in ends if "podSelector" in p)]
            assert all(chooses(selector) for selector in selectors), manifest["metadata"]["name"]


def test_images_are_named_by_an_overlay_or_pinned(manifests: list[Manifest]) -> None:
    images = [c["image"] for manifest in manifests for pod in pods(manifest) for c in containers(pod)]
    assert len(images) == 2
    for image in images:
        assert "@sha256:" in image or re.search(r":[\w.-]+$", image), image
        assert not image.endswith(":latest")


def test_pods_keep_to_the_restricted_standard_and_write_nowhere_else(manifests: list[Manifest]) -> None:
    checked = 0
    for pod in (pod for manifest in manifests for pod in pods(manifest)):
        spec = pod["spec"]
        context = spec["securityContext"]
        assert context["runAsNonRoot"] is True
        assert context["runAsUser"] > 0
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec)
        assert spec["automountServiceAccountToken"] is False
        allowed = {"configMap", "emptyDir", "projected", "secret", "persistentVolumeClaim"}
        assert all(set(volume) - {"name"} <= allowed for volume in spec["volumes"])
        for container in containers(pod):
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False
            assert context["readOnlyRootFilesystem"] is True
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert not {"privileged", "procMount"} & set(context)
            assert {"cpu", "memory"} <= set(container["resources"]["requests"])
            assert "memory" in container["resources"]["limits"]
            checked += 1
    assert checked == 2


def test_roles_are_of_the_namespace_and_hold_no_wildcard(manifests: list[Manifest]) -> None:
    assert not {m["kind"] for m in manifests} & {"ClusterRole", "ClusterRoleBinding"}
    rules = [rule for m in manifests if m["kind"] == "Role" for rule in m["rules"]]
    assert rules
    for rule in rules:
        assert "*" not in [*rule["apiGroups"], *rule["resources"], *rule["verbs"]]
        if set(rule["resources"]) & {"secrets", "configmaps"}:
            # `list` would give all of them, whatever the names.
            assert rule["resourceNames"]
            assert rule["verbs"] == ["get"]
        assert not set(rule["resources"]) & {
            "pods",
            "pods/exec",
            "jobs.batch",
            "roles",
            "rolebindings",
            "serviceaccounts",
        }


def test_no_galen_secret_can_be_read_through_the_api(manifests: list[Manifest]) -> None:
    rules = [rule for m in manifests if m["kind"] == "Role" for rule in m["rules"]]
    named = {name for rule in rules for name in rule.get("resourceNames", [])}
    assert named == {"kfp-launcher", "mlpipeline-minio-artifact"}


def test_people_may_do_what_the_commands_do_and_no_pod_gets_their_rights(manifests: list[Manifest]) -> None:
    (role,) = [m for m in manifests if (m["kind"], m["metadata"]["name"]) == ("Role", "galen-operator")]
    (account,) = [m for m in manifests if (m["kind"], m["metadata"]["name"]) == ("ServiceAccount", "galen-operator")]
    allowed = {(resource, verb) for rule in role["rules"] for resource in rule["resources"] for verb in rule["verbs"]}
    assert {group for rule in role["rules"] for group in rule["apiGroups"]} == {"pipelines.kubeflow.org"}
    runs = {"create", "get", "list", "terminate", "readArtifact"}
    jobs = {"create", "get", "list", "delete", "disable", "enable"}
    assert {("runs", verb) for verb in runs} | {("jobs", verb) for verb in jobs} <= allowed
    for resource in ("pipelines", "pipelines/versions", "experiments"):
        assert {verb for of, verb in allowed if of == resource} == {"create", "get", "list"}
    assert ("runs", "delete") not in allowed
    assert account["automountServiceAccountToken"] is False
    assert "galen-operator" not in [p["spec"]["serviceAccountName"] for m in manifests for p in pods(m)]
    assert "create token galen-operator --audience pipelines.kubeflow.org" in guide("deployment_guide.md")


def test_the_schedule_may_see_whether_one_of_its_runs_is_on(manifests: list[Manifest]) -> None:
    (role,) = [m for m in manifests if (m["kind"], m["metadata"]["name"]) == ("Role", "galen-scheduler")]
    (runs,) = [rule["verbs"] for rule in role["rules"] if "runs" in rule["resources"]]
    assert runs == ["get", "list"]


def test_the_schedule_is_of_a_task_that_there_is(manifests: list[Manifest]) -> None:
    jobs = [m for m in manifests if m["kind"] == "CronJob"]
    assert jobs
    for job in jobs:
        (pod,) = pods(job)
        command, task, *options = pod["spec"]["containers"][0]["args"]
        given = dict(zip(options[::2], options[1::2], strict=True))
        assert command == "schedule"
        container = pod["spec"]["containers"][0]
        variables = {variable["name"]: variable["value"] for variable in container["env"]}
        assert variables["GALEN_IMAGE"] == container["image"]
        assert variables["GALEN_KFP_HOST"].startswith("http://ml-pipeline.kubeflow.")
        assert (PROJECT / "pipeline_configs" / f"{task}.yaml").is_file()
        assert job["metadata"]["name"] == f"galen-schedule-{task.replace('_', '-')}"
        assert len(given["--cron"].split()) == 5
        assert ZoneInfo(given["--timezone"]).key == given["--timezone"]
        in_guide = f'--cron "{given["--cron"]}" --timezone {given["--timezone"]}'
        assert in_guide in guide("deployment_guide.md")
        (source,) = next(v for v in pod["spec"]["volumes"] if "projected" in v)["projected"]["sources"]
        assert source["serviceAccountToken"]["audience"] == "pipelines.kubeflow.org"


def test_the_schedule_has_all_that_its_task_needs(manifests: list[Manifest], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("GALEN_", "HEART_"))]:
        monkeypatch.delenv(name)
    (pod,) = [pod for m in manifests if m["kind"] == "CronJob" for pod in pods(m)]
    (container,) = containers(pod)
    variables = {variable["name"]: variable["value"] for variable in container["env"]}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    name, environment = container["args"][1], container["args"][container["args"].index("--env") + 1]
    task, _ = load_task(name)
    used = used_variables(name, environment)
    assert lint(task, load_environment(environment), node_ids(task), used) == []
    # Without a span in the path a night has nothing that is new, and there is nothing to catch up on.
    assert task.data.has_spans
    assert task.data.path == variables["HEART_DISEASE_CSV"]
    text = guide("deployment_guide.md")
    assert f"export HEART_DISEASE_CSV='{task.data.path}'" in text
    night = task.data.path.format(YYYY="2026", MM="11", DD="23")
    assert [
        file for file in re.findall(r"heart_disease/\S+\.csv", text) if fnmatch.fnmatch(f"/galen/data/{file}", night)
    ]


def test_the_environment_of_kubeflow_names_what_is_deployed(manifests: list[Manifest]) -> None:
    text = (PROJECT / "pipeline_configs" / "environments" / "kubeflow.yaml").read_text(encoding="utf-8")
    environment = yaml.safe_load(re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text))
    kubeflow = environment["kubeflow"]
    nodes = [kubeflow["defaults"], *kubeflow["nodes"].values()]
    names = {(m["kind"], m["metadata"]["name"]) for m in manifests}
    secrets = {("secret", s["secret"]) for node in nodes for s in node.get("secrets", {}).values()}
    assert ("secret", "galen-pseudonym") in secrets
    assert [page for page in GUIDES if secrets - made_by_hand(page)] == []
    claims = {volume["claim"]: volume["path"] for node in nodes for volume in node.get("volumes", [])}
    assert claims == {"galen-work": "/galen/work", "galen-data": "/galen/data"}
    assert {("PersistentVolumeClaim", claim) for claim in claims} <= names
    assert ("Service", environment["metadata"]["host"]) in names
    assert ("Namespace", kubeflow["namespace"]) in names
    assert ("ServiceAccount", kubeflow.get("service_account", "galen-pipeline")) in names
