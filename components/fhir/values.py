"""The value of an Observation or of one of its components (R4 Observation.value[x]), as a column takes it."""

from collections.abc import Iterator
from typing import Any

from components.fhir.mapping import Slot
from components.fhir.problem import Unreadable

__all__ = ["Value", "codings", "concept_text", "observed_value"]

Value = float | int | str | bool | None

UCUM = "http://unitsofmeasure.org"

_WRONG = "a value of another type than the task declares"
_NOT_R4 = "a value is not of the JSON type that FHIR demands"
_COMPARATOR = "a value with a comparator (<, >) is no exact value"
_NO_UNIT = "a quantity without a unit"
_UNIT = "a unit that the task does not accept"
_OTHER_UNITS = "a unit that is not from UCUM"
_FREE_TEXT = "text without a code, for a feature that does not name its values"
_FLAG = "a value that is neither true nor false for the task"
# The types of value[x] that no column can hold.
_UNUSED = ("valueRange", "valueRatio", "valueSampledData", "valueTime", "valueDateTime", "valuePeriod")


def observed_value(holder: dict[str, Any], slot: Slot) -> Value:
    """Returns the value that an Observation, or a component, has for a column.

    Args:
        holder: The Observation or the component.
        slot: The column.

    Returns:
        A number in the declared unit, a text, or a truth value; None where the resource has no value, which R4
        allows (a group of results) and explains in dataAbsentReason.

    Raises:
        Unreadable: It has one that the column cannot take.
    """
    if "valueQuantity" in holder:
        return _quantity(holder["valueQuantity"], slot)
    if "valueCodeableConcept" in holder:
        return _concept(holder["valueCodeableConcept"], slot)
    if "valueString" in holder:
        return _string(holder["valueString"], slot)
    if "valueInteger" in holder:
        return _integer(holder["valueInteger"], slot)
    if "valueBoolean" in holder:
        return _boolean(holder["valueBoolean"], slot)
    if any(name in holder for name in _UNUSED):
        raise Unreadable(_WRONG)
    return None


def _quantity(quantity: object, slot: Slot) -> Value:
    if not isinstance(quantity, dict):
        raise Unreadable(_NOT_R4)
    if slot.kind != "numeric":
        raise Unreadable(_WRONG)
    value = quantity.get("value")
    if value is None and "_value" in quantity:  # an extension says why there is none
        return None
    number = _number(value)
    if quantity.get("comparator") is not None:
        raise Unreadable(_COMPARATOR)
    return number * _factor(quantity, slot)


def _factor(quantity: dict[str, Any], slot: Slot) -> float:
    """The factor that converts a Quantity's unit, told by its case-sensitive UCUM code."""
    system, code = quantity.get("system"), quantity.get("code")
    unit = code if code is not None else quantity.get("unit") if system is None else None
    if unit is None or unit == "":
        if slot.dimensionless:
            return 1.0
        raise Unreadable(_NO_UNIT)
    if not isinstance(unit, str):
        raise Unreadable(_NOT_R4)
    if system is not None and system != UCUM:
        raise Unreadable(_OTHER_UNITS)
    factor = slot.factors.get(unit)
    if factor is not None:
        return factor
    # UCUM, "curly braces": {score} is an annotation of the unit 1.
    if slot.dimensionless and unit.startswith("{") and unit.endswith("}") and unit.count("{") == 1:
        return 1.0
    raise Unreadable(_UNIT)


def _integer(value: object, slot: Slot) -> Value:
    if isinstance(value, float):
        raise Unreadable(_NOT_R4)
    number = _number(value)
    if slot.kind != "numeric":
        return _spelled(str(value), slot)
    if not slot.dimensionless:
        raise Unreadable(_NO_UNIT)
    return number


def _boolean(value: object, slot: Slot) -> Value:
    if not isinstance(value, bool):
        raise Unreadable(_NOT_R4)
    if slot.kind == "numeric":
        raise Unreadable(_WRONG)
    return value if slot.kind == "flag" else "true" if value else "false"


def _string(value: object, slot: Slot) -> Value:
    if not isinstance(value, str):
        raise Unreadable(_NOT_R4)
    if slot.kind == "numeric":
        raise Unreadable(_WRONG)
    if not slot.spellings:  # Free text may hold anything, a name too.
        raise Unreadable(_FREE_TEXT)
    return _spelled(value.strip(), slot)


def _concept(concept: object, slot: Slot) -> Value:
    if not isinstance(concept, dict):
        raise Unreadable(_NOT_R4)
    if slot.kind == "numeric":
        raise Unreadable(_WRONG)
    return _spelled(concept_text(concept, slot.spellings), slot)


def _spelled(text: str, slot: Slot) -> Value:
    if slot.kind != "flag":
        return text
    if text in slot.true:
        return True
    if text in slot.false:
        return False
    if text in slot.spellings:  # what the task names as missing
        return None
    raise Unreadable(_FLAG)


def concept_text(concept: dict[str, Any], spellings: frozenset[str]) -> str:
    """Returns the text that stands for a CodeableConcept.

    Args:
        concept: The CodeableConcept.
        spellings: The values that the task names.

    Returns:
        Of its codes, `system|code`s, text and displays, in that order, the first that the task names; else its
        first code.

    Raises:
        Unreadable: The task names no values, and it has no code; or it is no CodeableConcept.
    """
    found = list(codings(concept))
    text = concept.get("text")
    if spellings:
        codes = [code for _, code, _ in found]
        full = [f"{system}|{code}" for system, code, _ in found]
        displays = [display for _, _, display in found]
        for candidate in (*codes, *full, text, *displays):
            if isinstance(candidate, str) and candidate in spellings:
                return candidate
    for _, code, _ in found:
        if code:
            return code
    if spellings and isinstance(text, str):
        return text
    raise Unreadable(_FREE_TEXT)


def codings(concept: object) -> Iterator[tuple[str, str, str]]:
    """Yields system, code and display of each coding of a CodeableConcept; "" for what is left out.

    Raises:
        Unreadable: It is no CodeableConcept.
    """
    if not isinstance(concept, dict):
        raise Unreadable(_NOT_R4)
    listed = concept.get("coding", ())
    if not isinstance(listed, list | tuple):
        raise Unreadable(_NOT_R4)
    for coding in listed:
        if not isinstance(coding, dict):
            raise Unreadable(_NOT_R4)
        system, code, display = coding.get("system", ""), coding.get("code", ""), coding.get("display", "")
        if not (isinstance(system, str) and isinstance(code, str) and isinstance(display, str)):
            raise Unreadable(_NOT_R4)
        yield system, code, display


def _number(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise Unreadable(_NOT_R4)
    return float(value)
