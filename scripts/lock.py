"""Compiles the locks from setup.py: exact versions with hashes, for every Python Galen runs on.

- requirements.lock: what runs, in the container image and everywhere else;
- requirements-dev.lock: what developing adds to it;
- requirements-gpu.lock: what a GPU adds to it.

All is resolved at once and each package stands in one file only, so no two of them can disagree. Versions already
locked stay unless setup.py rules them out; `--upgrade` takes the newest.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Collection
from pathlib import Path

from setup_install import read_pip_config, uv_environment

PROJECT = Path(__file__).resolve().parent.parent
# Each lock's extras; the first holds Galen's own requirements as well.
LOCKS = {
    "requirements.lock": ("kubeflow",),
    "requirements-dev.lock": ("dev", "serving"),
    "requirements-gpu.lock": ("gpu",),
}
HEADER = "# Compiled from setup.py by `make lock`.\n"


def entries(lock: str) -> dict[str, str]:
    """Splits a lock into its entries, by package; one that differs between platforms has several lines in one entry."""
    found: dict[str, str] = {}
    for match in re.finditer(r"^([A-Za-z0-9][\w.-]*)[^\n]*\n(?:[ \t]+[^\n]*\n)*", lock, re.MULTILINE):
        found[match[1]] = found.get(match[1], "") + match[0]
    return found


def without(lock: str, names: Collection[str]) -> str:
    """Returns a lock less some packages."""
    return HEADER + "".join(entry for name, entry in entries(lock).items() if name not in names)


def compile_lock(extras: Collection[str], output: Path, options: Collection[str]) -> None:
    """Runs uv.

    Args:
        extras: The extras to lock besides Galen's own requirements.
        output: The file to write; the versions that it holds already are kept.
        options: Further options of `uv pip compile`.
    """
    command = [str(Path(sys.executable).parent / "uv"), "pip", "compile", "--quiet", "setup.py", "-o", str(output)]
    command += ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-header"]
    command += [f"--extra={extra}" for extra in extras]
    pip = [sys.executable, "-m", "pip"]
    environ = uv_environment(read_pip_config(pip), os.environ)
    subprocess.run([*command, *options], cwd=PROJECT, env=environ, check=True, stdout=subprocess.DEVNULL)


def main(options: list[str]) -> int:
    """Writes the locks; returns uv's exit code."""
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.txt"
        present = [PROJECT / name for name in LOCKS if (PROJECT / name).is_file()]
        whole.write_text("".join(path.read_text(encoding="utf-8") for path in present), encoding="utf-8")
        try:
            compile_lock([extra for extras in LOCKS.values() for extra in extras], whole, options)
            base: Collection[str] = ()
            written = {}
            for name, extras in LOCKS.items():
                part = Path(folder) / name
                compile_lock(extras, part, [f"--constraint={whole}"])
                lock = part.read_text(encoding="utf-8").replace(f"    #   -c {whole}\n", "")
                written[name] = without(lock, base)
                base = base or entries(lock)
        except subprocess.CalledProcessError as error:
            return error.returncode
    for name, lock in written.items():
        (PROJECT / name).write_text(lock, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
