"""Writes one clinical note: sections with graded findings, and identifiers where notes have them."""

import datetime
from dataclasses import dataclass

import numpy as np

from examples.cohort.identifiers import Identifiers
from examples.cohort.people import Person
from examples.cohort.phrases import GRADED, HISTORY, MEDICINES, NAMED, NEGATED, NEUTRAL

__all__ = ["NAMED_SHARE", "NEGATED_SHARE", "Note", "write_note"]

NAMED_SHARE = 0.6
"""Share of the positive notes whose assessment names the label outright."""

NEGATED_SHARE = 0.35
"""Share of the negative notes whose assessment negates it."""

_THRESHOLDS = (-0.4, 0.6, 1.6)
_SLOT_NOISE = 0.7
_CONSULTANTS = ("Featherstonhaugh", "Quintanilla", "Okonkwo", "Rzepecki", "van Oosterom", "Solórzano", "Skelfeldt")


@dataclass(frozen=True)
class Note:
    """A note.

    Attributes:
        number: Unique id.
        person: Whose it is.
        text: Its text.
        kind: "plain", or what is odd about it.
    """

    number: str
    person: Person
    text: str
    kind: str = "plain"


def write_note(person: Person, random: np.random.Generator, identifiers: Identifiers) -> str:
    """Returns the text of a note about a patient.

    Each finding's grade comes from what the notes show of the severity and a noise of its own. These noises sum to 0,
    so that all findings together tell what the view tells, and no more. The assessment may name the label.

    Args:
        person: The patient.
        random: Source of chance.
        identifiers: Takes what the note holds.
    """
    say = _findings(person, random)
    facts = _Facts(person, random)
    style = int(random.integers(3))
    head = _head(facts, style)
    told = random.permutation(["cough", "fever", "breath", "pain", "course"])
    sections = [
        ("CHIEF COMPLAINT", say["complaint"]),
        ("HISTORY OF PRESENT ILLNESS", " ".join([_opening(facts), *(say[name] for name in told), *_aside(facts)])),
        ("PAST MEDICAL HISTORY", _some(HISTORY, 2, 5, random)),
        ("MEDICATIONS", _some(MEDICINES, 1, 5, random)),
        ("SOCIAL HISTORY", _social(facts)),
        ("PHYSICAL EXAM", f"{say['general']} {say['lungs']} {say['gas']} {_exam(random)}"),
        ("LABS", say["laboratory"]),
        ("IMAGING", f"{_compared(facts)}{say['imaging']}"),
        ("ASSESSMENT AND PLAN", f"{_assessment(person, say['side'], random)} {say['plan']} {_follow_up(facts)}"),
    ]
    if style == 1:
        body = "\n\n".join(f"{title.capitalize()}: {text}" for title, text in sections)
    else:
        body = "\n\n".join(f"{title}:\n{text}" for title, text in sections)
    text = f"{head}\n\n{body}\n\n{_signature(facts)}\n"
    for category, value in facts.told:
        if value in text:
            identifiers.add(category, value)
    return text


class _Facts:
    """What can be told of a person.

    Attributes:
        told: Category and text of the identifiers that may be in the note; not every sentence that is made is used.
    """

    def __init__(self, person: Person, random: np.random.Generator) -> None:
        self.person, self.random = person, random
        self.told = [
            ("health_plan_numbers", person.plan),
            ("relatives", person.relative),
            ("given_names", person.relative.split(" ")[0]),
            ("phones", person.relative_phone),
        ]
        self.doctor = person.physician
        self.other = self.known("family_names", str(random.choice(_CONSULTANTS)))
        self.he = "He" if person.sex == "male" else "She"
        self.his = "His" if person.sex == "male" else "Her"
        self.title = "Mr." if person.sex == "male" else "Ms."

    def known(self, category: str, text: str) -> str:
        self.told.append((category, text))
        return text

    def date(self, day: datetime.date, style: int) -> str:
        written = (f"{day:%m/%d/%Y}", f"{day:%B} {day.day}, {day.year}", f"{day.day} {day:%b} {day.year}")[style % 3]
        return self.known("dates", written)

    def chance(self, share: float) -> bool:
        return bool(self.random.random() < share)


def _findings(person: Person, random: np.random.Generator) -> dict[str, str]:
    """Returns a sentence for each finding, and the side."""
    side = "right" if random.random() < 0.6 else "left"
    noise = random.standard_normal(len(GRADED))
    shown = person.views["notes"] + _SLOT_NOISE * (noise - noise.mean())
    sentences = {"side": side}
    for (name, grades), level in zip(GRADED.items(), shown, strict=True):
        phrases = grades[int(np.searchsorted(_THRESHOLDS, level))]
        sentences[name] = phrases[int(random.integers(len(phrases)))].format(side=side)
    return sentences


def _head(facts: _Facts, style: int) -> str:
    person = facts.person
    site = person.site
    name, born, seen = (
        f"{person.given} {person.family}",
        facts.date(person.birth, style),
        facts.date(person.admitted, style),
    )
    if style == 0:
        return (
            f"{site.institution}\n{facts.known('streets', site.street)}, {facts.known('cities', site.town.name)}\n"
            f"PATIENT NAME: {facts.known('full_names', f'{person.family}, {person.given}'.upper())}\n"
            f"DOB: {born}   MRN: {person.mrn}\n"
            f"DATE OF SERVICE: {seen}   ATTENDING: Dr. {facts.doctor.given} {facts.doctor.family}"
        )
    if style == 1:
        return (
            f"Patient: {name}   Record no.: {person.mrn}\nDate of birth: {born}   Age: {person.age}\n"
            f"Address: {person.street}, {person.town.name}, WI {person.zip_code}\n"
            f"Phone: {person.phone}   E-mail: {person.email}\nVisit: {seen}"
        )
    return (
        f"Progress note of {seen}, {site.institution}\nRe: {facts.title} {name}, born {born}, MRN {person.mrn}, "
        f"SSN {person.ssn}\nHealth plan ID {person.plan}"
    )


def _opening(facts: _Facts) -> str:
    person = facts.person
    kind = "man" if person.sex == "male" else "woman"
    article = "an" if person.age in (18, *range(80, 90)) else "a"
    first = f"{facts.title} {person.family}"
    openings = (
        f"{first} is {article} {person.age}-year-old {kind} seen at the request of Dr. {facts.other}.",
        f"This {person.age} y/o {kind} was seen by Dr. {facts.doctor.family}.",
        f"{person.given} {person.family}, aged {person.age}, came with {facts.his.lower()} relative {person.relative}.",
        f"{first}, {person.age} years old, was last seen on "
        f"{facts.date(person.admitted - datetime.timedelta(days=int(facts.random.integers(20, 300))), 1)}.",
    )
    return openings[int(facts.random.integers(len(openings)))]


def _aside(facts: _Facts) -> list[str]:
    person = facts.person
    if facts.chance(0.6):
        return []
    choices = (
        f"{person.relative}, {facts.his.lower()} next of kin, can be reached at {person.relative_phone}.",
        f"{facts.he} called the clinic from {person.phone} on {facts.date(person.admitted, 0)}.",
        f"{facts.he} wrote through {facts.known('urls', f'https://portal.{person.site.domain}/r/{person.mrn}')}.",
        f"{facts.he} sent the home readings to {_clinic_mail(facts)}.",
    )
    return [choices[int(facts.random.integers(len(choices)))]]


def _clinic_mail(facts: _Facts) -> str:
    return facts.known("emails", f"chest.clinic@{facts.person.site.domain}")


def _social(facts: _Facts) -> str:
    person = facts.person
    home = f"Lives on {facts.known('streets', person.street.split(' ', 1)[1])}" if facts.chance(0.3) else "Lives"
    company = ("alone", "with a spouse", f"with {person.relative}")[int(facts.random.integers(3))]
    work = ("Retired.", "Works in an office.", "Works outdoors.", "Does not work.")[int(facts.random.integers(4))]
    return f"{home} {company} in {person.town.name}. {work}"


def _exam(random: np.random.Generator) -> str:
    choices = (
        "Heart regular, no murmur. Abdomen soft.",
        f"Blood pressure {random.integers(105, 165)}/{random.integers(60, 95)}. No edema. Strength 5/5.",
        "Pupils equal. Neck supple. Babinski negative.",
        "Heart sounds normal. Foley catheter not in place. Skin warm.",
    )
    return choices[int(random.integers(len(choices)))]


def _compared(facts: _Facts) -> str:
    if facts.chance(0.5):
        return ""
    day = facts.person.admitted - datetime.timedelta(days=int(facts.random.integers(100, 900)))
    return f"Compared with the study of {facts.date(day, int(facts.random.integers(3)))}. "


def _assessment(person: Person, side: str, random: np.random.Generator) -> str:
    share, phrases = (NAMED_SHARE, NAMED) if person.label else (NEGATED_SHARE, NEGATED)
    chosen = phrases if random.random() < share else NEUTRAL
    return chosen[int(random.integers(len(chosen)))].format(side=side)


def _follow_up(facts: _Facts) -> str:
    person = facts.person
    random = facts.random
    day = facts.date(person.admitted + datetime.timedelta(days=int(random.integers(3, 30))), int(random.integers(3)))
    fax = f"{person.site.town.area_code}-555-{random.integers(2_000, 9_999)}"
    serial = f"OXC{random.integers(10**7, 10**8)}"
    choices = (
        f"Follow-up with Dr. {facts.other} on {day}.",
        f"Copy by fax to {facts.known('phones', fax)}.",
        f"Home oxygen concentrator, serial no. {facts.known('device_serials', serial)}, is not in use.",
        f"Call {person.phone} with the results.",
        f"Return on {day}.",
    )
    return choices[int(random.integers(len(choices)))]


def _signature(facts: _Facts) -> str:
    doctor, day = facts.doctor, facts.date(facts.person.admitted + datetime.timedelta(days=1), 0)
    if facts.chance(0.5):
        return (
            f"Electronically signed by {doctor.given} {doctor.family}, MD on {day} at {facts.random.integers(8, 20)}:15"
        )
    return f"Dr. {doctor.given} {doctor.family}\n{facts.person.site.institution}"


def _some(items: tuple[str, ...], least: int, most: int, random: np.random.Generator) -> str:
    chosen = random.choice(items, size=int(random.integers(least, most)), replace=False)
    return ". ".join(str(item)[0].upper() + str(item)[1:] for item in chosen) + "."
