"""What must not be in the repository, and what its files must agree on."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-gpu.lock")

# Package indexes and archives are the machine's business: pip's and apt's configuration name them.
_HOSTS = (
    r"pypi\.org|pythonhosted\.org|deb\.debian\.org|archive\.ubuntu\.com|security\.ubuntu\.com|snapshot\.debian\.org"
)
# Someone's home or scratch folder is of no use to anyone else.
_FOLDERS = r"(?<![\w.~*-])/(?:root|home|Users|workspace|work)/[\w.-]+/"
_FORBIDDEN = re.compile(f"{_HOSTS}|{_FOLDERS}")


def tracked_files() -> list[Path]:
    try:
        listing = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return [PROJECT / name for name in listing.stdout.split("\0") if name and (PROJECT / name).is_file()]


def test_no_file_names_a_registry_host_or_a_folder_of_one_machine() -> None:
    found = []
    for path in tracked_files():
        if path == Path(__file__).resolve():
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(PROJECT)}: {match[0]}" for match in _FORBIDDEN.finditer(text)]
    assert not found


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_pins_every_package_with_a_hash(name: str) -> None:
    lock = (PROJECT / name).read_text(encoding="utf-8")
    assert "file:" not in lock
    assert "--index-url" not in lock
    for block in re.split(r"\n(?=[a-zA-Z0-9])", lock.split("\n", 1)[1]):
        assert re.match(r"[\w.-]+(\[[\w,-]+\])?==\S+", block), block[:80]
        assert "--hash=sha256:" in block, block[:80]


def test_every_direct_dependency_has_its_reason_in_the_docs_and_its_pin_in_the_lock() -> None:
    source = (PROJECT / "setup.py").read_text(encoding="utf-8")
    names = re.findall(r'^ +"([A-Za-z][\w-]*)(?:\[[\w,]+\])?(?:[<>=]=?)', source, re.MULTILINE)
    assert len(names) > 30
    docs = (PROJECT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    lock = "".join((PROJECT / name).read_text(encoding="utf-8") for name in LOCKS)
    assert [name for name in names if not re.search(rf"\b{name}\b", docs)] == []
    pinned = re.findall(r"^([\w.-]+)(?:\[[\w,]+\])?==", lock, re.MULTILINE)
    # The page says why this one is not in the lock.
    assert {name.lower() for name in names} - {name.lower() for name in pinned} == {"presidio-analyzer"}


def test_every_package_is_shipped_linted_for_types_and_layered() -> None:
    tools = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    setup = (PROJECT / "setup.py").read_text(encoding="utf-8")
    packages = set(re.findall(r'"(\w+)"', setup.split("PACKAGES = (")[1].split(")")[0]))
    assert packages <= set(tools["mypy"]["files"])
    assert packages == set(tools["importlinter"]["root_packages"])
    ignored = (PROJECT / ".dockerignore").read_text(encoding="utf-8")
    assert [name for name in sorted(packages) if f"!{name}\n" not in ignored] == []


def test_scripts_can_be_run() -> None:
    assert os.access(PROJECT / "scripts" / "setup.sh", os.X_OK)
