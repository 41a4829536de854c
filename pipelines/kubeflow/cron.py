"""Schedules in local time on a scheduler that has one time zone for all.

KFP's scheduler reads six fields (seconds first), in the zone that its deployment was given, and takes no zone with a
schedule. So a schedule is handed over as the hours and minutes at which it may be due over the years, daylight saving
included, and each run asks first whether it is due.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from pipeline_configs.errors import ConfigError, Problem, closest

__all__ = ["last_due", "next_times", "scheduler_cron", "time_zone"]

_YEARS = timedelta(days=5 * 366)
"""How far ahead times are looked at: a leap year is among them."""
_SAVING = timedelta(hours=3)
"""More than any zone puts its clock forward."""
_MOST = 24
"""Most times a day."""


_NO_PLACE = ("localtime", "posixrules", "Factory")
"""Files of the zone database that mean another zone on each machine, or none."""


def time_zone(name: str) -> ZoneInfo:
    """Returns a time zone by its IANA name.

    Raises:
        ConfigError: There is none of this name.
    """
    from zoneinfo import available_timezones

    try:
        if name in _NO_PLACE:
            raise KeyError
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        fix = closest(name, available_timezones()) or "use a name such as Europe/Berlin or UTC"
        raise ConfigError(Problem(f"there is no time zone '{name}'", "--timezone", fix=fix)) from None


def next_times(cron: str, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """Yields when a schedule is due, in its own zone.

    Args:
        cron: Five fields: minute, hour, day of month, month, day of week; in local time. Where the clock is put
            forward over the time, it is due right after; where it is put back, once.
        zone: Its time zone.
        after: From when on, exclusive; with time zone.

    Raises:
        ConfigError: It is no cron expression, or never due.
    """
    try:
        if len(cron.split()) != 5:
            raise CronSimError(f"{len(cron.split())} fields")
        times = CronSim(cron, after.astimezone(zone))
        yield from times
    except (CronSimError, StopIteration) as error:
        raise ConfigError(
            Problem(
                "this is no schedule",
                "--cron",
                expected="five fields: minute, hour, day of month, month, day of week",
                found=f"'{cron}': {error}",
                fix='for each night at two: --cron "0 2 * * *"',
            )
        ) from None


def last_due(cron: str, zone: ZoneInfo, when: datetime) -> datetime | None:
    """Returns the last time, in UTC and up to a time, at which a schedule was due; None where that is hours ago.

    A scheduler without daylight saving is never further off.
    """
    minute, found = when.astimezone(UTC).replace(second=0, microsecond=0), None
    for time in next_times(cron, zone, minute - _SAVING):
        if time.astimezone(UTC) > minute:
            break
        found = time.astimezone(UTC)
    return found


def scheduler_cron(cron: str, zone: ZoneInfo, scheduler: ZoneInfo, now: datetime) -> str:
    """Returns the schedule for KFP's scheduler: due whenever the given one is, and no more often than must be.

    Args:
        cron: Five fields in local time.
        zone: Its time zone.
        scheduler: The scheduler's.
        now: The present; with time zone.

    Raises:
        ConfigError: It is no cron expression, never due, or due more often than hourly.
    """
    times = []
    for time in next_times(cron, zone, now):
        if time - now > _YEARS:
            break
        times.append(time.astimezone(scheduler))
        if len(times) == _MOST + 1 and times[-1] - times[0] < timedelta(days=1):
            what = "the schedule is due more often than hourly"
            raise ConfigError(Problem(what, "--cron", found=f"'{cron}'", fix='nightly is --cron "0 2 * * *"'))
    if not times:
        raise ConfigError(Problem("the schedule is never due", "--cron", found=f"'{cron}'"))
    _, _, day, month, weekday = cron.split()
    fields = [
        {0},
        {t.minute for t in times},
        {t.hour for t in times},
        {t.day for t in times} if day[0] not in "*?" and weekday[0] in "*?" else None,
        {t.month for t in times} if month[0] != "*" else None,
        {t.isoweekday() % 7 for t in times} if weekday[0] not in "*?" and day[0] in "*?" else None,
    ]
    return " ".join("*" if field is None else ",".join(map(str, sorted(field))) for field in fields)
