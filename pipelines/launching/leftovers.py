"""What earlier runs left behind: folders that no database knows, executions that nobody works on."""

import logging
import os

from components import storage
from pipeline_configs.errors import ConfigError, Problem
from pipelines.metadata.records import ACTIVE, Node, RunContext
from pipelines.metadata.store import Store

__all__ = ["check_folder", "close_leftovers", "close_node", "reach", "reopen_node"]

_LOG = logging.getLogger("galen.launching")


def check_folder(folder: str, pipeline: str, store: Store) -> None:
    """Refuses a folder with artifacts of which the database knows nothing.

    Executions are numbered by the database and the numbers are folders: with a new database the nodes of a new run
    would write into the folders of old ones, and find their files among their own.

    Raises:
        ConfigError: There are such artifacts.
        RunFailed: The folder is in a storage that cannot be reached.
    """
    reach(folder)
    if store.runs(pipeline):
        return
    with storage.writing(folder):
        found = [name for name in storage.folders(folder) if not name.startswith(".")]
    if found:
        raise ConfigError(
            Problem(
                "the folder holds artifacts that the metadata database does not know",
                folder,
                expected=f"the database that goes with it, at {store.place}",
                found=f"{len(found)} folders, such as {found[0]}, and no run of {pipeline} in the database",
                fix="put the database back, or move the folder away",
            )
        )


def reach(folder: str) -> None:
    """Looks whether a folder of artifacts can be reached, so that what cannot is said at once and not by every node.

    Raises:
        RunFailed: It is in a storage that does not answer or gives no access.
    """
    with storage.writing(folder):
        storage.knock(folder)


def close_leftovers(store: Store, pipeline: str, current: RunContext) -> int:
    """Marks executions that a killed run left behind as canceled and removes their half-written outputs.

    Only where nobody can be working on them: for the holder of the task's lock. Runs that began later are left alone.

    Args:
        store: The metadata.
        pipeline: Name of the pipeline.
        current: The run that is about to begin.

    Returns:
        How many there were.
    """
    closed = 0
    for earlier in store.runs(pipeline):
        if earlier.context >= current.context or not set(store.states(earlier)) & set(ACTIVE):
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


def reopen_node(store: Store, run: RunContext, pipeline: str, node: str) -> None:
    """Removes what earlier attempts of a node in this run had half written; TFX goes on with their execution.

    Only where nobody works on it any more. An attempt that ended well stays as it is.
    """
    for found in store.nodes(run, pipeline):
        if found.id == node and found.state not in ("complete", "cached"):
            _LOG.info("%s: an earlier attempt did not end well (%s)", node, found.state)
            _remove_outputs(run, found)
            store.set_running(found)


def _closed(store: Store, run: RunContext, node: Node) -> bool:
    if node.state not in ACTIVE:
        return False
    store.cancel(node)
    _remove_outputs(run, node)
    return True


def _remove_outputs(run: RunContext, node: Node) -> None:
    artifacts = run.facts.get("artifacts", "")
    if node.id and artifacts:
        place, number = f"{artifacts}/{node.id}", str(node.execution)
        with storage.writing(place):
            for key in storage.folders(place):
                storage.delete(f"{place}/{key}/{number}")
            storage.delete(f"{place}/.system/executor_execution/{number}")
