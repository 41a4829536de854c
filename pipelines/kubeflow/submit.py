"""`galen submit`, `galen backfill`: a task's pipeline as a run of KFP."""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pipeline_configs.errors import ConfigError, Problem, RunFailed
from pipelines.kubeflow.api import Api
from pipelines.kubeflow.compile import pipeline_name
from pipelines.kubeflow.compiling import Compiled, compiled
from pipelines.kubeflow.parameters import arguments
from pipelines.kubeflow.run_state import ENDED

_PATIENCE = 20
"""Answers in a row that KFP may owe while a run is waited for."""

__all__ = ["Submitted", "Uploaded", "dates_between", "submit", "uploaded", "waited"]


@dataclass(frozen=True)
class Uploaded:
    """A compiled pipeline that KFP has.

    Attributes:
        compiled: What was compiled.
        pipeline: Its id.
        version: Id of its version.
    """

    compiled: Compiled
    pipeline: str
    version: str


@dataclass(frozen=True)
class Submitted:
    """A run of KFP.

    Attributes:
        id: Its id, which is that of the run in the metadata.
        name: Its name.
        link: Its page.
    """

    id: str
    name: str
    link: str


def uploaded(task: str, environment: str) -> tuple[Uploaded, Api]:
    """Compiles a task's pipeline and gives it to KFP, where the same is not there yet.

    Raises:
        ConfigError: Something is wrong with the declarations.
        RunFailed: KFP does not answer, or refuses.
    """
    with tempfile.TemporaryDirectory(prefix="galen-") as folder:
        made = compiled(task, environment, Path(folder) / "pipeline.yaml")
        assert made.environment.kubeflow is not None
        client = Api(made.environment.kubeflow)
        name = pipeline_name(made.task.name)
        pipeline, version = client.pipeline(name, made.file, made.version, made.task.title)
    return Uploaded(made, pipeline, version), client


def submit(found: Uploaded, client: Api, parameters: Mapping[str, Any], options: Mapping[str, Any]) -> Submitted:
    """Starts a run.

    Args:
        found: The pipeline.
        client: KFP.
        parameters: `--param`, by dotted key.
        options: Values of the pipeline's parameters that concern the run: force, if_new.

    Raises:
        ConfigError: A parameter is none of the pipeline's.
        RunFailed: KFP refuses.
    """
    task = found.compiled.task
    given = {**arguments(task, parameters), **options}
    span = f" {given['span']}" if given.get("span") else ""
    name = f"{task.name}{span}"
    experiment = client.experiment(create=True)
    with client.telling("start a run", name):
        made = client.client.run_pipeline(
            experiment_id=experiment,
            job_name=name,
            pipeline_id=found.pipeline,
            version_id=found.version,
            params=given,
            enable_caching=False,
            service_account=client.declared.service_account,
        )
    run = client.answered(made, "run_id").run_id
    return Submitted(run, name, client.declared.run_page(run))


def waited(client: Api, run: str, pause: Callable[[float], None] = time.sleep, every: float = 15.0) -> str:
    """Waits until a run has ended; returns its state. KFP may be away for some minutes meanwhile.

    Raises:
        RunFailed: It stays away; the run goes on.
    """
    away = 0
    while True:
        try:
            state, away = str(client.run(run).state), 0
        except RunFailed as error:
            away += 1
            if away > _PATIENCE:
                fix = f"the run goes on: see {client.declared.run_page(run)}"
                raise RunFailed(*error.problems, Problem("no longer waited for", f"run {run}", fix=fix)) from None
            state = ""
        if state in ENDED:
            return state
        pause(every)


def dates_between(first: str, last: str) -> Sequence[str]:
    """Returns spans from one to another, both inclusive: dates (YYYY-MM-DD) or numbers.

    Raises:
        ConfigError: One is neither, they are of two kinds, or the last is before the first.
    """

    def refused(expected: str) -> ConfigError:
        return ConfigError(Problem("these are no spans", "--from, --to", expected, f"{first} to {last}"))

    if (first + last).isascii() and first.isdigit() and last.isdigit():
        found: Iterator[str] = (str(number) for number in range(int(first), int(last) + 1))
    else:
        try:
            start, end = date.fromisoformat(first), date.fromisoformat(last)
        except ValueError:
            raise refused("two dates as YYYY-MM-DD, or two numbers") from None
        found = ((start + timedelta(days=n)).isoformat() for n in range((end - start).days + 1))
    spans = tuple(found)
    if not spans:
        raise refused("the last not before the first")
    return spans
