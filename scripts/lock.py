"""Compiles requirements.lock from setup.py: one lock with hashes for every Python Galen runs on.

Versions already locked stay unless setup.py rules them out; `--upgrade` takes the newest.
"""

import os
import subprocess
import sys
from pathlib import Path

from setup_install import read_pip_config, uv_environment

PROJECT = Path(__file__).resolve().parent.parent
EXTRAS = ("dev", "kubeflow", "serving")


def main(options: list[str]) -> int:
    """Runs uv; returns its exit code."""
    pip = [sys.executable, "-m", "pip"]
    command = [
        str(Path(sys.executable).parent / "uv"),
        "pip",
        "compile",
        "--quiet",
        "setup.py",
        "-o",
        "requirements.lock",
    ]
    command += ["--universal", "--python-version", "3.11", "--generate-hashes", "--custom-compile-command", "make lock"]
    command += [f"--extra={extra}" for extra in EXTRAS]
    environ = uv_environment(read_pip_config(pip), os.environ)
    return subprocess.run([*command, *options], cwd=PROJECT, env=environ, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
