"""What a run writes about itself when it begins."""

import json
import os
import socket
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pipelines.exit_codes import ExitCode

__all__ = ["first_facts", "last_facts", "now"]


def now() -> str:
    """Returns the time, as facts have it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def first_facts(
    environment: str,
    parameters: Mapping[str, Any],
    artifacts: str,
    *,
    from_nodes: Sequence[str] = (),
    to_nodes: Sequence[str] = (),
    force: bool = False,
) -> dict[str, str]:
    """Returns the facts of a run that begins now in this process.

    Args:
        environment: Name of the environment.
        parameters: Its parameters.
        artifacts: Folder of its artifacts.
        from_nodes: `--from`.
        to_nodes: `--to`.
        force: `--force`.
    """
    from components.model_pusher.revision import galen_version, git_revision

    return {
        "galen_version": galen_version(),
        "git_revision": git_revision(),
        "environment": environment,
        "parameters": json.dumps(dict(parameters), sort_keys=True, default=str),
        "from": ",".join(from_nodes),
        "to": ",".join(to_nodes),
        "force": str(force).lower(),
        "started": now(),
        "process": f"{os.getpid()} on {socket.gethostname()}",
        "artifacts": artifacts,
    }


def last_facts(code: ExitCode, message: str) -> dict[str, str]:
    """Returns the facts of a run that ends now.

    Args:
        code: As of `galen run`.
        message: How it ended, in a sentence.
    """
    return {"ended": now(), "exit_code": str(code.value), "verdict": code.verdict, "message": message}
