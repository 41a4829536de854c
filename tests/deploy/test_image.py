"""A built image, run as a cluster runs it: `make test-image`.

GALEN_IMAGE names the image ("yes": what `make image` calls it for the target GALEN_TARGET). docker or podman runs it;
buildah can build an image, but not run one with a read-only root.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import lock
import pytest

from tests.deploy.manifests import PROJECT

pytestmark = [pytest.mark.image, pytest.mark.slow]
Run = Callable[..., subprocess.CompletedProcess[str]]

_SHUT = ["--rm", "--read-only", "--network", "none", "--tmpfs", "/tmp:rw,mode=1777", "--user", "10001:10001"]
_SHUT += ["--cap-drop", "all", "--security-opt", "no-new-privileges"]
# Not every place that can run containers may raise its own limits or has systemd for health checks.
_PODMAN = ["--no-healthcheck", "--ulimit", "nofile=4096:4096", "--ulimit", "nproc=4096:4096"]
RUNNERS = {
    "docker": ["docker", "run", *_SHUT],
    "podman": ["podman", "run", *_SHUT, *_PODMAN],
    "podman with runc": ["podman", "--runtime", "runc", "run", *_SHUT, *_PODMAN],
}


@pytest.fixture(scope="module")
def image() -> str:
    name = os.environ.get("GALEN_IMAGE")
    if not name:
        pytest.skip("no image was named (make test-image, or GALEN_IMAGE=name)")
    version = re.search(r'version="(.*)"', (PROJECT / "setup.py").read_text(encoding="utf-8"))
    assert version
    target = os.environ.get("GALEN_TARGET", "cpu")
    built = f"galen:{version[1]}" if target == "cpu" else f"galen:{version[1]}-{target}"
    return built if name == "yes" else name


@pytest.fixture(scope="module")
def prefix(image: str) -> list[str]:
    """The first of the tools that can run the image, and how."""

    installed = [command for command in RUNNERS.values() if shutil.which(command[0])]
    if not installed:
        pytest.skip("neither docker nor podman is installed (what buildah built, podman can run: apt install podman)")
    said = []
    for command in installed:
        done = subprocess.run([*command, image, "--version"], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return command
        said.append(done.stderr.strip())
    pytest.fail(f"{image} does not run:\n" + "\n".join(said))


@pytest.fixture(scope="module")
def run(image: str, prefix: list[str]) -> Run:
    def in_container(*command: str, volumes: dict[Path, str] | None = None, entry: str = "galen") -> object:
        mounts = [part for source, target in (volumes or {}).items() for part in ("-v", f"{source}:{target}")]
        whole = [*prefix, *mounts, "--entrypoint", entry, image, *command]
        return subprocess.run(whole, capture_output=True, text=True, check=False)

    return in_container


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    try:
        os.chown(folder, 10001, 10001)
    except PermissionError:
        folder.chmod(0o777)
    tmp_path.chmod(0o755)
    return folder


def python(run: Run, code: str) -> str:
    done = run("-c", code, entry="python")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_it_is_galen_and_says_its_version(run: Run) -> None:
    assert re.fullmatch(r"galen \d+\.\d+\.\d+\n", run("--version").stdout)


def test_a_node_of_a_pipeline_can_be_run_in_it(run: Run) -> None:
    done = run("-m", "pipelines.node", "--help", entry="python")
    assert done.returncode == 0, done.stderr
    assert "--task" in done.stdout


def test_it_runs_as_a_stranger_who_can_write_to_tmp_only(run: Run) -> None:
    folders = "/ /opt/galen /usr/share/galen /etc /galen/configs /tmp"
    script = f"id -u; for d in {folders}; do touch $d/x 2>/dev/null && echo $d; done"
    assert run("-c", script, entry="sh").stdout.split() == ["10001", "/tmp"]


def test_nothing_can_be_installed_or_compiled_in_it(run: Run) -> None:
    assert run("-c", "command -v pip pip3 gcc g++ cc make curl wget git", entry="sh").stdout == ""
    assert "No module named pip" in run("-m", "pip", entry="python").stderr


def test_it_holds_what_is_locked_and_nothing_else(run: Run) -> None:
    code = "from importlib.metadata import distributions as d; [print(x.metadata['Name'], x.version) for x in d()]"
    installed = {}
    for line in python(run, code).splitlines():
        name, version = line.split()
        installed[re.sub(r"[-_.]+", "-", name).lower()] = version
    locked: dict[str, set[str]] = {}
    for file in ("requirements.lock", "requirements-gpu.lock"):
        for name, entry in lock.entries((PROJECT / file).read_text(encoding="utf-8")).items():
            locked[name] = set(re.findall(r"^[\w.-]+==([^ ;]+)", entry, re.MULTILINE))
    del installed["galen"]
    assert {name: version for name, version in installed.items() if version not in locked.get(name, set())} == {}
    assert "tensorflow" in installed


def test_every_module_that_is_run_is_compiled(run: Run) -> None:
    code = (
        "import importlib.util as u, json, os, pathlib, tensorflow, tfx, pipelines\n"
        "folders = [pathlib.Path(module.__file__).parent for module in (json, tfx, tensorflow, pipelines)]\n"
        "files = [str(file) for folder in folders for file in folder.glob('*.py')]\n"
        "print(len(files), [file for file in files if not os.path.exists(u.cache_from_source(file))])"
    )
    count, missing = python(run, code).splitlines()[-1].split(" ", 1)
    assert int(count) > 10
    assert missing == "[]"


def test_the_bill_of_materials_is_true(run: Run) -> None:
    done = run("-c", "python /usr/share/galen/sbom.py | cmp - /usr/share/galen/sbom.json", entry="sh")
    assert done.returncode == 0, done.stdout + done.stderr
    bill = json.loads(run("/usr/share/galen/sbom.json", entry="cat").stdout)
    assert bill["metadata"]["component"]["name"] == "galen"
    assert {"tensorflow", "libc6"} <= {component["name"] for component in bill["components"]}


def test_the_labels_name_the_revision_that_a_pushed_model_will_name(image: str, prefix: list[str], run: Run) -> None:
    command = [prefix[0], "image", "inspect", image]
    listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    labels = json.loads(listing)[0]["Config"]["Labels"]
    revision = labels["org.opencontainers.image.revision"]
    assert re.fullmatch(r"[0-9a-f]{40}(\+changes)?|unknown", revision)
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"
    code = "from components.model_pusher.revision import git_revision; print(git_revision())"
    assert python(run, code) == revision


def test_a_task_runs_to_a_pushed_model(run: Run, work: Path) -> None:
    done = run("run", "diabetes_progression", volumes={work: "/galen/work"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "blessed and pushed" in done.stdout
    assert list((work / "serving" / "diabetes_progression").glob("*/saved_model.pb"))


def test_a_missing_volume_is_told_in_a_sentence(run: Run) -> None:
    done = run("run", "diabetes_progression")
    assert done.returncode == 1
    assert "cannot be written to: Read-only file system" in done.stdout + done.stderr


def test_tasks_of_a_derived_image_are_found(run: Run, tmp_path: Path) -> None:
    for folder, name in (("pipeline_configs", "diabetes_progression.yaml"), ("schemas", "diabetes_progression.pbtxt")):
        (tmp_path / folder).mkdir()
        text = (PROJECT / folder / name).read_text(encoding="utf-8").replace("name: diabetes_progression", "name: ours")
        (tmp_path / folder / f"ours{Path(name).suffix}").write_text(text, encoding="utf-8")
    tmp_path.chmod(0o755)
    done = run("check", "ours", volumes={tmp_path: "/galen/tasks:ro"})
    assert "/galen/tasks/schemas/ours.pbtxt" in done.stdout, done.stdout + done.stderr
