"""Turns the facts of one patient into one row: what was known at the prediction time, and what came after it.

A time that is known only to the day, month or year means an interval. A feature takes a value when the interval's last
second has come, so that nothing later is read into it; a label counts an event from the interval's first second on, so
that what was found on the day of the prediction is not taken for an outcome (FHIR search calls the two comparisons
`eb`, ends before, and `sa`, starts after).

- Observation: the last value at or before the prediction time; as a label that looks after it, the first one after.
- Condition: whether there is one with its onset in the time asked for, a history of it; with `active_only`, one that
  had not ended by the prediction time. A Condition without an abatement date has not ended.
- DocumentReference: as Observation; a patient without one is left out.
- Encounter: their number; the one that sets the prediction time is at it, so that `before` counts it.
- Patient: the age in completed years.

A patient is left out, which is no error, who died at or before the prediction time (deceasedDateTime; deceasedBoolean
says no time and is not looked at), was not born yet, had the condition already (`exclude_prior`), has no Encounter of
the classes asked for, or of whom the outcome is not known. A label of a condition or of encounters is 0 where the
record ends early, too: FHIR does not say until when a patient was followed.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from components.fhir.mapping import Mapping, Slot
from components.fhir.resources import BROKEN_PATIENT, NAMES, PATIENT, VISIT, Fact
from components.fhir.time import completed_years, day_end

__all__ = ["LeftOut", "PatientFacts", "Quarantined", "Row", "patient_row"]

PatientFacts = tuple[int, str, list[Fact]]
"""The facts that one part holds of a patient: part, server, facts."""

_NO_PATIENT = "a resource whose patient is not in the data"
_SERVERS = "a patient id that resources of several servers use"
_DIFFER = "several Patient resources with one id that differ"
_NO_VISIT = "a patient without the Encounter that sets the prediction time"
_UNBORN = "a patient born after the prediction time"
_DIED = "died before the prediction time"
_PRIOR = "had the condition already at the prediction time"
_NOT_BORN = "born after the prediction time"
_NO_CLASS = "no Encounter of the classes that set the prediction time"
_NO_NOTE = "no note by the prediction time"
_NO_OUTCOME = "the outcome was not observed"

_DAY = 86_400


class Row(NamedTuple):
    """A row of the table.

    Attributes:
        patient: The patient's id.
        values: A value or None for each slot.
        part: Part in which the Patient stands.
        line: Its line in the part, or its position in the bundle.
        names: Names to be taken out of the patient's notes, one a line; "" where the task reads no notes.
    """

    patient: str
    values: tuple[Any, ...]
    part: int
    line: int
    names: str = ""


class Quarantined(NamedTuple):
    """Resources that go to quarantine, as (part, line, column, reason)."""

    entries: tuple[tuple[int, int, str, str], ...]


class LeftOut(NamedTuple):
    """A patient who is left out on purpose; "" where what is wrong is in quarantine already."""

    reason: str


class _At(NamedTuple):
    """A fact with the part it stands in; facts of one slot in the order of their time, then of their place."""

    first: int
    last: int
    known: int
    part: int
    line: int
    value: Any


def patient_row(patient: str, groups: Iterable[PatientFacts], mapping: Mapping) -> Row | Quarantined | LeftOut:
    """Returns the row of a patient, or why there is none.

    Args:
        patient: The patient's id.
        groups: All facts about the patient, in any order.
        mapping: What the task reads.
    """
    by_slot, servers = _by_slot(groups)
    found = by_slot.get(PATIENT, [])
    if BROKEN_PATIENT in by_slot:
        return LeftOut("")
    if not found:
        places = sorted({(fact.part, fact.line) for facts in by_slot.values() for fact in facts})
        return Quarantined(tuple((*place, "", _NO_PATIENT) for place in places))
    if len(servers) > 1:
        return _refused(found, _SERVERS)
    if any(fact.value != found[0].value for fact in found):
        return _refused(found, _DIFFER)
    me = min(found, key=lambda fact: (fact.part, fact.line))
    born, died, _, elements = me.value
    now = _prediction_time(by_slot.get(VISIT, []), mapping)
    if now is None:
        return LeftOut(_NO_CLASS) if mapping.at.classes else _refused([me], _NO_VISIT)
    if born is not None and now < born[0]:
        return LeftOut(_NOT_BORN) if mapping.at.date else _refused([me], _UNBORN)
    if died is not None and died <= now:
        return LeftOut(_DIED)
    if mapping.label.source.exclude_prior and _had(by_slot.get(len(mapping.slots) - 1, []), mapping.label, now):
        return LeftOut(_PRIOR)
    texts = dict(elements)
    values = []
    for position, slot in enumerate(mapping.slots):
        if slot.source.patient == "age":
            values.append(max(completed_years(born[1], now), 0) if born else None)
        elif slot.source.patient:
            values.append(texts[position])
        else:
            values.append(_value(by_slot.get(position, []), slot, now))
    if values[-1] is None:
        return LeftOut(_NO_OUTCOME)
    if any(value is None and slot.kind == "text" for value, slot in zip(values, mapping.slots, strict=True)):
        return LeftOut(_NO_NOTE)
    names = sorted({name for fact in by_slot.get(NAMES, []) for name in fact.value})
    return Row(patient, tuple(values), me.part, me.line, "\n".join(names))


def _by_slot(groups: Iterable[PatientFacts]) -> tuple[dict[int, list[_At]], set[str]]:
    by_slot: dict[int, list[_At]] = {}
    servers = set()
    for part, server, facts in groups:
        servers.add(server)
        for slot, line, first, last, known, value in facts:
            by_slot.setdefault(slot, []).append(_At(first, last, known, part, line, value))
    return by_slot, servers - {""}


def _refused(patients: list[_At], reason: str) -> Quarantined:
    return Quarantined(tuple((fact.part, fact.line, "", reason) for fact in patients))


def _prediction_time(visits: list[_At], mapping: Mapping) -> int | None:
    """The second for which the prediction is made; of an Encounter known only to the day, the end of that day."""
    if mapping.at.date is not None:
        return day_end(mapping.at.date)
    if not visits:
        return None
    chosen = min(visits) if mapping.at.encounter == "first" else max(visits, key=lambda visit: visit[:2])
    return chosen.last


def _value(facts: list[_At], slot: Slot, now: int) -> Any:
    """The value of a column from the facts of its slot."""
    source = slot.source
    chosen = list(_after(facts, slot, now) if source.when == "after" else _before(facts, slot, now))
    if source.observation or source.document:
        if not chosen:
            return None
        if source.when == "after":
            return min(chosen, key=lambda fact: fact[:5]).value
        return max(chosen, key=lambda fact: (fact.last, *fact[2:5])).value
    number = len({fact.value for fact in chosen}) if source.encounter else int(bool(chosen))
    return bool(number) if slot.kind == "flag" else number


def _before(facts: list[_At], slot: Slot, now: int) -> Iterator[_At]:
    """The facts that had happened, and were known, by the prediction time."""
    days = slot.source.within_days
    since = None if days is None else now - days * _DAY
    for fact in facts:
        if fact.last > now or fact.known > now or (since is not None and fact.last < since):
            continue
        if slot.source.active_only and fact.value is not None and fact.value <= now:
            continue
        yield fact


def _after(facts: list[_At], slot: Slot, now: int) -> Iterator[_At]:
    """The facts that happened in (now, now + within_days]."""
    days = slot.source.within_days
    until = None if days is None else now + days * _DAY
    for fact in facts:
        if fact.first > now and (until is None or fact.first <= until):
            yield fact


def _had(facts: list[_At], label: Slot, now: int) -> bool:
    """Whether a condition of the label was there at the prediction time, known then or not."""
    return any(
        fact.first <= now and not (label.source.active_only and fact.value is not None and fact.value <= now)
        for fact in facts
    )
