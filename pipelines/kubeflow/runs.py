"""A task's runs in KFP: what there is, what they say, and how to stop them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pipeline_configs.environment import Environment
from pipeline_configs.errors import ConfigError, GalenError, Problem, RunFailed, closest
from pipelines.exit_codes import ExitCode
from pipelines.kubeflow.api import Api
from pipelines.kubeflow.compile import pipeline_name
from pipelines.kubeflow.run_state import ENDED

__all__ = ["ClusterRun", "find_run", "run_ended", "runs", "stop", "verdicts"]


@dataclass(frozen=True)
class ClusterRun:
    """A run of KFP.

    Attributes:
        id: Its id, which is that of the run in the metadata.
        state: As KFP says it, in lower case.
        created: When it was made.
        ended: When it ended; None where it has not.
        scheduled: When it was due; None where nobody scheduled it.
        span: Parameter of the run.
        verdict: From the metadata; "" where it is not known.
    """

    id: str
    state: str
    created: datetime
    ended: datetime | None
    scheduled: datetime | None
    span: str
    verdict: str = ""

    @property
    def on(self) -> bool:
        """Whether it has not ended."""
        return self.state.upper() not in ENDED

    @property
    def seconds(self) -> float:
        """How long it took, or has taken."""
        return max(0.0, ((self.ended or datetime.now(UTC)) - self.created).total_seconds())

    def as_dict(self) -> dict[str, Any]:
        """Returns the run for JSON."""
        return {
            "id": self.id,
            "state": self.state,
            "created": self.created.isoformat(),
            "ended": self.ended.isoformat() if self.ended else None,
            "scheduled": self.scheduled.isoformat() if self.scheduled else None,
            "seconds": round(self.seconds, 1),
            "span": self.span,
            "verdict": self.verdict,
        }


def runs(client: Api, task: str, most: int = 0, known: Mapping[str, str] | None = None) -> list[ClusterRun]:
    """Returns a task's runs, the newest first.

    Args:
        client: KFP.
        task: Name of the task.
        most: Most runs to return; 0 for all.
        known: Verdicts by run.
    """
    experiment, pipeline = client.experiment(), client.pipeline_id(pipeline_name(task))
    found: list[ClusterRun] = []
    if not experiment or not pipeline:
        return found
    for run in client.runs(experiment):
        reference = run.pipeline_version_reference
        if reference is not None and reference.pipeline_id == pipeline:
            found.append(_run(run, (known or {}).get(str(run.run_id), "")))
            if most and len(found) == most:
                break
    return found


def _run(run: Any, verdict: str) -> ClusterRun:
    parameters = (run.runtime_config.parameters if run.runtime_config else None) or {}
    ended = run.finished_at
    return ClusterRun(
        id=str(run.run_id),
        state=str(run.state or "unknown").lower(),
        created=run.created_at,
        ended=ended if ended and ended.year > 1970 else None,  # the beginning of time stands for none
        scheduled=run.scheduled_at if run.recurring_run_id else None,
        span=str(parameters.get("span", "")),
        verdict=verdict,
    )


def find_run(client: Api, task: str, wanted: str = "") -> ClusterRun:
    """Returns the latest run of a task, or the one whose id begins with what is wanted.

    Raises:
        ConfigError: There is none, or several.
    """
    found = runs(client, task)
    matches = [run for run in found if run.id == wanted] or [run for run in found if run.id.startswith(wanted)]
    if not matches:
        what = f"there is no run '{wanted}' of {task}" if wanted else f"{task} has not run there yet"
        fix = closest(wanted, [run.id for run in found]) or (
            f"see galen runs {task} --env NAME" if wanted else f"galen submit {task}"
        )
        raise ConfigError(Problem(what, client.host, fix=fix))
    if wanted and len(matches) > 1:
        ids = ", ".join(run.id for run in matches[:5])
        raise ConfigError(
            Problem(f"several runs of {task} begin with '{wanted}'", found=ids, fix="give more of the id")
        )
    return matches[0]


def stop(client: Api, task: str, wanted: str = "") -> list[ClusterRun]:
    """Asks a run to stop, or all of the task's that are on.

    Returns:
        Those that were asked; the last task of each still writes its verdict.
    """
    found = [find_run(client, task, wanted)] if wanted else runs(client, task)
    running = [run for run in found if run.on and run.state != "canceling"]
    failed: list[Problem] = []
    for run in running:
        try:
            client.terminate(run.id)
        except GalenError as error:  # the others are to be stopped all the same
            failed += error.problems
    if failed:
        raise RunFailed(*failed)
    return running


def verdicts(environment: Environment, task: str) -> tuple[Mapping[str, str], str]:
    """Returns verdicts by run from the metadata; and why there are none, where it cannot be reached from here."""
    from pipelines.recorded.history import open_store

    try:
        return {run.id: run.facts.get("verdict", "") for run in open_store(environment, task).runs(task)}, ""
    except GalenError as error:
        problems: Sequence[Problem] = error.problems
        return {}, f"without verdicts: {problems[0].what}"


def run_ended(task: str, environment: str, run: str, state: str) -> tuple[ExitCode, str]:
    """Returns the exit code of a run that has ended, as of `galen run`, and its verdict.

    Args:
        task: Name of the task.
        environment: Name of the environment.
        run: Id of the run.
        state: As KFP says it; it does not tell a refused model from a blessed one.
    """
    from pipelines.config import load_environment, load_task_name

    found, why = verdicts(load_environment(environment), load_task_name(task))
    verdict = found.get(run, "")
    told = {code.verdict: code for code in ExitCode}
    if verdict == "nothing new" or not verdict:
        return ExitCode.OK if state == "SUCCEEDED" else ExitCode.FAILED, verdict or why or "without a verdict"
    return told.get(verdict, ExitCode.FAILED), verdict
