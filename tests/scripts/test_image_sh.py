"""scripts/image.sh: which tool it takes, what it tells it, what it says when there is none."""

import os
import re
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
NEEDED = ("sh", "dirname", "sed", "date", "git", "env", "cat")


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder for PATH with the few programs that the script needs; builders are added by `fake`."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in NEEDED:
        for place in os.environ["PATH"].split(os.pathsep):
            if (Path(place) / name).exists():
                (folder / name).symlink_to(Path(place) / name)
                break
    return folder


def fake(tools: Path, name: str, *, daemon: bool = True) -> None:
    program = tools / name
    refuse = "" if daemon else 'case $1 in version | --version) echo "cannot connect" >&2; exit 1;; esac\n'
    program.write_text(
        f'#!/bin/sh\n{refuse}case $1 in version | --version) exit 0;; esac\nprintf "%s\\n" {name} "$@"\n'
    )
    program.chmod(0o755)


def run(tools: Path, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environ = {"PATH": str(tools), **variables}
    command = [str(tools / "sh"), str(PROJECT / "scripts" / "image.sh"), *options]
    return subprocess.run(command, capture_output=True, text=True, env=environ, check=False)


def test_without_a_tool_it_says_what_it_looked_for_and_what_to_do(tools: Path) -> None:
    done = run(tools)
    assert done.returncode == 1
    assert "docker: not installed" in done.stderr
    assert "What to do:" in done.stderr
    assert not done.stdout


def test_a_docker_without_its_daemon_is_passed_over(tools: Path) -> None:
    fake(tools, "docker", daemon=False)
    assert "its daemon does not answer" in run(tools).stderr
    fake(tools, "buildah")
    assert run(tools).stdout.startswith("buildah builds galen:")


def test_docker_comes_first_unless_another_is_named(tools: Path) -> None:
    for name in ("docker", "podman", "buildah"):
        fake(tools, name)
    assert run(tools).stdout.startswith("docker builds")
    assert run(tools, IMAGE_BUILDER="podman").stdout.startswith("podman builds")


@pytest.mark.parametrize("builder", ["docker", "podman", "buildah"])
def test_version_revision_and_time_go_into_the_labels(tools: Path, builder: str) -> None:
    fake(tools, builder)
    arguments = run(tools, SOURCE_DATE_EPOCH="1764000000").stdout.splitlines()
    assert arguments[1:3] == [builder, "build"]
    given = dict(a.split("=", 1) for a in arguments if re.match(r"[A-Z]+=", a))
    version = re.search(r'version="(.*)"', (PROJECT / "setup.py").read_text(encoding="utf-8"))
    assert version
    assert given["VERSION"] == version[1]
    assert re.fullmatch(r"[0-9a-f]{40}(\+changes)?|unknown", given["REVISION"])
    assert given["CREATED"] == "2025-11-24T16:00:00Z"
    assert "BASE" not in given
    # Kept in Docker's format: OCI's has no health check.
    assert ("--format" in arguments) == (builder != "docker")
    assert arguments[-2:] == [".", f"built: galen:{version[1]}"]


def test_target_tag_base_and_options_are_handed_on(tools: Path) -> None:
    fake(tools, "buildah")
    options = ["--target", "gpu", "--base", "debian:trixie", "--", "--volume", "/a b:/c:ro"]
    arguments = run(tools, *options).stdout.splitlines()
    assert "BASE=debian:trixie" in arguments
    assert arguments[arguments.index("--target") + 1] == "gpu"
    assert arguments[arguments.index("--tag") + 1].endswith("-gpu")
    assert arguments[arguments.index("--volume") + 1] == "/a b:/c:ro"
    assert "--tag\nmine:1\n" in run(tools, "--tag", "mine:1").stdout


def test_a_failed_build_is_not_called_built(tools: Path) -> None:
    (tools / "buildah").write_text("#!/bin/sh\n[ $1 = --version ] || exit 4\n")
    (tools / "buildah").chmod(0o755)
    done = run(tools)
    assert done.returncode == 4
    assert "built:" not in done.stdout


@pytest.mark.parametrize("options", [["--target", "tpu"], ["--tag"], ["stray"]])
def test_wrong_usage_is_told(tools: Path, options: list[str]) -> None:
    fake(tools, "buildah")
    done = run(tools, *options)
    assert done.returncode == 2
    assert done.stderr


def test_a_password_in_the_address_of_the_repository_stays_out_of_the_image(tools: Path, tmp_path: Path) -> None:
    fake(tools, "buildah")
    project = tmp_path / "project"
    (project / "scripts").mkdir(parents=True)
    for name in ("scripts/image.sh", "setup.py"):
        (project / name).write_bytes((PROJECT / name).read_bytes())
    for command in (["init", "-q"], ["remote", "add", "origin", "https://me:hunter2@example.org/galen.git"]):
        subprocess.run(["git", *command], cwd=project, check=True)
    subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "x"],
        cwd=project,
        check=True,
    )
    command = [str(tools / "sh"), str(project / "scripts" / "image.sh")]
    done = subprocess.run(command, capture_output=True, text=True, env={"PATH": str(tools)}, check=True)
    assert "SOURCE=https://example.org/galen.git" in done.stdout
    assert "hunter2" not in done.stdout
