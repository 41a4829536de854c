"""`galen schedule`, `unschedule`, `schedules`: nightly runs, as recurring runs of KFP.

A task has at most one schedule in an environment. Recurring runs cannot be changed, so a changed one replaces the old:
it is made disabled, then the old is disabled, the new enabled, and the old deleted. At no time are both enabled, and
where this is interrupted, doing it again begins anew: KFP counts what a recurring run has missed from when it was made,
so that one which was made earlier must not be enabled later. Nothing is replaced while it is just due or one of its
runs is on, since what it still owes goes with it. What a schedule is made of stands in its description, so that the
same one again is left alone.
"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pipeline_configs.errors import ConfigError, Problem, RunFailed
from pipelines.cluster.order import SCHEDULED
from pipelines.kubeflow.api import Api
from pipelines.kubeflow.cron import next_times, scheduler_cron, time_zone
from pipelines.kubeflow.parameters import arguments
from pipelines.kubeflow.runs import runs
from pipelines.kubeflow.submit import Uploaded

__all__ = ["NIGHTLY", "Schedule", "Wanted", "schedule", "schedules", "unschedule"]

NIGHTLY = "0 2 * * *"
_PREFIX = "galen: "
_CLOSE = timedelta(seconds=45)
"""So near to its time nothing is replaced: KFP's scheduler looks every thirty seconds."""
_RECENT = 200
"""Runs among which one that is on is looked for."""


@dataclass(frozen=True)
class Wanted:
    """What a schedule is made of.

    Attributes:
        task: Name of the task.
        environment: Name of the environment.
        cron: Five fields, in local time.
        timezone: Its time zone.
        catch_up: Whether times that were missed are made up for, one by one; else the last of them at most.
        version: Version of the compiled pipeline.
        parameters: Parameters of its runs.
    """

    task: str
    environment: str
    cron: str
    timezone: str
    catch_up: bool
    version: str
    parameters: dict[str, Any]

    @property
    def description(self) -> str:
        """As KFP keeps it."""
        return _PREFIX + json.dumps(asdict(self), sort_keys=True)


@dataclass(frozen=True)
class Schedule:
    """A schedule that KFP has.

    Attributes:
        id: Of the recurring run.
        wanted: What it is made of.
        enabled: Whether it is due at all.
        next: When it is due next, in its own time zone; None where it is not.
    """

    id: str
    wanted: Wanted
    enabled: bool
    next: datetime | None


def schedule(
    found: Uploaded,
    client: Api,
    cron: str,
    timezone: str,
    *,
    catch_up: bool = False,
    parameters: dict[str, Any] | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    pause: Callable[[float], None] = time.sleep,
) -> tuple[Schedule, str]:
    """Lets a task's pipeline run by a schedule; the same again changes nothing.

    Args:
        found: The compiled pipeline.
        client: KFP.
        cron: Five fields, in local time.
        timezone: Its time zone.
        catch_up: Whether missed times are made up for.
        parameters: `--param`, by dotted key.
        now: The present.
        pause: Waits some seconds.

    Returns:
        The schedule, and what was done: made, replaced or unchanged.

    Raises:
        ConfigError: Cron expression, time zone or a parameter is wrong.
        RunFailed: KFP does not answer, or refuses, or a run of the present schedule is on.
    """
    task, zone = found.compiled.task, time_zone(timezone)
    own: dict[str, Any] = {"if_new": True, "schedule": cron, "timezone": timezone}
    own["scheduled_time"] = "[[ScheduledTime.2006-01-02T15:04:05Z]]"
    twice = sorted({*own} & {*(parameters or {})})
    if twice:
        what, fix = "a schedule sets this parameter itself", "use --cron, --timezone and --catch-up"
        raise ConfigError(Problem(what, "--param", found=", ".join(twice), fix=fix))
    given = arguments(task, parameters or {}) | own
    if task.data.has_spans:
        given.setdefault("span", SCHEDULED)
    inner = scheduler_cron(cron, zone, time_zone(client.declared.scheduler_timezone), now())
    wanted = Wanted(task.name, found.compiled.environment.name, cron, timezone, catch_up, found.compiled.version, given)
    experiment = client.experiment(create=True)
    there = _of_task(client, task.name, wanted.environment)
    keep = next((one for one in there if one.enabled and one.wanted == wanted), None)
    others = [one for one in there if one is not keep]
    if keep and not others:
        return keep, "unchanged"
    _wait_for_a_quiet_moment(cron, zone, others, now, pause)
    if any(one.enabled for one in others):
        _refuse_while_it_runs(client, task.name)
    new = keep.id if keep else _made(found, client, experiment, wanted, inner)
    for old in others:
        if old.enabled:
            _unless_gone(client, client.client.disable_recurring_run, old.id)
    if not keep:
        with client.telling("enable the schedule", task.name):
            client.client.enable_recurring_run(new)
    for old in others:
        _unless_gone(client, client.client.delete_recurring_run, old.id)
    _settle(client, task.name, wanted.environment, new)
    done = "replaced" if there else "made"
    return Schedule(new, wanted, True, next(next_times(cron, zone, now()))), done


def _refuse_while_it_runs(client: Api, task: str) -> None:
    """KFP starts what was due meanwhile when the run has ended; a successor would not, and would be due beside it."""
    for run in runs(client, task, _RECENT):
        if run.on and run.scheduled:
            fix = f"schedule again when it has ended, or end it: galen stop {task} {run.id}"
            raise RunFailed(
                Problem("a run of the present schedule is on", task, found=f"run {run.id}, {run.state}", fix=fix)
            )


def _made(found: Uploaded, client: Api, experiment: str, wanted: Wanted, cron: str) -> str:
    """Makes a recurring run, disabled."""
    with client.telling("make a schedule", wanted.task):
        made = client.client.create_recurring_run(
            experiment_id=experiment,
            job_name=f"galen-{wanted.task.replace('_', '-')}",
            description=wanted.description,
            cron_expression=cron,
            max_concurrency=1,
            no_catchup=not wanted.catch_up,
            params=wanted.parameters,
            pipeline_id=found.pipeline,
            version_id=found.version,
            enabled=False,
            enable_caching=False,
            service_account=client.declared.service_account,
        )
    return str(client.answered(made, "recurring_run_id").recurring_run_id)


def _settle(client: Api, task: str, environment: str, own: str) -> None:
    """Where somebody else scheduled the task at the same time, one stays: that of the greatest id, for both.

    Raises:
        RunFailed: It is the other's.
    """
    there = {one.id for one in _of_task(client, task, environment)}
    last = max(there | {own})
    for other in there - {last}:
        _unless_gone(client, client.client.disable_recurring_run, other)
        _unless_gone(client, client.client.delete_recurring_run, other)
    if last != own:
        what = "somebody else scheduled the task at the same time, and theirs stays"
        raise RunFailed(Problem(what, task, fix="see galen schedules; schedule again if yours is the right one"))


def _unless_gone(client: Api, change: Callable[[str], Any], recurring_run: str) -> None:
    """Changes a recurring run; that it is gone already is no error."""
    try:
        with client.telling("change the schedule", f"recurring run {recurring_run}"):
            change(recurring_run)
    except ConfigError:
        pass


def _wait_for_a_quiet_moment(
    cron: str, zone: Any, others: Sequence[Schedule], now: Callable[[], datetime], pause: Callable[[float], None]
) -> None:
    """Waits while a schedule that is replaced, or its successor, is just due: neither gap nor two runs."""
    schedules = [(cron, zone), *((one.wanted.cron, time_zone(one.wanted.timezone)) for one in others)]
    while any(next(next_times(expression, where, now() - _CLOSE)) < now() + _CLOSE for expression, where in schedules):
        pause(5.0)


def unschedule(client: Api, task: str, environment: str) -> int:
    """Ends a task's schedule; returns how many there were. A run that is on goes on."""
    there = _of_task(client, task, environment)
    for one in there:
        if one.enabled:
            _unless_gone(client, client.client.disable_recurring_run, one.id)
    for one in there:
        _unless_gone(client, client.client.delete_recurring_run, one.id)
    return len(there)


def schedules(client: Api) -> list[Schedule]:
    """Returns all schedules that Galen made in an environment, by task."""
    return sorted(_all(client), key=lambda one: one.wanted.task)


def _of_task(client: Api, task: str, environment: str) -> list[Schedule]:
    return [one for one in _all(client) if (one.wanted.task, one.wanted.environment) == (task, environment)]


def _all(client: Api) -> list[Schedule]:
    found = []
    for run in client.recurring_runs():
        wanted = _wanted(run.description or "")
        if wanted:
            enabled = str(run.status) == "ENABLED" or str(run.mode) == "ENABLE"
            when = next(next_times(wanted.cron, time_zone(wanted.timezone), datetime.now(UTC))) if enabled else None
            found.append(Schedule(str(run.recurring_run_id), wanted, enabled, when))
    return found


def _wanted(description: str) -> Wanted | None:
    """What the description of a recurring run says; None where it is not one of Galen's."""
    if not description.startswith(_PREFIX):
        return None
    try:
        found = Wanted(**json.loads(description.removeprefix(_PREFIX)))
        texts = (found.task, found.environment, found.cron, found.timezone, found.version)
        next(next_times(found.cron, time_zone(found.timezone), datetime.now(UTC)))
    except (ValueError, TypeError, AttributeError, StopIteration, ConfigError):
        return None
    return found if all(isinstance(text, str) for text in texts) else None
