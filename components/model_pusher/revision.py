"""Which Galen this is: its version and, in a checkout and in the container image, the git revision."""

import os
import subprocess
from importlib import metadata
from pathlib import Path

__all__ = ["galen_version", "git_revision"]


def galen_version() -> str:
    """Returns the version of the installed package, "unknown" where it is not installed."""
    try:
        return metadata.version("galen")
    except metadata.PackageNotFoundError:
        return "unknown"


def git_revision(folder: Path | None = None) -> str:
    """Returns the commit that the code is at, with "+changes" where files differ from it.

    Outside a checkout it is what the variable GALEN_REVISION says, which the container image sets; else "".

    Args:
        folder: Where to look; the folder with Galen's packages where left out.
    """
    root = folder or Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return os.environ.get("GALEN_REVISION", "")
    commit = _git(root, "rev-parse", "HEAD")
    changed = _git(root, "status", "--porcelain", "--untracked-files=no")
    return commit + ("+changes" if commit and changed else "")


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
