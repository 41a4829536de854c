"""`galen stop`: asks KFP to stop runs, and closes in the metadata those that nobody works on any more."""

from collections.abc import Iterator

from pipeline_configs.environment import Environment
from pipeline_configs.errors import ConfigError, GalenError, Problem
from pipelines.config import load_environment
from pipelines.kubeflow.api import Api
from pipelines.kubeflow.runs import stop
from pipelines.lock import holder, lock_folder
from pipelines.recorded.facts import now

__all__ = ["stop_runs"]


def stop_runs(task: str, run: str | None, environment: str) -> Iterator[str]:
    """Stops runs of a task; yields what was done, in sentences.

    Raises:
        ConfigError: There is no such run, or it runs on this machine.
        RunFailed: KFP does not answer, or refuses.
    """
    if run == "":
        raise ConfigError(Problem("the run's id is empty", "RUN", fix=f"leave it out to stop all runs of {task}"))
    declared = load_environment(environment)
    if declared.kubeflow is None:
        there = holder(lock_folder(declared, task))
        what = f"{task} runs on this machine" if there else f"{task} is not running"
        fix = f"kill -INT {there.pid}" if there else ""
        raise ConfigError(Problem(what, f"environment {environment}", fix=fix))
    client = Api(declared.kubeflow)
    try:
        stopped = stop(client, task, run or "")
    except ConfigError:
        if run and _closed(run, declared):
            yield f"run {run} is closed in the metadata: KFP knows it no more"
            return
        raise
    for one in stopped:
        yield f"asked run {one.id} to stop"
    if not stopped:
        yield f"run {run} had ended" if run else f"no run of {task} is on"


def _closed(run: str, environment: Environment) -> bool:
    """Closes a run that has no verdict and that KFP does not know, where the metadata can be reached from here."""
    from pipelines.metadata.store import Store

    try:
        store = Store(environment, write=True)
        found = store.run(run)
        if found is None or found.facts.get("verdict"):
            return False
        store.add_facts(found, {"verdict": "interrupted", "message": "ended by galen stop", "ended": now()})
    except GalenError:
        return False
    return True
