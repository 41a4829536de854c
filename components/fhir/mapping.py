"""What a task reads from FHIR, in the form in which resources are looked up by it: one slot for each column."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from components.ingest.cells import cell_text
from pipeline_configs.errors import Problem
from pipeline_configs.feature import Feature, Text
from pipeline_configs.fhir import FhirSource, PredictionTime
from pipeline_configs.task import Label, Task

__all__ = ["KNOWN_NAMES", "Mapping", "Slot", "compile_mapping", "mapping_problems"]

Kind = Literal["numeric", "categorical", "flag", "text"]


KNOWN_NAMES = "\x00known names"
"""Column with the names to be taken out of a patient's notes, one a line; only where the task reads documents."""


class Slot(NamedTuple):
    """One column of the table that is made from FHIR.

    Attributes:
        column: Its name.
        kind: numeric (float64), categorical (string), flag (bool) or text (string).
        source: Where its value comes from.
        factors: Units that are taken, each with the factor that makes it the declared one.
        dimensionless: Whether a quantity without a unit is taken.
        spellings: What the source may write, where the task names it; else empty.
        true: Spellings of true, for a flag.
        false: Spellings of false, for a flag.
    """

    column: str
    kind: Kind
    source: FhirSource
    factors: dict[str, float]
    dimensionless: bool
    spellings: frozenset[str]
    true: frozenset[str]
    false: frozenset[str]


class Mapping(NamedTuple):
    """All that reading FHIR needs to know of a task; small and picklable.

    Attributes:
        patient_column: Name of the column with the patient's id.
        slots: The columns: features in their order, the label last.
        at: The prediction time.
        observations: Slots (positions in `slots`) by `system|code` of Observation.code.
        conditions: Slots by `system|code` of Condition.code.
        encounters: Slots by Encounter.class.
        elements: The elements of Patient that are asked for.
        documents: Slots by `system|code` of DocumentReference.type.
        longest: Most characters of a document.
    """

    patient_column: str
    slots: tuple[Slot, ...]
    at: PredictionTime
    observations: dict[str, tuple[int, ...]]
    conditions: dict[str, tuple[int, ...]]
    encounters: dict[str, tuple[int, ...]]
    elements: frozenset[str]
    documents: dict[str, tuple[int, ...]] = {}  # noqa: RUF012
    longest: int = 0

    @property
    def label(self) -> Slot:
        """The label's slot."""
        return self.slots[-1]

    @property
    def reads_encounters(self) -> bool:
        """Whether any Encounter is needed."""
        return bool(self.encounters) or self.at.encounter is not None

    @property
    def resource_types(self) -> tuple[str, ...]:
        """The types of resource that the task cannot do without."""
        needed = {
            "Observation": self.observations,
            "Condition": self.conditions,
            "Encounter": self.reads_encounters,
            "DocumentReference": self.documents,
        }
        return ("Patient", *(name for name, need in needed.items() if need))


def compile_mapping(task: Task) -> Mapping:
    """Returns a task's mapping from FHIR.

    Args:
        task: A task with `data.format: fhir` that has no `mapping_problems`.
    """
    slots = [_feature_slot(task.column(name), feature) for name, feature in task.features.items()]
    slots.append(_label_slot(task.label_column, task.label))
    at = task.data.prediction_time
    if at is None:
        raise ValueError("the task has no prediction time")
    return Mapping(
        patient_column=task.patient_id,
        slots=tuple(slots),
        at=at,
        observations=_by_code(slots, "observation"),
        conditions=_by_code(slots, "condition"),
        encounters=_by_code(slots, "encounter"),
        elements=frozenset(slot.source.patient for slot in slots if slot.source.patient),
        documents=_by_code(slots, "document"),
        longest=max(
            (feature.max_characters for feature in task.features.values() if isinstance(feature, Text)), default=0
        ),
    )


def _by_code(
    slots: list[Slot], element: Literal["observation", "condition", "encounter", "document"]
) -> dict[str, tuple[int, ...]]:
    found: dict[str, list[int]] = {}
    for position, slot in enumerate(slots):
        for code in dict.fromkeys(getattr(slot.source, element)):
            found.setdefault(code, []).append(position)
    return {code: tuple(positions) for code, positions in found.items()}


def _feature_slot(column: str, feature: Feature) -> Slot:
    if feature.source is None:
        raise ValueError("a feature has no source")
    missing = {cell_text(cell) for cell in feature.missing}
    nothing: frozenset[str] = frozenset()
    if feature.kind == "numeric":
        units = {feature.unit: 1.0, **feature.accepted_units}
        return Slot(column, "numeric", feature.source, units, feature.unit == "1", nothing, nothing, nothing)
    if feature.kind == "flag":
        true, false = frozenset(map(cell_text, feature.true)), frozenset(map(cell_text, feature.false))
        return Slot(column, "flag", feature.source, {}, False, true | false | missing, true, false)
    if feature.kind == "text":
        return Slot(column, "text", feature.source, {}, False, nothing, nothing, nothing)
    if feature.kind != "categorical":
        raise ValueError("FHIR gives no images")
    spellings = frozenset({*feature.mapping, *missing}) if feature.mapping else nothing
    return Slot(column, "categorical", feature.source, {}, False, spellings, nothing, nothing)


def _label_slot(column: str, label: Label) -> Slot:
    if label.source is None:
        raise ValueError("the label has no source")
    nothing: frozenset[str] = frozenset()
    if _is_numeric(label):
        unit = label.source.unit
        return Slot(column, "numeric", label.source, {unit: 1.0}, unit == "1", nothing, nothing, nothing)
    named = (*label.positive.equals, *label.positive.negative, *label.missing)
    return Slot(column, "categorical", label.source, {}, False, frozenset(map(cell_text, named)), nothing, nothing)


def _is_numeric(label: Label) -> bool:
    """Whether the label's column is a number: by its threshold, or because it is 0 or 1, or a count."""
    source = label.source
    return not label.positive.equals or (source is not None and not source.observation)


def mapping_problems(task: Task) -> list[Problem]:
    """Returns what does not fit together in a task's mapping from FHIR; empty where all does."""
    return list(_problems(task))


def _problems(task: Task) -> Iterator[Problem]:
    taken = {task.patient_id: "patient_id"}
    for name, feature in task.features.items():
        where = f"features.{name}"
        yield from _clash(taken, task.column(name), where)
        source = feature.source
        if source is None:
            continue  # task.py reports it
        if source.exclude_prior or source.unit:
            yield Problem("exclude_prior and source.unit are for the label", f"{where}.source", fix="remove them")
        if (feature.kind == "text") != bool(source.document):
            yield Problem("a note comes from a document, and only a note does", where, "kind: text, source.document")
        elif source.patient == "age" and not (feature.kind == "numeric" and feature.unit == "a"):
            yield Problem("age is a number in years", where, "kind: numeric, unit: a")
        elif source.patient not in (None, "age") and feature.kind != "categorical":
            yield Problem(f"{source.patient} is text", where, "kind: categorical", f"kind: {feature.kind}")
        elif (source.condition or source.encounter) and feature.kind == "categorical":
            yield Problem("a condition is there or not, encounters are counted", where, "kind: flag or numeric")
    label = task.label
    yield from _clash(taken, task.label_column, "label")
    if label.source is None:
        return
    if label.source.patient or label.source.document:
        what = "an element of Patient" if label.source.patient else "a document"
        yield Problem(f"{what} is no outcome", "label.source", "observation, condition or encounter")
    if label.source.observation and _is_numeric(label) and not label.source.unit:
        yield Problem(
            "the unit of the label's observation is not given",
            "label.source.unit",
            "a UCUM unit, such as mg/dL",
            fix='write "1" for a quantity without a unit',
        )


def _clash(taken: dict[str, str], column: str, where: str) -> Iterator[Problem]:
    if column in taken:
        yield Problem(
            f"the column '{column}' is made twice",
            where,
            found=f"{taken[column]} makes it too",
            fix="leave `column` out: a FHIR source does not need it",
        )
    taken.setdefault(column, where)
