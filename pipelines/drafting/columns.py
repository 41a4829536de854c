"""Guesses what the columns of a table are, from their names and a sample of their values."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from pipeline_configs.ages import is_age, words

__all__ = ["AGES", "Column", "Guess", "guess_columns", "wide_range"]

AGES = (0.0, 120.0)
"""Plausible ages, in years."""

Use = Literal["patient_id", "identifier", "label", "numeric", "categorical", "flag", "image", "text", "ignored"]

_PATIENT = re.compile(r"(^|_)(patient|subject|person|mrn|pid)(_?(id|no|nr|number|key))?$|^id$")
_IDENTIFIER = re.compile(
    r"(^|_)(first_?name|last_?name|surname|family_?name|full_?name|name|ssn|phone|telephone|fax|e?mail|street|address|zip|"
    r"postcode|postal_?code|dob|birth_?date|date_of_birth|birth_?year|year_of_birth|yob|mrn|passport|insurance_?(id|no|number)|account|license|url|ip)$",
)
_NAME = re.compile(r"(^|_)(first|last|given|family|sur|full|physician|doctor|patient)?_?name$|^(physician|doctor)$")
_IMAGE_FILE = re.compile(r"\.(dcm|dicom|png|jpe?g|tiff?)$", re.IGNORECASE)
_TEXT_FILE = re.compile(r"\.(txt|text|rtf|html?|xml)$", re.IGNORECASE)
_LABEL = re.compile(
    r"^(label|target|outcome|y|class|diagnosis|disease|event|died|death|mortality|readmitted|num|status|result)$"
)
_POSITIVE = (
    "1",
    "true",
    "yes",
    "y",
    "positive",
    "pos",
    "malignant",
    "m",
    "disease",
    "sick",
    "died",
    "dead",
    "case",
    "abnormal",
)
_TRUTH = {"0", "1", "true", "false", "yes", "no", "y", "n", "t", "f", "0.0", "1.0"}
_MISSING = {"", "na", "n/a", "nan", "null", "none", "?", "-", ".", "missing"}
_MAX_VALUES = 20
_NOTE_WORDS = 12
"""A column whose middle value has more words holds notes."""


@dataclass(frozen=True)
class Column:
    """What a column seems to be.

    Attributes:
        name: Name in the source.
        use: What it seems to be for.
        range: Plausible range, well beyond what was seen.
        values: Distinct values, for categorical, flag and label.
        missing: Texts that seem to mean "not measured".
        threshold: Cut of a numeric label.
        files: Whether a text column holds paths of text files.
        name_of_person: Whether an identifier is the name of a person, which may stand in notes too.
    """

    name: str
    use: Use
    range: tuple[float, float] = (0.0, 1.0)
    values: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    threshold: float | None = None
    files: bool = False
    name_of_person: bool = False


@dataclass(frozen=True)
class Guess:
    """What a table seems to hold.

    Attributes:
        columns: Its columns.
        doubts: What could not be guessed.
        many: Whether patients have several rows.
    """

    columns: tuple[Column, ...]
    doubts: tuple[str, ...] = field(default=())
    many: bool = False

    @property
    def modality(self) -> Literal["records", "images", "notes"]:
        """What the task is about."""
        return "images" if self.of("image") else "notes" if self.of("text") else "records"

    def of(self, use: Use) -> list[Column]:
        """Returns the columns of one use."""
        return [column for column in self.columns if column.use == use]


def guess_columns(names: Sequence[str], samples: Sequence[Sequence[str | None]], decimal: str = ".") -> Guess:
    """Guesses the use of each column.

    Args:
        names: Column names.
        samples: The sampled values of each column as text, None where the source holds null.
        decimal: Decimal mark.

    Returns:
        One Column a name, with exactly one patient id and one label where any column can be one.
    """
    doubts = []
    columns = [_column(name, sample, decimal) for name, sample in zip(names, samples, strict=True)]
    patient = _patient(columns, samples)
    if patient is None:
        doubts.append("no column looks like a patient id: set patient_id")
    label = _label(columns, patient)
    if label is None:
        doubts.append("no column looks like a label: set label")
    result = []
    for position, column in enumerate(columns):
        if position == patient:
            result.append(Column(column.name, "patient_id"))
        elif position == label:
            result.append(_as_label(column, samples[position], decimal))
        else:
            result.append(column)
    many = patient is not None and len(set(samples[patient])) < len(samples[patient])
    return Guess(tuple(result), tuple(doubts), many)


def _column(name: str, sample: Sequence[str | None], decimal: str) -> Column:
    texts = [(value or "").strip() for value in sample]
    present = [text for text in texts if text.lower() not in _MISSING]
    missing = tuple(sorted({text for text in texts if text and text.lower() in _MISSING}))
    distinct = sorted(set(present))
    files = _share(_IMAGE_FILE, present), _share(_TEXT_FILE, present)
    if max(files) > 0.5:
        return Column(name, "image") if files[0] >= files[1] else Column(name, "text", files=True)
    person = bool(_NAME.search(words(name)))
    if person or _IDENTIFIER.search(words(name)):
        return Column(name, "identifier", name_of_person=person)
    if not present:
        return Column(name, "ignored")
    if sorted(len(text.split()) for text in present)[len(present) // 2] > _NOTE_WORDS:
        return Column(name, "text")
    if {text.lower() for text in distinct} <= _TRUTH and len(distinct) == 2:
        return Column(name, "flag", values=tuple(distinct), missing=missing)
    numbers = _numbers(present, decimal)
    if numbers is not None and not (len(distinct) == 2 and set(numbers) <= {1.0, 2.0}):
        limits = wide_range(min(numbers), max(numbers))
        return Column(name, "numeric", AGES if is_age(name) and limits[1] <= 2 * AGES[1] else limits, missing=missing)
    if len(distinct) <= _MAX_VALUES and len(distinct) <= max(2, len(present) // 5):
        return Column(name, "categorical", values=tuple(distinct), missing=missing)
    return Column(name, "ignored")


def _share(pattern: re.Pattern[str], texts: Sequence[str]) -> float:
    return sum(bool(pattern.search(text)) for text in texts) / max(1, len(texts))


def _numbers(texts: Sequence[str], decimal: str) -> list[float] | None:
    try:
        numbers = [float(text.replace(decimal, ".")) for text in texts]
    except ValueError:
        return None
    return numbers if all(math.isfinite(number) for number in numbers) else None


def wide_range(low: float, high: float) -> tuple[float, float]:
    """A range half as wide again on both sides, rounded outwards, so that no single value shows."""
    margin = 0.5 * (high - low) or max(1.0, abs(high))
    step = 10 ** math.floor(math.log10(margin))
    lower = 0.0 if low >= 0 and low - margin < 0 else math.floor((low - margin) / step) * step
    return (round(lower, 9), round(math.ceil((high + margin) / step) * step, 9))


def _patient(columns: Sequence[Column], samples: Sequence[Sequence[str | None]]) -> int | None:
    named = [i for i, column in enumerate(columns) if _PATIENT.search(words(column.name))]
    if named:
        return max(named, key=lambda i: len(set(samples[i])))
    unique = [
        i
        for i, column in enumerate(columns)
        if len(set(samples[i])) == len(samples[i]) > 1 and re.search(r"(id|key|number|no)$", words(column.name))
    ]
    return unique[0] if unique else None


def _label(columns: Sequence[Column], patient: int | None) -> int | None:
    possible = [i for i, c in enumerate(columns) if i != patient and c.use in ("flag", "categorical", "numeric")]
    named = [i for i in possible if _LABEL.search(words(columns[i].name))]
    binary = [i for i in possible if columns[i].use != "numeric" and len(columns[i].values) == 2]
    for choice in (named, [i for i in binary if i == possible[-1]], possible[-1:]):
        if choice:
            return choice[-1]
    return None


def _as_label(column: Column, sample: Sequence[str | None], decimal: str) -> Column:
    if column.use == "numeric":
        numbers = sorted(
            _numbers([v.strip() for v in sample if v and v.strip().lower() not in _MISSING], decimal) or [0.0]
        )
        few = sorted(set(numbers))
        threshold = few[0] if len(few) <= 10 else numbers[len(numbers) // 2]
        return Column(column.name, "label", column.range, (), column.missing, threshold)
    positive = next((v for v in column.values if v.lower() in _POSITIVE), column.values[-1])
    rest = tuple(value for value in column.values if value != positive)
    return Column(column.name, "label", values=(positive, *rest), missing=column.missing)
