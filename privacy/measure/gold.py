"""Labelled texts: what is in them, and how each source marks it."""

import csv
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from pipeline_configs.errors import DataProblem, Problem
from privacy.findings import Category, Finding
from privacy.text.known_names import KnownNames
from privacy.text.lexicon import folded, lexicon

__all__ = ["FORMATS", "GoldText", "read_aci_bench", "read_presidio"]

ENTITY_CATEGORIES: dict[str, Category] = {
    "PERSON": Category.NAME,
    "STREET_ADDRESS": Category.ADDRESS,
    "GPE": Category.LOCATION,
    "LOCATION": Category.LOCATION,
    "ZIP_CODE": Category.ZIP,
    "DATE_TIME": Category.DATE,
    "DATE": Category.DATE,
    "PHONE_NUMBER": Category.PHONE,
    "EMAIL_ADDRESS": Category.EMAIL,
    "DOMAIN_NAME": Category.URL,
    "URL": Category.URL,
    "IP_ADDRESS": Category.IP,
    "US_SSN": Category.SSN,
    "CREDIT_CARD": Category.ACCOUNT,
    "IBAN_CODE": Category.ACCOUNT,
    "US_BANK_NUMBER": Category.ACCOUNT,
    "US_DRIVER_LICENSE": Category.LICENCE,
    "MEDICAL_LICENSE": Category.LICENCE,
}
"""Entity types of presidio-research that count as identifiers. The data marks fax numbers as PHONE_NUMBER too."""

NOT_IDENTIFIERS = ("TITLE", "ORGANIZATION", "NRP", "AGE")
"""Entity types of presidio-research that Safe Harbor lets stand: titles and occupations, companies (unless they are an
employer), nationality, religion and politics, ages up to 89. A finding on one counts neither for nor against."""

_WORD_DATES = re.compile(
    r"(?:19|20)\d\d|(?:the )?(?:19|20)?\d0'?s|(?:mon|tues|wednes|thurs|fri|satur|sun)day", re.IGNORECASE
)
_OLDEST = 89


@dataclass(frozen=True)
class GoldText:
    """A text with what is in it.

    Attributes:
        text: The text.
        spans: Identifiers, in order.
        neutral: Stretches where a finding is neither right nor wrong.
        unmeasured: Stretches within spans that need not be found: states and countries in an address.
        judged: Categories whose findings are judged; the others are not labelled. All where it is empty.
        known: Names that the record gives.
        part: "note", "dialogue" or "text": figures are given for each.
    """

    text: str
    spans: tuple[Finding, ...]
    neutral: tuple[Finding, ...] = ()
    unmeasured: tuple[Finding, ...] = ()
    judged: frozenset[Category] = frozenset()
    known: KnownNames = field(default_factory=KnownNames)
    part: str = "text"


def read_presidio(path: Path) -> list[GoldText]:
    """Reads the JSON of presidio-research: `full_text` and `spans`.

    Countries and states are GPE in that data. Safe Harbor lets them stand, so they are neutral, as are bare years,
    decades and weekdays (DATE_TIME), and AGE up to 89. What `NOT_IDENTIFIERS` names is neutral too. Within an
    address the state and the country need not be found.

    Raises:
        DataProblem: The file is not of that form.
    """
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return [_presidio_text(row) for row in rows]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise DataProblem(
            Problem(
                "the labelled texts cannot be read",
                str(path),
                expected="JSON of presidio-research: a list of objects with full_text and spans",
            )
        ) from None


def read_aci_bench(path: Path) -> list[GoldText]:
    """Reads a folder of ACI-Bench: notes and dialogues, and the names in the metadata beside them.

    Gold is every place where a word of the patient's first or family name or of the doctor's name stands, whole and
    in any case. Where that word is an English word too (young, white), only places with a capital count in a note, and
    in a dialogue, which has no capitals, those right after a title, a greeting or a first name. Only findings
    of names are judged, and names of people whom the metadata does not name (relatives, other doctors) count as
    false, so that the
    true precision is higher than the one measured.

    Args:
        path: The folder, or one of its CSV files with texts.

    Raises:
        DataProblem: The files are missing or not of that form.
    """
    files = [path] if path.is_file() else sorted(f for f in path.glob("*.csv") if not f.stem.endswith("_metadata"))
    try:
        texts = [text for file in files for text in _aci_texts(file)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, csv.Error):
        texts = []
    if not texts:
        raise DataProblem(
            Problem(
                "the labelled notes cannot be read",
                str(path),
                expected="CSV files with dialogue and note, and beside each its _metadata.csv with the names",
            )
        ) from None
    return texts


FORMATS: dict[str, Callable[[Path], list[GoldText]]] = {"presidio": read_presidio, "aci-bench": read_aci_bench}
"""Readers by the name of their format."""


def _presidio_text(row: dict[str, object]) -> GoldText:
    text = row["full_text"]
    marked = row["spans"]
    if not isinstance(text, str) or not isinstance(marked, list):
        raise TypeError
    spans, neutral, unmeasured = [], [], []
    for span in marked:
        start, end, kind = int(span["start_position"]), int(span["end_position"]), str(span["entity_type"])
        value = text[start:end]
        category = ENTITY_CATEGORIES.get(kind)
        if kind == "AGE" and value.isdigit() and int(value) > _OLDEST:
            spans.append(Finding(start, end, Category.AGE))
        elif category is None:
            neutral.append(Finding(start, end, Category.OTHER_ID))
        elif (category is Category.DATE and _WORD_DATES.fullmatch(value)) or (
            category is Category.LOCATION and folded(value).strip(" .") in lexicon().states
        ):
            neutral.append(Finding(start, end, category))
        else:
            spans.append(Finding(start, end, category))
            unmeasured += _wide(text, start, end) if category in _GEOGRAPHY else []
    return GoldText(text, tuple(sorted(spans, key=lambda f: f.start)), tuple(neutral), tuple(unmeasured))


_GEOGRAPHY = (Category.ADDRESS, Category.LOCATION)


@cache
def _states() -> re.Pattern[str]:
    """Names of states and countries, and the "nan" that stands for a missing state in the data."""
    names = sorted(lexicon().states, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, names))}|nan)(?!\w)")


def _wide(text: str, start: int, end: int) -> list[Finding]:
    return [
        Finding(start + m.start(), start + m.end(), Category.LOCATION)
        for m in _states().finditer(text[start:end].lower())
    ]


def _aci_texts(file: Path) -> Iterator[GoldText]:
    with file.with_name(f"{file.stem}_metadata.csv").open(encoding="utf-8", newline="") as handle:
        names = {row["encounter_id"]: _names(row) for row in csv.DictReader(handle)}
    with file.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            known = KnownNames(names[row["encounter_id"]])
            for part in ("note", "dialogue"):
                spans = tuple(_occurrences(row[part], known, capitals=part == "note"))
                yield GoldText(row[part], spans, judged=frozenset({Category.NAME}), known=known, part=part)


def _names(row: dict[str, str]) -> tuple[str, ...]:
    patient = f"{row['patient_firstname'].strip()} {row['patient_familyname'].strip()}".strip()
    return tuple(name for name in (patient, row["doctor_name"].strip()) if name)


_CALLED = re.compile(r"\b(?:dr|doctor|mr|mrs|ms|miss|hi|hello|hey)\b[ .,]*$|\[(?:doctor|patient)\]$")


def _occurrences(text: str, known: KnownNames, capitals: bool) -> Iterator[Finding]:
    for word in re.finditer(r"[^\W\d_]+", text):
        name = word[0].lower()
        if name not in known.parts:
            continue
        if name in known.plain:
            called = _CALLED.search(text.lower(), max(0, word.start() - 12), word.start())
            before = re.search(r"([^\W\d_]+)\s+$", text[max(0, word.start() - 30) : word.start()])
            full = before is not None and before[1].lower() in known.parts
            if not (called or full or (capitals and word[0][0].isupper())):
                continue
        yield Finding(word.start(), word.end(), Category.NAME)
