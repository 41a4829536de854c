"""Schedules in local time on a scheduler in another zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from pipeline_configs.errors import ConfigError
from pipelines.kubeflow.cron import last_due, next_times, scheduler_cron, time_zone

CRONS = ["0 2 * * *", "30 0 * * *", "15 23 * * 1-5", "30 0 1 * *", "0 3 29 2 *", "0 */6 * * *"]
WRONG = ["", "x", "0 2 * *", "0 0 2 * * *", "61 2 * * *", "0 2 30 2 *", "TZ=Europe/Berlin 0 2 * * *"]
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def fires(cron: str, when: datetime) -> bool:
    """Whether KFP's scheduler (robfig/cron v1, six numeric fields) starts a run at a minute."""
    second, minute, hour, day, month, weekday = cron.split()
    assert second == "0"
    values = ((minute, when.minute), (hour, when.hour), (day, when.day), (month, when.month))
    values += ((weekday, when.isoweekday() % 7),)
    return all(field == "*" or str(value) in field.split(",") for field, value in values)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"])
@pytest.mark.parametrize(
    "cron", ["0 2 * * *", "30 0 * * *", "15 23 * * 1-5", "30 0 1 * *", "0 3 29 2 *", "0 */6 * * *"]
)
@pytest.mark.parametrize("scheduler", ["UTC", "Asia/Tokyo"])
def test_the_scheduler_starts_each_run_that_is_due_and_the_run_knows_the_others(
    zone: str, cron: str, scheduler: str
) -> None:
    own, inner = ZoneInfo(zone), ZoneInfo(scheduler)
    expression = scheduler_cron(cron, own, inner, NOW)
    times = []
    for time in next_times(cron, own, NOW):
        if time - NOW > timedelta(days=800):
            break
        times.append(time)
    assert times
    for time in times:
        assert fires(expression, time.astimezone(inner)), (expression, time)
        assert last_due(cron, own, time.astimezone(UTC)) == time.astimezone(UTC)
    if cron == "0 2 * * *":  # no more than twice a day, and once where there is no daylight saving
        assert len(expression.split()[2].split(",")) <= 2
    wrong = times[0] + timedelta(minutes=7)
    assert last_due(cron, own, wrong) == times[0].astimezone(UTC)
    assert last_due(cron, own, wrong + timedelta(hours=3)) != times[0].astimezone(UTC)


def test_a_night_in_which_the_clock_is_changed_has_one_run() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    expression = scheduler_cron("30 2 * * *", berlin, ZoneInfo("UTC"), NOW)
    for first in (datetime(2027, 3, 27, 12, tzinfo=UTC), datetime(2027, 10, 30, 12, tzinfo=UTC)):
        minutes = [first + timedelta(minutes=n) for n in range(24 * 60)]
        started = [m for m in minutes if fires(expression, m) and last_due("30 2 * * *", berlin, m) == m]
        assert len(started) == 1, started


@pytest.mark.parametrize("cron", WRONG)
def test_what_is_no_schedule_is_refused(cron: str) -> None:
    with pytest.raises(ConfigError, match="this is no schedule"):
        scheduler_cron(cron, ZoneInfo("UTC"), ZoneInfo("UTC"), NOW)


def test_a_schedule_of_each_minute_is_refused() -> None:
    with pytest.raises(ConfigError, match="more often than hourly"):
        scheduler_cron("* * * * *", ZoneInfo("UTC"), ZoneInfo("UTC"), NOW)


@pytest.mark.parametrize("name", ["localtime", "posixrules", "Factory", "Mars/Olympus", "../etc/passwd", ""])
def test_what_is_no_place_is_no_time_zone(name: str) -> None:
    with pytest.raises(ConfigError, match="there is no time zone"):
        time_zone(name)
