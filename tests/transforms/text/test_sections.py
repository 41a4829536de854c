"""Sections by their headings."""

import pytest

from transforms.text.sections import PREAMBLE, canonical_name, sections, without_sections


def names(text: str, more: tuple[str, ...] = ()) -> list[str]:
    found = sections(text, more)
    assert "".join(text[part.start : part.end] for part in found) == text
    return [part.name for part in found]


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("CHIEF COMPLAINT:", "chief complaint"),
        ("HISTORY OF PRESENT ILLNESS", "history of present illness"),
        ("HPI:", "history of present illness"),
        ("## Assessment and Plan", "assessment and plan"),
        ("**A&P:**", "assessment and plan"),
        ("A/P", "assessment and plan"),
        ("Assessment / Plan:", "assessment and plan"),
        ("Assessment & Plan", "assessment and plan"),
        ("3. PHYSICAL EXAM", "physical examination"),
        ("IV) Impression:", "impression"),
        ("PMHx:", "past medical history"),
        ("Follow-up:", "follow up"),
        ("__Vitals__", "vital signs"),
    ],
)
def test_forms_of_headings(heading: str, name: str) -> None:
    assert names(f"{heading}\nsome text") == [name]
    assert names(f"before\n{heading} and\n" if heading.endswith(":") else f"before\n{heading}\n") == [PREAMBLE, name]


def test_headings_within_a_line() -> None:
    text = "SUBJECTIVE: cough. MEDICATIONS: none. ASSESSMENT & PLAN: rest. SEXUAL HISTORY: no."
    assert names(text) == ["subjective", "medications", "assessment and plan"]


def test_what_is_no_heading() -> None:
    assert names("the whole\nhistory\nThe plan was to wait.\nHYPERTENSION: stable\nRatio 3:1\n12. mg") == [PREAMBLE]
    assert names("") == []


def test_a_section_is_left_out_to_the_next_heading() -> None:
    text = "HPI: cough\nA&P:\n1. HYPERTENSION: stable\n2. rest\nFollow up: none"
    kept, found = without_sections(text, ["Assessment and Plan"])
    assert kept == "HPI: cough\nFollow up: none"
    assert found == ["history of present illness", "assessment and plan", "follow up"]


def test_a_heading_that_only_the_task_knows() -> None:
    text = "HPI: cough\nRisk Score:\nhigh\nPLAN: rest"
    assert names(text) == ["history of present illness", "plan"]
    assert without_sections(text, ["risk score"])[0] == "HPI: cough\nPLAN: rest"


def test_canonical_names() -> None:
    assert canonical_name(" A & P: ") == canonical_name("assessment/plan") == "assessment and plan"
    assert canonical_name("Something Else") == "something else"


@pytest.mark.parametrize("left_out", ["assessment and plan", "A&P", "assessment", "plan"])
def test_an_assessment_goes_however_it_is_headed(left_out: str) -> None:
    note = "HPI: cough\nASSESSMENT AND PLAN: pneumonia\nLABS: normal"
    assert "pneumonia" not in without_sections(note, [left_out])[0]
    parts = "HPI: cough\nASSESSMENT: pneumonia\nPLAN: rest\nLABS: normal"
    kept = without_sections(parts, [left_out])[0]
    assert ("pneumonia" in kept, "rest" in kept) == {"assessment": (False, True), "plan": (True, False)}.get(
        left_out, (False, False)
    )
