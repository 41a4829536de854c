"""When a run was scheduled, and whether it was due then."""

from dataclasses import dataclass
from datetime import UTC, datetime

from pipeline_configs.environment import Environment
from pipeline_configs.errors import Problem, RunFailed
from pipelines.cluster.order import SCHEDULED, NodeOrder
from pipelines.kubeflow.cron import last_due, time_zone

__all__ = ["Due", "due"]


@dataclass(frozen=True)
class Due:
    """The time that a schedule started a run at.

    Attributes:
        matches: Whether it is one of the schedule's times.
        time: The schedule's time that it is for, as text: its own, or the last before it, which KFP may have missed
            where it was away; "" where there is none.
        date: The span, as that time's date in the schedule's time zone; "" where none was asked for.
        said: A sentence; "" where nobody scheduled the run.
    """

    matches: bool
    time: str
    date: str
    said: str


def due(order: NodeOrder, environment: Environment) -> Due:
    """Returns when a run was due.

    Raises:
        RunFailed: It was scheduled, and KFP does not say when.
        ConfigError: Time zone or schedule is wrong.
    """
    dated = order.parameters.get("span") == SCHEDULED
    if not order.schedule and not dated:
        return Due(True, "", "", "")
    zone = time_zone(order.timezone)
    started = _scheduled(order, environment).replace(second=0, microsecond=0)
    due_at = last_due(order.schedule, zone, started) if order.schedule else started
    matches = due_at == started
    said = f"scheduled for {started.astimezone(zone):%Y-%m-%d %H:%M} {order.timezone}"
    if not matches:
        said += f", at which '{order.schedule}' is not due; KFP's scheduler knows no daylight saving"
    local = (due_at or started).astimezone(zone)
    return Due(matches, local.isoformat() if due_at else "", local.date().isoformat() if dated else "", said)


def _scheduled(order: NodeOrder, environment: Environment) -> datetime:
    """When KFP's scheduler started the run: as it told in a parameter, or, where its version does not, by its API."""
    try:
        return datetime.strptime(order.scheduled_time, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        pass
    if environment.kubeflow is None:
        return datetime.now(UTC)
    from pipelines.kubeflow.api import Api

    when = Api(environment.kubeflow, inside=True).scheduled_at(order.run)
    if when is None:
        raise RunFailed(
            Problem(
                "KFP does not say when the run was scheduled",
                f"run {order.run}",
                fix="give the span: galen submit ... --param span=YYYY-MM-DD",
            )
        )
    return when
