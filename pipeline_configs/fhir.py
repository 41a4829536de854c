"""How a feature or a label is found in FHIR R4 resources."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from pipeline_configs.declaration import Declaration

__all__ = ["FhirSource", "PredictionTime"]

Coding = Annotated[str, Field(pattern=r"^[^|\s]+\|[^|\s]+$")]
"""A code with its system, as FHIR searches write it: `http://loinc.org|39156-5`."""

_PATIENT = Literal["age", "gender", "race", "ethnicity", "marital_status"]


class FhirSource(Declaration):
    """One value of a patient, taken from exactly one of: patient, observation, condition, encounter."""

    patient: _PATIENT | None = None
    """An element of Patient. `age` is in completed years at the prediction time; race and ethnicity are
    the US Core extensions' text."""
    observation: tuple[Coding, ...] = ()
    """Codes of Observation; the last value at or before the prediction time."""
    component: Coding | None = None
    """Code of the component of that Observation, such as systolic pressure."""
    condition: tuple[Coding, ...] = ()
    """Codes of Condition: 1 where one has its onset in the time asked for, else 0."""
    encounter: tuple[str, ...] = ()
    """Classes of Encounter, such as AMB, EMER, IMP: the number in the time asked for."""
    when: Literal["before", "after"] = "before"
    """Before (or at) the prediction time, or after it; only a label may look after it."""
    within_days: Annotated[float, Field(gt=0)] | None = None
    """How far from the prediction time; without it, as far as the record goes."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        given = [name for name in ("patient", "observation", "condition", "encounter") if getattr(self, name)]
        if len(given) != 1:
            raise ValueError(f"give exactly one of patient, observation, condition, encounter; given: {given or 'none'}")
        if self.component and not self.observation:
            raise ValueError("component goes with observation")
        if self.patient and (self.when == "after" or self.within_days):
            raise ValueError("when and within_days do not go with patient")
        return self


class PredictionTime(Declaration):
    """The moment for which the prediction is made; nothing later is read into a feature."""

    date: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}-\d{2}$")
    """The same day for all patients, end of day, UTC."""
    encounter: Literal["first", "last"] | None = None
    """Start of the patient's first or last Encounter."""
    classes: tuple[str, ...] = ()
    """Classes of Encounter that count; all where left out."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.date is None) == (self.encounter is None):
            raise ValueError("give either date or encounter")
        return self
