"""scripts/setup.sh: which Python it takes, tried with interpreters that only pretend."""

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]


class Machine:
    """A made-up machine: a home, folders of interpreters, and a copy of setup.sh that calls a stand-in."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "project"
        self.home = folder / "home"
        self.path = folder / "bin"
        for each in (self.root / "scripts", self.home, self.path):
            each.mkdir(parents=True)
        # Only what setup.sh itself calls, so that this machine's own interpreters do not come into it.
        for tool in ("sh", "dirname", "sed", "head", "tail", "env"):
            (self.path / tool).symlink_to(Path("/usr/bin") / tool)
        text = (PROJECT / "scripts" / "setup.sh").read_text()
        for system in ("/usr/local/bin/", "/usr/bin/", "/opt/*/bin/"):
            text = text.replace(f' {system}"$name"', f' {folder}/none/"$name"')
        (self.root / "scripts" / "setup.sh").write_text(text)

    def python(self, path: Path, *, says: str = "", fails: str = "") -> Path:
        """Puts an interpreter at `path`: asked by the probe it says `says`, run on setup_env.py it tells who it is."""
        path.parent.mkdir(parents=True, exist_ok=True)
        answer = f'echo "{fails}" >&2; exit 1' if fails else f'echo "{says or path}"'
        path.write_text(f'#!/bin/sh\nif [ "$1" = -c ]; then {answer}; else echo "chosen {path} $*"; fi\n')
        path.chmod(0o755)
        return path

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/sh", str(self.root / "scripts" / "setup.sh"), *arguments],
            env={"HOME": str(self.home), "PATH": str(self.path), **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def chosen(self, *arguments: str, **variables: str) -> str:
        result = self.run(*arguments, **variables)
        assert result.returncode == 0, result.stderr
        return result.stdout.split()[1]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_the_newest_is_taken(machine: Machine) -> None:
    machine.python(machine.path / "python3.11")
    newest = machine.python(machine.path / "python3.13")
    machine.python(machine.path / "python3.12")
    assert machine.chosen() == str(newest)


def test_a_shim_that_does_not_work_is_passed_over_for_the_version_behind_it(machine: Machine) -> None:
    machine.python(machine.path / "python3.13", fails="pyenv: python3.13: command not found")
    real = machine.python(machine.home / ".pyenv" / "versions" / "3.13.0" / "bin" / "python3.13")
    machine.python(machine.path / "python3.11")
    assert machine.chosen() == str(real)


def test_a_working_one_later_on_the_path_is_found(machine: Machine, tmp_path: Path) -> None:
    machine.python(machine.path / "python3.12", fails="broken")
    later = machine.python(tmp_path / "later bin" / "python3.12")
    assert machine.run(PATH=f"{machine.path}:{later.parent}").stdout.startswith(f"chosen {later}")


def test_uv_managed_ones_are_found(machine: Machine) -> None:
    folder = machine.home / ".local/share/uv/python/cpython-3.12.11-linux-x86_64-gnu"
    managed = machine.python(folder / "bin" / "python3.12")
    assert machine.chosen() == str(managed)


def test_an_environments_interpreter_stands_for_the_one_it_was_made_from(machine: Machine, tmp_path: Path) -> None:
    base = machine.python(tmp_path / "base" / "python3.13")
    machine.python(machine.path / "python3.13", says=f"a warning\n{base}")
    assert machine.chosen() == str(base)


def test_a_wish_is_followed_or_refused(machine: Machine, tmp_path: Path) -> None:
    machine.python(machine.path / "python3.13")
    older = machine.python(machine.path / "python3.11")
    other = machine.python(tmp_path / "other" / "python")
    assert machine.chosen("--python", "3.11") == str(older)
    assert machine.chosen(GALEN_PYTHON=str(other)) == str(other)
    refused = machine.run("--python", "3.12")
    assert refused.returncode == 3
    assert "Looked for: 3.12" in refused.stderr


def test_an_environment_that_is_there_keeps_its_python(machine: Machine, tmp_path: Path) -> None:
    machine.python(machine.path / "python3.13")
    its = machine.python(tmp_path / "its" / "python3.11")
    stamp = machine.root / ".venv" / "galen-setup.json"
    stamp.parent.mkdir()
    stamp.write_text(f'{{\n "layout": 1,\n "interpreter": "{its}",\n "python": "3.11.7"\n}}')
    assert machine.chosen() == str(its)
    assert machine.chosen("--python", "3.13") == str(machine.path / "python3.13")
    its.unlink()
    assert machine.chosen() == str(machine.path / "python3.13")


def test_without_any_it_says_what_was_looked_for_what_was_found_and_what_to_do(machine: Machine) -> None:
    machine.python(machine.path / "python3.13", fails="Python 3.13 lacks the module ensurepip")
    machine.python(machine.path / "python3", fails="it is cpython 3.9")
    result = machine.run()
    assert result.returncode == 3
    assert "Looked for: Python 3.13, 3.12 or 3.11" in result.stderr
    assert f"{machine.path}/python3.13: Python 3.13 lacks the module ensurepip" in result.stderr
    assert f"{machine.path}/python3: it is cpython 3.9" in result.stderr
    assert "python3-venv" in result.stderr
    assert "GALEN_PYTHON" in result.stderr
    assert "Dockerfile" in result.stderr


@pytest.mark.parametrize("name", ["--venv", "GALEN_VENV"])
def test_the_folder_is_handed_on_absolute(machine: Machine, name: str) -> None:
    machine.python(machine.path / "python3.13")
    result = machine.run(name, "other") if name == "--venv" else machine.run(GALEN_VENV="other")
    assert result.stdout.split()[2:] == [
        str(machine.root / "scripts" / "setup_env.py"),
        "--venv",
        str(machine.root / "other"),
    ]


def test_the_real_probe_accepts_this_interpreter_and_names_its_base(tmp_path: Path) -> None:
    text = (PROJECT / "scripts" / "setup.sh").read_text()
    probe = text.split("probe='")[1].split("'\n")[0]
    said = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True).stdout.strip()
    assert Path(said).is_file()
    assert not said.startswith(sys.prefix) or sys.prefix == sys.base_prefix


def test_wrong_usage(machine: Machine) -> None:
    assert machine.run("--pithon", "3.11").returncode == 2
