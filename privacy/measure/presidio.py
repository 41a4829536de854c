"""Texts with labelled spans in the format of presidio-research."""

import json
import operator
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from pipeline_configs.errors import DataProblem, Problem
from privacy.findings import Category, Finding
from privacy.measure.gold import GoldText
from privacy.text.lexicon import folded, lexicon

__all__ = ["ENTITY_CATEGORIES", "NOT_IDENTIFIERS", "read_presidio"]

ENTITY_CATEGORIES: dict[str, Category] = {
    **{category.value: category for category in Category},
    "PERSON": Category.NAME,
    "PATIENT": Category.NAME,
    "DOCTOR": Category.NAME,
    "USERNAME": Category.OTHER_ID,
    "STREET_ADDRESS": Category.ADDRESS,
    "STREET": Category.ADDRESS,
    "GPE": Category.LOCATION,
    "CITY": Category.LOCATION,
    "HOSPITAL": Category.LOCATION,
    "ZIP_CODE": Category.ZIP,
    "DATE_TIME": Category.DATE,
    "PHONE_NUMBER": Category.PHONE,
    "FAX_NUMBER": Category.FAX,
    "EMAIL_ADDRESS": Category.EMAIL,
    "DOMAIN_NAME": Category.URL,
    "IP_ADDRESS": Category.IP,
    "IPADDR": Category.IP,
    "US_SSN": Category.SSN,
    "CREDIT_CARD": Category.ACCOUNT,
    "CRYPTO": Category.ACCOUNT,
    "IBAN_CODE": Category.ACCOUNT,
    "US_BANK_NUMBER": Category.ACCOUNT,
    "US_DRIVER_LICENSE": Category.LICENCE,
    "MEDICAL_LICENSE": Category.LICENCE,
    "LICENSE": Category.LICENCE,
    "US_PASSPORT": Category.OTHER_ID,
    "US_ITIN": Category.OTHER_ID,
    "ID": Category.OTHER_ID,
    "IDNUM": Category.OTHER_ID,
    "MEDICALRECORD": Category.MRN,
    "HEALTHPLAN": Category.HEALTH_PLAN,
}
"""Entity types that count as identifiers: those of presidio-research, of Presidio and of the i2b2 challenge of 2014
(Stubbs and Uzuner, J Biomed Inform 2015;58:S20), and Galen's own. presidio-research marks fax
numbers as PHONE_NUMBER."""

NOT_IDENTIFIERS = ("TITLE", "PREFIX", "ORGANIZATION", "ORG", "NRP", "PROFESSION", "STATE", "COUNTRY", "LOCATION-OTHER")
"""Entity types that Safe Harbor lets stand: titles and occupations, companies (unless they are an employer),
nationality, religion and politics, states and countries. A finding on one counts neither for nor against; nor does one
on an AGE up to 89."""

_WORD_DATES = re.compile(
    r"(?:19|20)\d\d|(?:the )?(?:19|20)?\d0'?s|(?:mon|tues|wednes|thurs|fri|satur|sun)day", re.IGNORECASE
)
_OLDEST = 89
_VALUE = "entity_value"


def read_presidio(path: Path) -> list[GoldText]:
    """Reads the JSON of presidio-research: `full_text` and `spans`.

    Countries and states are GPE in that data. Safe Harbor lets them stand, so they are neutral, as are bare years,
    decades and weekdays (DATE_TIME), and AGE up to 89. What `NOT_IDENTIFIERS` names is neutral too. Within an
    address the state and the country need not be found.

    Raises:
        DataProblem: The file is not of that form, holds no texts, or a span is not within its text or of a type that
            nobody has said whether it is an identifier.
    """
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(rows, list) or not rows:
            raise TypeError
        marked = [_marked(row) for row in rows]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise DataProblem(
            Problem(
                "the labelled texts cannot be read",
                str(path),
                expected="JSON of presidio-research: a list of objects with full_text and spans",
            )
        ) from None
    _refuse_spans(marked, path)
    return [_presidio_text(text, spans) for text, spans in marked]


class _Span(NamedTuple):
    start: int
    end: int
    kind: str
    value: str | None


def _marked(row: dict[str, Any]) -> tuple[str, list[_Span]]:
    text, spans = row["full_text"], row["spans"]
    if not isinstance(text, str) or not isinstance(spans, list):
        raise TypeError
    return text, [
        _Span(
            operator.index(s["start_position"]),
            operator.index(s["end_position"]),
            s["entity_type"],
            s.get("entity_value"),
        )
        for s in spans
    ]


def _refuse_spans(marked: Sequence[tuple[str, Sequence[_Span]]], path: Path) -> None:
    """Raises for spans that would count as found, or as nothing, whatever an engine does."""
    problems = []
    beside = [
        f"text {number}, span {place}"
        for number, (text, spans) in enumerate(marked, 1)
        for place, span in enumerate(spans, 1)
        if not 0 <= span.start < span.end <= len(text) or span.value not in (None, text[span.start : span.end])
    ]
    if beside:
        expected = "0 <= start_position < end_position <= length, and entity_value as it stands there"
        found = f"{len(beside)} others: {', '.join(beside[:5])}{' ...' if len(beside) > 5 else ''}"
        fix = "count characters, not bytes, in full_text as it is"
        problems.append(Problem("spans do not stand in their text", str(path), expected, found, fix))
    known = {*ENTITY_CATEGORIES, *NOT_IDENTIFIERS}
    unknown = sorted({str(span.kind) for _, spans in marked for span in spans} - known)
    if unknown:
        # A type is a word; anything else may be a value that stands in the wrong place.
        named = [kind if re.fullmatch(r"[A-Z][A-Z_-]{0,30}", kind) else "(no word in capitals)" for kind in unknown]
        problems.append(
            Problem(
                "spans have types of which it is not known whether they are identifiers",
                str(path),
                f"one of: {', '.join(sorted(known))}",
                ", ".join(named[:10]),
                "rename them, or leave them out",
            )
        )
    if problems:
        raise DataProblem(*problems)


def _presidio_text(text: str, marked: Sequence[_Span]) -> GoldText:
    spans, neutral, unmeasured = [], [], []
    for start, end, kind, _ in marked:
        value = text[start:end]
        category = None if kind in NOT_IDENTIFIERS else ENTITY_CATEGORIES[kind]
        if category is None or (category is Category.AGE and not (value.isdigit() and int(value) > _OLDEST)):
            neutral.append(Finding(start, end, Category.OTHER_ID))
        elif (category is Category.DATE and _WORD_DATES.fullmatch(value)) or (
            category is Category.LOCATION and folded(value).strip(" .") in lexicon().states
        ):
            neutral.append(Finding(start, end, category))
        else:
            wide = _wide(text, start, end) if category in _GEOGRAPHY else []
            covered = {place for one in wide for place in range(one.start, one.end)}
            if any(text[place].isalnum() and place not in covered for place in range(start, end)):
                spans.append(Finding(start, end, category))
                unmeasured += wide
            else:  # Nothing in it needs to be found.
                neutral.append(Finding(start, end, category))
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
