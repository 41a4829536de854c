"""How a feature or a label is found in FHIR R4 resources."""

import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from pipeline_configs.declaration import Declaration

__all__ = ["FhirSource", "PredictionTime"]

Coding = Annotated[str, Field(pattern=r"^[^|\s]+\|[^|\s]+$")]
"""A code with its system, as FHIR searches write it: `http://loinc.org|39156-5`."""

DocumentType = Annotated[str, Field(pattern=r"^([^|\s]+\|)?[^|\s]+$")]
"""A code of a kind of document; one without a system is from LOINC: `11506-3`."""

_LOINC = "http://loinc.org"

_PATIENT = Literal["age", "gender", "race", "ethnicity", "marital_status"]


class FhirSource(Declaration):
    """One value of a patient, taken from exactly one of: patient, observation, condition, encounter, document."""

    patient: _PATIENT | None = None
    """An element of Patient. `age` is in completed years at the prediction time; race and ethnicity are
    the US Core extensions' text."""
    observation: tuple[Coding, ...] = ()
    """Codes of Observation; the last value at or before the prediction time, or the first one after it."""
    component: Coding | None = None
    """Code of the component of that Observation, such as systolic pressure."""
    unit: str = ""
    """UCUM unit of a label's Observation; a numeric feature has its own `unit`."""
    condition: tuple[Coding, ...] = ()
    """Codes of Condition: 1 where one has its onset in the time asked for, else 0."""
    active_only: bool = False
    """Only conditions that had not ended (abatement) by the prediction time; otherwise a history of one counts."""
    exclude_prior: bool = False
    """Leaves out patients who had the label's condition before or at the prediction time: for them the question is
    void."""
    encounter: tuple[str, ...] = ()
    """Classes of Encounter, such as AMB, EMER, IMP: the number in the time asked for."""
    document: tuple[DocumentType, ...] = ()
    """Types of DocumentReference, for a feature of kind text; the last one at or before the prediction time."""
    when: Literal["before", "after"] = "before"
    """Before (or at) the prediction time, or after it; only a label may look after it."""
    within_days: Annotated[float, Field(gt=0)] | None = None
    """How far from the prediction time; without it, as far as the record goes."""

    @field_validator("document")
    @classmethod
    def _with_system(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(code if "|" in code else f"{_LOINC}|{code}" for code in value)

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        names = ("patient", "observation", "condition", "encounter", "document")
        given = [name for name in names if getattr(self, name)]
        if len(given) != 1:
            one_of = f"give exactly one of {', '.join(names)}"
            raise ValueError(f"{one_of}; given: {', '.join(given) or 'none'}")
        if (self.component or self.unit) and not self.observation:
            raise ValueError("component and unit go with observation")
        if self.patient and (self.when == "after" or self.within_days):
            raise ValueError("when and within_days do not go with patient")
        if self.exclude_prior and not (self.condition and self.when == "after"):
            raise ValueError("exclude_prior goes with condition and when: after")
        if self.active_only and not (self.condition and (self.when == "before" or self.exclude_prior)):
            raise ValueError("active_only goes with condition and when: before, or with exclude_prior")
        return self


class PredictionTime(Declaration):
    """The moment for which the prediction is made; nothing later is read into a feature."""

    date: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}-\d{2}$")
    """The same day for all patients, end of day, UTC."""
    encounter: Literal["first", "last"] | None = None
    """Start of the patient's first or last Encounter."""
    classes: tuple[str, ...] = ()
    """Classes of Encounter that count; all where left out. Patients without one of them are left out."""
    known_from: Literal["recorded", "occurred"] = "recorded"
    """From when a value counts. recorded: once it has occurred and is on record (Observation.issued,
    Condition.recordedDate), so that nothing is read that nobody knew yet. occurred: from its own time, for archives
    whose record dates are those of a later migration."""

    @field_validator("date")
    @classmethod
    def _calendar(cls, value: str | None) -> str | None:
        if value is not None:
            datetime.date.fromisoformat(value)
        return value

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.date is None) == (self.encounter is None):
            raise ValueError("give either date or encounter")
        if self.classes and self.encounter is None:
            raise ValueError("classes goes with encounter")
        return self
