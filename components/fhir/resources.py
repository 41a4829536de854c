"""Reads single FHIR R4 resources into facts: what one resource says about one patient for one column.

Only what the task maps is looked at; all else in a resource, names, addresses and identifiers above all, is left behind
here. Which resources count:

- Observation: status final, amended or corrected (R4 observation-status). Its time is effective[x]: "the time or
  time-period the observed value is asserted as being true". Of an effectivePeriod the end, as the value may stem from
  its last moment; where it has none, or where there is no effective[x], `issued`: "the date and time this version of
  the observation was made available to providers".
- Condition: verificationStatus other than refuted and entered-in-error, or none. It began at onset[x], or at
  recordedDate where that is no date. clinicalStatus is never looked at: it is that of the day of the export.
- Encounter: those that took place, status arrived, triaged, in-progress, onleave or finished. Its time is period.start.
- DocumentReference: status current or superseded, docStatus other than preliminary and entered-in-error; see
  `documents`.
- Patient: birthDate, gender, deceased[x], maritalStatus, and the US Core extensions for race and ethnicity. Names only
  where the task reads documents, so that they can be taken out of these.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

from components.fhir.documents import document_names, document_text, document_time, patient_names
from components.fhir.mapping import Mapping, Slot
from components.fhir.problem import Unreadable
from components.fhir.reference import PatientKey
from components.fhir.time import Moment, birth_day, read_moment
from components.fhir.values import codings, concept_text, observed_value

__all__ = ["BROKEN_PATIENT", "NAMES", "PATIENT", "VISIT", "Fact", "ResourceReader"]

Fact = tuple[int, int, int, int, int, Any]
"""Slot, line, first second, last second, second from which it is known, value. A plain tuple: there are millions."""

PATIENT = -1
"""In place of a slot: the Patient; value is (born, died, gender, ((slot, text), ...))."""
BROKEN_PATIENT = -2
"""In place of a slot: a Patient that went to quarantine, so that what refers to it is not reported once more."""
VISIT = -3
"""In place of a slot: an Encounter that may set the prediction time."""
NAMES = -4
"""In place of a slot: names of the patient, of relatives and staff; value is a tuple of them."""

_OBSERVED = frozenset({"final", "amended", "corrected"})
_NOT_OBSERVED = frozenset({"registered", "preliminary", "cancelled", "entered-in-error", "unknown"})
_TOOK_PLACE = frozenset({"arrived", "triaged", "in-progress", "onleave", "finished"})
_NOT_TAKEN_PLACE = frozenset({"planned", "cancelled", "entered-in-error", "unknown"})
_WRITTEN = frozenset({"current", "superseded"})
_NOT_WRITTEN = frozenset({"entered-in-error"})
_NOT_FINAL = frozenset({"preliminary", "entered-in-error"})
_NOT_TRUE = frozenset({"refuted", "entered-in-error"})
_US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"

_NO_CODE = "an Observation without a code"
_STATUS = "a status that FHIR does not know, or none"
_NO_TIME = "an Observation without a time"
_NO_ONSET = "a Condition with neither a date of onset nor a recordedDate"
_CLASS = "an Encounter whose class is not a Coding with a code"
_NO_START = "an Encounter without a start"
_ELEMENT = "an element is not of the JSON type that FHIR demands"


class ResourceReader:
    """Collects the facts of one file, or of one stretch of a file.

    Args:
        mapping: What the task reads.

    Attributes:
        facts: The facts of each patient.
        rejected: What goes to quarantine, as (line, column, reason).
        left_out: How much was left out on purpose, by reason.
        seen: How many resources there were, by type.
    """

    def __init__(self, mapping: Mapping) -> None:
        self.facts: dict[PatientKey, list[Fact]] = {}
        self.rejected: list[tuple[int, str, str]] = []
        self.left_out: Counter[str] = Counter()
        self.seen: Counter[str] = Counter()
        self._mapping = mapping
        self._with_record = mapping.at.known_from == "recorded"
        self._patient_slots = [(at, slot) for at, slot in enumerate(mapping.slots) if slot.source.patient]
        self._abates = any(slot.source.active_only for slot in mapping.slots)

    def read(
        self,
        resource: dict[str, Any],
        line: int,
        own: Callable[[], PatientKey],
        patient: Callable[[object], PatientKey | None],
        name: str,
    ) -> None:
        """Reads a resource.

        Args:
            resource: The resource, with a resourceType that is text.
            line: Its line, or its position in the bundle, from 1.
            own: Gives the key of the resource itself where it is a Patient.
            patient: Gives the patient that a Reference names.
            name: What tells this resource from others where it has no id.
        """
        kind = resource["resourceType"]
        self.seen[kind] += 1
        try:
            if kind == "Observation":
                self._observation(resource, line, patient)
            elif kind == "Condition":
                if self._mapping.conditions:
                    self._condition(resource, line, patient)
            elif kind == "Encounter":
                if self._mapping.reads_encounters:
                    self._encounter(resource, line, patient, name)
            elif kind == "DocumentReference":
                if self._mapping.documents:
                    self._document(resource, line, patient)
            elif kind == "Patient":
                self._patient(resource, line, own)
        except Unreadable as problem:
            self.rejected.append((line, "", problem.reason))

    def _add(self, key: PatientKey, fact: Fact) -> None:
        self.facts.setdefault(key, []).append(fact)

    def _subject(self, resource: dict[str, Any], patient: Callable[[object], PatientKey | None]) -> PatientKey | None:
        key = patient(resource.get("subject"))
        if key is None:
            self.left_out[f"{resource['resourceType']} about something else than a patient"] += 1
        return key

    def _observation(self, resource: dict[str, Any], line: int, patient: Callable[[object], PatientKey | None]) -> None:
        code = resource.get("code")
        if not isinstance(code, dict):
            raise Unreadable(_NO_CODE)
        wanted = _wanted(code, self._mapping.observations)
        if not wanted:
            return
        if not self._counts(resource, _OBSERVED, _NOT_OBSERVED):
            return
        key = self._subject(resource, patient)
        if key is None:
            return
        moment, issued = _observed_at(resource)
        known = max(moment.last, issued.last) if issued and self._with_record else moment.last
        for position in wanted:
            slot = self._mapping.slots[position]
            try:
                holder = _component(resource, slot) if slot.source.component else resource
                value = observed_value(holder, slot) if holder else None
            except Unreadable as problem:
                self.rejected.append((line, slot.column, problem.reason))
                continue
            if value is not None:
                self._add(key, (position, line, *moment, known, value))

    def _condition(self, resource: dict[str, Any], line: int, patient: Callable[[object], PatientKey | None]) -> None:
        code = resource.get("code")
        if code is None:  # 0..1 in R4
            self.left_out["Condition without a code"] += 1
            return
        wanted = _wanted(code, self._mapping.conditions)
        if not wanted:
            return
        verified = resource.get("verificationStatus")
        if verified is not None and not _NOT_TRUE.isdisjoint(code for _, code, _ in codings(verified)):
            self.left_out["Condition refuted or entered in error"] += 1
            return
        key = self._subject(resource, patient)
        if key is None:
            return
        recorded = read_moment(resource["recordedDate"]) if "recordedDate" in resource else None
        onset = _onset(resource) or recorded
        if onset is None:
            raise Unreadable(_NO_ONSET)
        known = max(onset.last, recorded.last) if recorded and self._with_record else onset.last
        ended = _abatement(resource) if self._abates else None
        for position in wanted:
            self._add(key, (position, line, *onset, known, ended))

    def _encounter(
        self, resource: dict[str, Any], line: int, patient: Callable[[object], PatientKey | None], name: str
    ) -> None:
        coding = resource.get("class")
        code = coding.get("code") if isinstance(coding, dict) else None
        if not isinstance(code, str):
            raise Unreadable(_CLASS)
        at = self._mapping.at
        wanted = list(self._mapping.encounters.get(code, ()))
        if at.encounter is not None and (not at.classes or code in at.classes):
            wanted.append(VISIT)
        if not wanted:
            return
        if not self._counts(resource, _TOOK_PLACE, _NOT_TAKEN_PLACE):
            return
        key = self._subject(resource, patient)
        if key is None:
            return
        start = _of_period(resource.get("period"), "start")
        if start is None:
            raise Unreadable(_NO_START)
        identifier = resource.get("id") or name
        for position in wanted:
            self._add(key, (position, line, *start, start.last, identifier))

    def _document(self, resource: dict[str, Any], line: int, patient: Callable[[object], PatientKey | None]) -> None:
        wanted = _wanted(resource["type"], self._mapping.documents) if "type" in resource else []
        if not wanted or not self._counts(resource, _WRITTEN, _NOT_WRITTEN):
            return
        if resource.get("docStatus") in _NOT_FINAL:
            self.left_out["DocumentReference that is preliminary or entered in error"] += 1
            return
        key = self._subject(resource, patient)
        if key is None:
            return
        moment, recorded = document_time(resource)
        known = max(moment.last, recorded.last) if recorded and self._with_record else moment.last
        try:
            text = document_text(resource, self._mapping.longest)
        except Unreadable as problem:
            self.rejected += [(line, self._mapping.slots[position].column, problem.reason) for position in wanted]
            return
        for position in wanted:
            self._add(key, (position, line, *moment, known, text))
        names = document_names(resource)
        if names:
            self._add(key, (NAMES, line, 0, 0, 0, names))

    def _patient(self, resource: dict[str, Any], line: int, own: Callable[[], PatientKey]) -> None:
        key = own()
        column = ""
        try:
            values = []
            for position, slot in self._patient_slots:
                column = slot.column
                values.append((position, _element(resource, slot)))
            column = ""
            fact = (self._born(resource), _died(resource), _text(resource.get("gender")), tuple(values))
        except Unreadable as problem:
            self.rejected.append((line, column, problem.reason))
            self._add(key, (BROKEN_PATIENT, line, 0, 0, 0, None))
            return
        self._add(key, (PATIENT, line, 0, 0, 0, fact))
        if self._mapping.documents:
            self._add(key, (NAMES, line, 0, 0, 0, patient_names(resource)))

    def _born(self, resource: dict[str, Any]) -> tuple[int, tuple[int, int, int]] | None:
        """The first second of the birthDate, and its day; None where there is none, or no age is asked for."""
        if "birthDate" not in resource or "age" not in self._mapping.elements:
            return None
        day = birth_day(resource["birthDate"])
        return read_moment(resource["birthDate"]).first, day

    def _counts(self, resource: dict[str, Any], counting: frozenset[str], others: frozenset[str]) -> bool:
        status = resource.get("status")
        if not isinstance(status, str) or (status not in counting and status not in others):
            raise Unreadable(_STATUS)
        if status in counting:
            return True
        self.left_out[f"{resource['resourceType']} with status {status}"] += 1
        return False


def _wanted(code: object, slots: dict[str, tuple[int, ...]]) -> list[int]:
    """The slots that one of a concept's codes belongs to, each once."""
    found: dict[int, None] = {}
    for system, text, _ in codings(code):
        for position in slots.get(f"{system}|{text}", ()):
            found[position] = None
    return list(found)


def _component(resource: dict[str, Any], slot: Slot) -> dict[str, Any] | None:
    """The component with the code that a slot asks for, or None."""
    components = resource.get("component", [])
    if not isinstance(components, list):
        raise Unreadable(_ELEMENT)
    for component in components:
        if not isinstance(component, dict):
            raise Unreadable(_ELEMENT)
        if any(f"{system}|{code}" == slot.source.component for system, code, _ in codings(component.get("code"))):
            return component
    return None


def _observed_at(resource: dict[str, Any]) -> tuple[Moment, Moment | None]:
    """When an Observation was made, and when it was made available."""
    issued = read_moment(resource["issued"]) if "issued" in resource else None
    moment: Moment | None
    if "effectiveDateTime" in resource:
        moment = read_moment(resource["effectiveDateTime"])
    elif "effectiveInstant" in resource:
        moment = read_moment(resource["effectiveInstant"])
    else:
        moment = _of_period(resource.get("effectivePeriod"), "end") or issued
    if moment is None:
        raise Unreadable(_NO_TIME)
    return moment, issued


def _of_period(period: object, end: str) -> Moment | None:
    """One end of a Period, or None where it is open or there is no Period."""
    if period is None:
        return None
    if not isinstance(period, dict):
        raise Unreadable(_ELEMENT)
    return read_moment(period[end]) if end in period else None


def _onset(resource: dict[str, Any]) -> Moment | None:
    """When a Condition began. An onsetPeriod says that it began somewhere within; an age or a text gives no date."""
    if "onsetDateTime" in resource:
        return read_moment(resource["onsetDateTime"])
    start, end = (_of_period(resource.get("onsetPeriod"), name) for name in ("start", "end"))
    if start and end:
        return Moment(start.first, max(start.last, end.last))
    return start or end


def _abatement(resource: dict[str, Any]) -> int | None:
    """The second by which a Condition had ended for certain, or None where no date says so."""
    if "abatementDateTime" in resource:
        return read_moment(resource["abatementDateTime"]).last
    end = _of_period(resource.get("abatementPeriod"), "end")
    return end.last if end else None


def _died(resource: dict[str, Any]) -> int | None:
    """The second by which a patient had died, or None; deceasedBoolean does not say when."""
    if "deceasedDateTime" in resource:
        return read_moment(resource["deceasedDateTime"]).last
    if not isinstance(resource.get("deceasedBoolean", False), bool):
        raise Unreadable(_ELEMENT)
    return None


def _element(resource: dict[str, Any], slot: Slot) -> str | None:
    """An element of Patient as text; None for the age, which depends on the prediction time."""
    name = slot.source.patient
    if name == "gender":
        return _text(resource.get("gender"))
    if name == "marital_status":
        status = resource.get("maritalStatus")
        if status is not None and not isinstance(status, dict):
            raise Unreadable(_ELEMENT)
        return concept_text(status, slot.spellings) if status else None
    if name in ("race", "ethnicity"):
        for extension in _extensions(resource):
            if extension.get("url") == _US_CORE + name:
                texts = (part for part in _extensions(extension) if part.get("url") == "text")
                return next((_text(part.get("valueString")) for part in texts), None)
    return None


def _extensions(holder: dict[str, Any]) -> list[dict[str, Any]]:
    extensions = holder.get("extension", [])
    if not (isinstance(extensions, list) and all(isinstance(extension, dict) for extension in extensions)):
        raise Unreadable(_ELEMENT)
    return extensions


def _text(value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise Unreadable(_ELEMENT)
    return value
