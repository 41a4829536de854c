"""Measures one piece of work in a process of its own, and reads its figures back."""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["measure", "report"]

_ROOT = Path(__file__).resolve().parent.parent


def report(work: Callable[[], Any]) -> None:
    """Runs a pipeline and prints seconds, seconds by node, and memory in MiB: before, at the peak."""
    nodes = _watched_nodes()
    before = _resident()
    started = time.perf_counter()
    work()
    figures = {
        "seconds": time.perf_counter() - started,
        "nodes": nodes,
        "before_mib": before,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(f"\nFIGURES {json.dumps(figures)}", flush=True)


def _watched_nodes() -> dict[str, float]:
    """Makes TFX's launcher write down the seconds of each node."""
    from tfx.orchestration.portable import launcher

    seconds: dict[str, float] = {}
    launch = launcher.Launcher.launch

    def timed(self: Any) -> Any:
        started = time.perf_counter()
        try:
            return launch(self)
        finally:
            seconds[self._pipeline_node.node_info.id] = time.perf_counter() - started

    launcher.Launcher.launch = timed
    return seconds


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def measure(module: str, *arguments: str) -> dict[str, Any]:
    """Runs a module as a process of its own.

    Args:
        module: Dotted name; its main ends in `report`.
        *arguments: Arguments of the process.

    Returns:
        The figures, with the seconds of the whole process, imports included, as `process`.

    Raises:
        RuntimeError: The process failed; with the end of what it printed.
    """
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": str(_ROOT)}
    started = time.perf_counter()
    with tempfile.TemporaryFile("w+") as output:
        command = [sys.executable, "-m", module, *arguments]
        code = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, env=environment, check=False).returncode
        output.seek(0)
        text = output.read()
    lines = [line for line in text.splitlines() if line.startswith("FIGURES ")]
    if code or not lines:
        raise RuntimeError(f"{module} ended with code {code}:\n{text[-3000:]}")
    return {**json.loads(lines[-1].removeprefix("FIGURES ")), "process": time.perf_counter() - started}
