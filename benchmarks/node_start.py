"""What the start of each node's container costs, beside `from tfx import v1`, in CPU seconds of one core."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

__all__ = ["node_start"]

_PEER = "from tfx import v1"
_SAY = "import time; print(time.process_time())"


def node_start(folder: Path) -> None:
    """Imports of a container that runs one node, from the interpreter's start until the launcher takes over.

    Args:
        folder: For the plan.
    """
    plan = folder / "plan"
    _run(f"from benchmarks.node_start import write_plan; write_plan({str(plan)!r})")
    nodes = json.loads(_run(f"from benchmarks.node_start import show_nodes; show_nodes({str(plan)!r})"))
    peer = min(float(_run(f"{_PEER}; {_SAY}")) for _ in range(2))
    table = Table("node", "CPU s", "of TFX's", title=f"Start of a node ({_PEER}: {peer:.1f} s; the bound is .50 of it)")
    for node in nodes:
        took = min(
            float(_run(f"from benchmarks.node_start import start; start({str(plan)!r}, {node!r}); {_SAY}"))
            for _ in range(2)
        )
        table.add_row(node, f"{took:.1f}", f"{took / peer:.2f}")
    Console().print(table)


def _run(code: str) -> str:
    # Compiled to bytecode, as an image's packages are; the best of two does not count the compiling.
    compiled = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run([sys.executable, "-c", code], env=compiled, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    return done.stdout.strip().rpartition("\n")[2]


def write_plan(path: str) -> None:
    """Writes the plan of a records task."""
    from tfx.dsl.compiler.compiler import Compiler

    from pipelines.builder import build
    from pipelines.config import load_environment, load_task
    from pipelines.launching.plan import Plan

    task, file = load_task("diabetes_progression")
    plan = Plan(Compiler().compile(build(task, file, load_environment("local"), {})))
    Path(path).write_bytes(plan.to_bytes())


def show_nodes(path: str) -> None:
    """Prints the nodes of a plan."""
    from pipelines.launching.plan import Plan

    print(json.dumps(Plan.from_bytes(Path(path).read_bytes()).nodes))


def start(path: str, node: str) -> None:
    """Does what a container does before its node runs, and imports what the node's function is in."""
    import importlib

    import pipelines.cluster.tasks
    import pipelines.node
    from pipelines.launching.lean import import_node
    from pipelines.launching.plan import Plan

    began = time.process_time()
    assert pipelines.node and pipelines.cluster.tasks
    plan = Plan.from_bytes(Path(path).read_bytes())
    executor, beam = plan.executor(node)
    import_node(executor, beam=beam)
    importlib.import_module("pipelines.launching.launch")
    module = {"Transform": "transforms.records", "Trainer": "trainers.records"}.get(node)
    if module:
        importlib.import_module(module)
    assert time.process_time() > began
