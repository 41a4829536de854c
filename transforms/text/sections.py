"""Sections of a clinical note, found by their headings.

Headings are lines of their own or stand before a colon; in capitals, in title case, numbered (`3.`, `IV.`) or in
Markdown. Only headings that are known here, or that the caller names, count: an unknown one may be a problem of an
assessment ("HYPERTENSION:"), and would end the section that is to be left out. The names follow the section headers
of the C-CDA and of the usual SOAP and H&P notes.
"""

import functools
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

__all__ = ["PREAMBLE", "Section", "canonical_name", "sections", "without_sections"]

PREAMBLE = "preamble"
"""Name of what stands before the first heading."""

_SYNONYMS = {
    "chief complaint": ("cc", "reason for visit", "reason for consultation", "presenting complaint"),
    "history of present illness": ("hpi", "history of the present illness", "present illness", "interval history"),
    "past medical history": ("pmh", "pmhx", "medical history", "past history", "history"),
    "past surgical history": ("psh", "pshx", "surgical history"),
    "family history": ("fh", "fhx", "family medical history"),
    "social history": ("sh", "shx", "social"),
    "medications": (
        *("meds", "current medications", "home medications", "medication", "medication list"),
        *("medications on admission", "admission medications", "current meds"),
    ),
    "discharge medications": ("medications on discharge", "discharge meds"),
    "allergies": ("allergy", "drug allergies", "allergies and intolerances"),
    "immunizations": ("immunization", "vaccinations"),
    "review of systems": ("ros", "review of system"),
    "vital signs": ("vitals", "vital signs reviewed", "vs"),
    "physical examination": (
        *("pe", "physical exam", "exam", "examination", "objective exam", "physical"),
        *("exam on admission", "discharge exam"),
    ),
    "laboratory": ("labs", "lab results", "laboratory data", "laboratory results", "laboratory values", "lab data"),
    "results": ("test results", "data", "diagnostic results", "pertinent results", "diagnostics", "studies"),
    "imaging": ("radiology", "imaging studies", "imaging results", "x-ray", "chest x-ray"),
    "findings": (),
    "technique": (),
    "comparison": (),
    "indication": ("indications", "clinical indication"),
    "procedure": ("procedures", "procedures performed"),
    "subjective": (),
    "objective": (),
    "assessment": (),
    "assessment and plan": (
        *("a and p", "a/p", "ap", "assessment/plan", "assessment plan", "impression and plan", "plan and assessment"),
        *("impression/plan", "medical decision making", "mdm"),
    ),
    "impression": ("impressions", "conclusion", "conclusions"),
    "diagnosis": (
        *("diagnoses", "final diagnosis", "final diagnoses", "discharge diagnosis", "discharge diagnoses"),
        *("admission diagnosis", "admitting diagnosis", "preoperative diagnosis", "postoperative diagnosis"),
    ),
    "plan": ("plan of care", "treatment plan", "recommendations", "recommendation", "treatment"),
    "hospital course": ("brief hospital course", "course", "clinical course", "emergency department course"),
    "disposition": ("discharge disposition",),
    "discharge instructions": ("patient instructions", "instructions"),
    "condition at discharge": ("discharge condition",),
    "follow up": ("followup", "follow-up"),
    "problem list": ("active problems", "problems"),
}
_NAMES = {synonym: name for name, synonyms in _SYNONYMS.items() for synonym in (name, *synonyms)}

_PARTS = {"assessment and plan": ("assessment", "plan")}
"""Sections that hold others: whoever leaves one of them out leaves out the other as well, and the other way round."""

_LONGEST = 60
"""Most characters of a heading."""

_MARKS = re.compile(r"[ \t]{0,20}(?P<mark>#{1,6}|\*{1,3}|_{1,3})?[ \t]{0,4}(?:(?:\d{1,2}|[IVX]{1,4})[.)][ \t]{1,4})?")
_WORDS = re.compile(r"[\w&/'-]+")


class Section(NamedTuple):
    """A section of a note.

    Attributes:
        name: Its canonical name.
        start: Offset of its heading.
        end: Offset of the next heading, or of the end of the note.
    """

    name: str
    start: int
    end: int


def canonical_name(heading: str) -> str:
    """Returns the name that a heading stands for, in lower case: "A&P" is "assessment and plan"."""
    plain = _plain(heading[:_LONGEST])
    return _NAMES.get(plain, plain)


def sections(text: str, more: Sequence[str] = ()) -> list[Section]:
    """Finds the sections of a note.

    Args:
        text: The note, with LF line ends.
        more: Headings that count besides the known ones.

    Returns:
        The sections in their order; they cover the note from its first character to its last.
    """
    known = _NAMES | {canonical_name(heading): canonical_name(heading) for heading in more}
    inline = _inline(tuple(sorted(known)))
    starts: list[tuple[int, str]] = []
    place = 0
    for line in text.split("\n"):
        name, title_end = _heading(line, known)
        if name:
            starts.append((place, name))
        # A note may have lost its line ends: then headings in capitals stand within a line.
        for match in inline.finditer(line, title_end):
            starts.append((place + match.start("name"), known[_plain(match["name"])]))
        place += len(line) + 1
    ends = [*(start for start, _ in starts[1:]), len(text)]
    found = [Section(name, start, end) for (start, name), end in zip(starts, ends, strict=False)]
    first = starts[0][0] if starts else len(text)
    return [Section(PREAMBLE, 0, first), *found] if first else found


def without_sections(text: str, left_out: Iterable[str]) -> tuple[str, list[str]]:
    """Drops sections, each up to the next heading.

    Args:
        text: The note, with LF line ends.
        left_out: Headings of the sections to drop, in any of their forms; "assessment and plan" goes where one of the
            two is named, and both go with it.

    Returns:
        The note without them, and the names of the sections that it had, those that were dropped included.
    """
    headings = tuple(left_out)
    dropped = {canonical_name(heading) for heading in headings}
    for whole, parts in _PARTS.items():
        if whole in dropped:
            dropped.update(parts)
        elif dropped.intersection(parts):
            dropped.add(whole)
    found = sections(text, headings)
    kept = "".join([text[section.start : section.end] for section in found if section.name not in dropped])
    return kept, [section.name for section in found]


def _plain(heading: str) -> str:
    """Words of a heading in lower case, with "and" spelt out."""
    return " ".join(_WORDS.findall(heading.lower().replace("&", " and "))).replace(" / ", "/")


def _heading(line: str, known: dict[str, str]) -> tuple[str, int]:
    """The name of the section that a line begins, and where its title ends; "" and 0 for none."""
    match = _MARKS.match(line)
    assert match
    before, colon, _ = line[match.end() : match.end() + _LONGEST + 1].partition(":")
    title = before.strip(" \t*_#.-=")
    if not title or len(before) > _LONGEST:
        return "", 0
    name = known.get(_plain(title), "")
    # Without a colon the line must look like a title: "history" may as well be the last line of a sentence.
    if not name or not (colon or match["mark"] or title[0].isupper()):
        return "", 0
    return name, match.end() + len(before)


@functools.lru_cache(maxsize=16)
def _inline(names: tuple[str, ...]) -> re.Pattern[str]:
    """Known headings in capitals before a colon, within a line; the longest first."""
    longer = sorted((name.upper() for name in names if len(name) > 2), key=len, reverse=True)
    forms = [re.escape(name).replace("AND", "(?:AND|&)") for name in longer]
    return re.compile(rf"(?<![A-Za-z&/-])(?<![A-Z] )(?P<name>{'|'.join(forms)})[ ]?:")
