"""Installs the locked packages: with uv where it can be had, else with pip, always by hash.

uv does not read pip's configuration, so a machine's own mirror, certificates or wheel folder would be passed over.
`uv_environment` hands them on.
"""

import ast
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from setup_console import CommandError, Console, SetupError

# What runs, and what developing adds to it (scripts/lock.py).
LOCKS = ("requirements.lock", "requirements-dev.lock")

# pip's option -> the variable by which uv takes the same.
_UV_VARIABLES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "keyring-provider": "UV_KEYRING_PROVIDER",
    "timeout": "UV_HTTP_TIMEOUT",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "cert": "SSL_CERT_FILE",
    "client-cert": "SSL_CLIENT_CERT",
    "proxy": "ALL_PROXY",
}

# Older or more special names; where one of them is set, the user has already told uv.
_SAME_MEANING = {
    "UV_DEFAULT_INDEX": ("UV_INDEX_URL",),
    "UV_INDEX": ("UV_EXTRA_INDEX_URL",),
    "ALL_PROXY": ("all_proxy", "HTTPS_PROXY", "https_proxy"),
}


def parse_pip_config(listing: str) -> dict[str, str]:
    """Reads `pip config list`: the option in force for `pip install`, whichever file or variable set it.

    Args:
        listing: Lines such as `global.index-url='https://...'` or `:env:.find-links='/wheels'`.
    """
    rank = {"global": 0, "install": 1, ":env:": 2}
    found: dict[str, tuple[int, str]] = {}
    for line in listing.splitlines():
        match = re.fullmatch(r"(:env:|\w+)\.([\w-]+)=(.*)", line.strip())
        if not match or match[1] not in rank:
            continue
        try:
            value = str(ast.literal_eval(match[3]))
        except (SyntaxError, ValueError):
            value = match[3]
        if rank[match[1]] >= found.get(match[2], (-1, ""))[0]:
            found[match[2]] = (rank[match[1]], value)
    return {option: value for option, (_, value) in found.items()}


def uv_environment(pip_config: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """Returns `environ` with pip's options added as uv's variables, none of those already set being changed."""
    result = dict(environ)
    for option, value in pip_config.items():
        variable = _UV_VARIABLES.get(option)
        if not variable or any(name in environ for name in (variable, *_SAME_MEANING.get(variable, ()))):
            continue
        values = value.split()
        if option == "find-links":
            # pip passes over a folder that is not there, uv stops at it.
            values = [v for v in values if "://" in v or Path(v).is_dir()]
        separator = "," if option == "find-links" else " "
        if values:
            result[variable] = separator.join(values)
    if "UV_INDEX" in result:
        # As pip does: the best match from any index. The hashes say what is accepted.
        result.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    return result


def locked_requirement(lock: str, name: str) -> str:
    """Returns the lines of the lock that pin one package with its hashes.

    Raises:
        KeyError: The lock does not hold the package.
    """
    match = re.search(rf"^{re.escape(name)}==[^\n]*(?:\n[ \t]+--hash=[^\n]*)*", lock, re.MULTILINE)
    if not match:
        raise KeyError(name)
    return match[0] + "\n"


def read_locks(locks: Sequence[Path]) -> str:
    """Returns the text of several locks as one."""
    return "\n".join(lock.read_text(encoding="utf-8") for lock in locks)


def count_requirements(lock: str) -> int:
    """Counts the packages of a lock."""
    return len({m[1] for m in re.finditer(r"^([\w.-]+)==", lock, re.MULTILINE)})


def read_pip_config(pip: Sequence[str]) -> dict[str, str]:
    """Asks pip which options are in force.

    Args:
        pip: The command that runs pip.
    """
    listing = subprocess.run([*pip, "config", "list"], capture_output=True, text=True, check=False)
    return parse_pip_config(listing.stdout)


def is_build_failure(output: str) -> bool:
    """Whether an installer failed in building a package from source, which another installer would too."""
    return any(sign in output for sign in ("Failed to build", "Failed building", "Python.h"))


class Installer:
    """Installs into one virtual environment.

    Args:
        venv: The environment.
        locks: The lock files; none holds a package that another one holds.
        console: Runs the commands.
    """

    def __init__(self, venv: Path, locks: Sequence[Path], console: Console) -> None:
        self._venv = venv
        self._python = str(venv / "bin" / "python")
        self._locks = locks
        self._console = console
        self._pip = [self._python, "-m", "pip", "--disable-pip-version-check", "--no-input"]

    def tool(self, name: str) -> None:
        """Installs one tool of the locks by pip."""
        wanted = self._venv / f"{name}.txt"
        wanted.write_text(locked_requirement(read_locks(self._locks), name), encoding="utf-8")
        self._console.run([*self._pip, "install", "--require-hashes", "--no-deps", "-r", str(wanted)])
        wanted.unlink()

    def uv(self) -> bool:
        """Installs uv; False where it cannot be had."""
        try:
            self.tool("uv")
        except (CommandError, KeyError) as error:
            self._console.note(f"no uv, so pip does the work: {error}")
            return False
        return True

    def everything(self, project: Path, *, with_uv: bool) -> None:
        """Installs the locked packages, then the project itself as an editable package.

        Raises:
            SetupError: A package could not be had or built.
        """
        try:
            if with_uv:
                try:
                    self._install([str(self._venv / "bin" / "uv"), "pip"], ["--python", self._python], project)
                    return
                except CommandError as error:
                    if is_build_failure(error.output):
                        raise
                    self._console.note(str(error))
                    self._console.say("uv did not manage; trying again with pip, which takes longer")
            self._install(self._pip, [], project)
        except CommandError as error:
            if is_build_failure(error.output):
                hint = (
                    "A few packages come as source: a C++ compiler and Python's headers are needed (g++, python3-dev)."
                )
            else:
                hint = "Does the package index that pip is configured for answer, and does it hold these packages?"
            raise SetupError(f"{error}\n{hint}") from error

    def _install(self, tool: list[str], options: list[str], project: Path) -> None:
        pip_config = read_pip_config(self._pip)
        environ = uv_environment(pip_config, os.environ)
        if pip_config.get("no-index", "").lower() in {"1", "true", "yes", "on"}:
            options = [*options, "--no-index"]
        install = [*tool, "install", *options]
        locked = [option for lock in self._locks for option in ("-r", str(lock))]
        self._console.run([*install, "--require-hashes", *locked], env=environ)
        self._console.run([*install, "--no-deps", "--no-build-isolation", "-e", str(project)], env=environ)
