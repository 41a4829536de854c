"""What earlier runs left behind: folders that no database knows, executions that nobody works on."""

import logging
import os
import shutil
from pathlib import Path

from pipeline_configs.errors import ConfigError, Problem
from pipelines.metadata import ACTIVE, Node, RunContext, Store

__all__ = ["check_folder", "close_leftovers", "close_node"]

_LOG = logging.getLogger("galen.launching")


def check_folder(folder: Path, pipeline: str, store: Store) -> None:
    """Refuses a folder with artifacts of which the database knows nothing.

    Executions are numbered by the database and the numbers are folders: with a new database the nodes of a new run
    would write into the folders of old ones, and find their files among their own.

    Raises:
        ConfigError: There are such artifacts.
    """
    if store.runs(pipeline) or not folder.is_dir():
        return
    found = sorted(entry.name for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    if found:
        raise ConfigError(
            Problem(
                "the folder holds artifacts that the metadata database does not know",
                str(folder),
                expected=f"the database that goes with it, at {store.file}",
                found=f"{len(found)} folders, such as {found[0]}, and no run of {pipeline} in the database",
                fix="put the database back, or move the folder away",
            )
        )


def close_leftovers(store: Store, pipeline: str, current: RunContext) -> int:
    """Marks executions that a killed run left behind as canceled and removes their half-written outputs.

    Only for the holder of the task's lock: then nobody can be working on them.

    Args:
        store: The metadata.
        pipeline: Name of the pipeline.
        current: The run that is about to begin.

    Returns:
        How many there were.
    """
    closed = 0
    for earlier in store.runs(pipeline):
        if earlier.context == current.context or not set(store.states(earlier)) & set(ACTIVE):
            continue
        nodes = store.nodes(earlier, pipeline)
        if not earlier.facts.get("verdict"):
            last = max(node.ended for node in nodes).isoformat(timespec="milliseconds")
            store.add_facts(earlier, {"verdict": "interrupted", "ended": last, "message": "the process was killed"})
        closed += sum(_closed(store, earlier, node) for node in nodes)
    if closed:
        _LOG.info("closed %d executions of killed runs (process %d)", closed, os.getpid())
    return closed


def close_node(store: Store, run: RunContext, pipeline: str, node: str) -> None:
    """Marks a node of this run, whose process is gone, as canceled, and removes what it had half written."""
    for found in store.nodes(run, pipeline):
        if found.id == node:
            _closed(store, run, found)


def _closed(store: Store, run: RunContext, node: Node) -> bool:
    if node.state not in ACTIVE:
        return False
    store.cancel(node)
    artifacts = run.facts.get("artifacts", "")
    if node.id and artifacts:
        root = Path(artifacts)
        for folder in (root / node.id).glob(f"*/{node.execution}"):
            shutil.rmtree(folder, ignore_errors=True)
        system = root / node.id / ".system" / "executor_execution"
        shutil.rmtree(system / str(node.execution), ignore_errors=True)
    return True
