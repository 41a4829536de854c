"""The invented patients: who they are, how ill they are, and whether they have pneumonia."""

import datetime
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from examples.cohort.identifiers import Identifiers
from examples.cohort.names import FAMILY, FEMALE, MALE
from examples.cohort.signal import NOISE, REFERRAL_SHIFT, label_probability
from examples.cohort.sites import CITIES, SITES, STREETS, Site, Town

__all__ = ["ETHNICITIES", "MALE_SHARE", "MOST", "Person", "Physician", "draw_people"]

MALE_SHARE = 0.6
"""Share of men."""

ETHNICITIES = {"white": 0.57, "black": 0.21, "hispanic": 0.16, "asian": 0.06}
"""Share of each group; the last is small on purpose."""

MOST = 4_000
"""Most patients: there are only so many telephone numbers."""

_Item = TypeVar("_Item")
_REFERRAL = "harbor"
_FIRST_DAY = datetime.date(2019, 1, 7)
_DAYS = 1750
_PHYSICIANS = 12
_PROVIDERS = ("kestrelmail.example", "postkasten.example", "inboxen.example")


@dataclass(frozen=True)
class Physician:
    """Someone who writes notes and reads images."""

    given: str
    family: str
    site: Site


@dataclass(frozen=True)
class Person:
    """A patient.

    Attributes:
        number: Position in the cohort, from 0.
        mrn: Medical record number, unique.
        given: Given name.
        family: Family name.
        sex: "male" or "female".
        age: Completed years on the day of admission.
        birth: Date of birth.
        ethnicity: One of `ETHNICITIES`.
        site: The hospital.
        admitted: Day of admission.
        ssn: Social Security number, of a range that is never issued.
        phone: Number of the patient, with the reserved exchange 555.
        email: Address in a reserved domain.
        street: House number and street.
        town: Town.
        zip_code: Five digits.
        plan: Number at the health plan.
        relative: Full name of a relative.
        relative_phone: Number of that relative.
        physician: Who treats the patient.
        severity: z; no model may see it.
        views: What each modality shows of it: z and noise.
        label: 1 with pneumonia, else 0.
    """

    number: int
    mrn: str
    given: str
    family: str
    sex: str
    age: int
    birth: datetime.date
    ethnicity: str
    site: Site
    admitted: datetime.date
    ssn: str
    phone: str
    email: str
    street: str
    town: Town
    zip_code: str
    plan: str
    relative: str
    relative_phone: str
    physician: Physician
    severity: float
    views: dict[str, float]
    label: int


def draw_people(count: int, random: np.random.Generator, identifiers: Identifiers) -> list[Person]:
    """Draws the patients; sex, age and ethnicity tell nothing of the severity, the site a little.

    Args:
        count: Number of patients, at most `MOST`.
        random: Source of chance.
        identifiers: Takes what gives them away.

    Returns:
        The patients, each with a record number, phone and e-mail of their own.
    """
    staff = {site.code: [_physician(site, random, identifiers) for _ in range(_PHYSICIANS)] for site in SITES}
    numbers = random.choice(90_000_000, size=count, replace=False) + 10_000_000
    exchanges = random.choice(8_000, size=(count, 2), replace=False) + 2_000
    people = []
    for number in range(count):
        site = _pick(random, SITES, [site.share for site in SITES])
        severity = float(random.standard_normal()) + (REFERRAL_SHIFT if site.code == _REFERRAL else 0.0)
        views = {modality: severity + noise * float(random.standard_normal()) for modality, noise in NOISE.items()}
        label = int(random.random() < float(label_probability(np.array(severity))))
        sex = "male" if random.random() < MALE_SHARE else "female"
        given = str(random.choice(MALE if sex == "male" else FEMALE))
        family = str(random.choice(FAMILY))
        age = _age(random)
        admitted = _telling(_FIRST_DAY + datetime.timedelta(days=int(random.integers(_DAYS))))
        town = _pick(random, (site.town, *CITIES[3:]), [0.55, 0.15, 0.15, 0.15])
        people.append(
            Person(
                number=number,
                mrn=f"{site.prefix}{numbers[number]}",
                given=given,
                family=family,
                sex=sex,
                age=age,
                birth=_birth(admitted, age, random),
                ethnicity=_pick(random, tuple(ETHNICITIES), list(ETHNICITIES.values())),
                site=site,
                admitted=admitted,
                ssn=f"9{random.integers(10, 100)}-{random.integers(10, 50)}-{random.integers(1_000, 10_000)}",
                phone=f"({town.area_code}) 555-{exchanges[number, 0]}",
                email=f"{_plain(given)}.{_plain(family)}{number + 1}@{random.choice(_PROVIDERS)}",
                street=f"{random.integers(101, 9_900)} {random.choice(STREETS)}",
                town=town,
                zip_code=f"{town.zip3}{random.integers(1, 100):02d}",
                plan=f"HP-{random.integers(10**8, 10**9)}",
                relative=f"{random.choice(FEMALE + MALE)} {family}",
                relative_phone=f"{town.area_code}-555-{exchanges[number, 1]}",
                physician=staff[site.code][int(random.integers(_PHYSICIANS))],
                severity=severity,
                views=views,
                label=label,
            )
        )
        _identify(people[-1], identifiers)
    return people


def _identify(person: Person, identifiers: Identifiers) -> None:
    identifiers.add("given_names", person.given)
    identifiers.add("family_names", person.family)
    identifiers.add("full_names", f"{person.given} {person.family}")
    identifiers.add("record_numbers", person.mrn)
    identifiers.add("social_security_numbers", person.ssn)
    identifiers.add("phones", person.phone)
    identifiers.add("emails", person.email)
    identifiers.add("streets", person.street)
    identifiers.add("cities", person.town.name)
    identifiers.add("institutions", person.site.institution)


def _physician(site: Site, random: np.random.Generator, identifiers: Identifiers) -> Physician:
    physician = Physician(str(random.choice(FEMALE + MALE)), str(random.choice(FAMILY)), site)
    identifiers.add("physicians", f"{physician.given} {physician.family}")
    identifiers.add("given_names", physician.given)
    identifiers.add("family_names", physician.family)
    return physician


def _age(random: np.random.Generator) -> int:
    """Adults; about one in twenty is over 89."""
    if random.random() < 0.05:
        return int(random.integers(90, 99))
    return int(np.clip(round(random.normal(63, 16)), 18, 89))


def _birth(admitted: datetime.date, age: int, random: np.random.Generator) -> datetime.date:
    """A birthday such that the age is right; not 29 February, which not every year has."""
    day = admitted - datetime.timedelta(days=int(random.integers(0, 360)))
    day = day - datetime.timedelta(days=1) if (day.month, day.day) == (2, 29) else day
    return _telling(day.replace(year=day.year - age))


def _telling(day: datetime.date) -> datetime.date:
    """Not 1 January, which stands in files for many reasons: a search for the day would hit by accident."""
    return day + datetime.timedelta(days=1) if (day.month, day.day) == (1, 1) else day


def _plain(name: str) -> str:
    """A name as e-mail addresses have it."""
    letters = unicodedata.normalize("NFKD", name.replace("ø", "o").replace("ð", "d").lower())
    return "".join(letter for letter in letters if letter.isascii() and letter.isalpha())


def _pick(random: np.random.Generator, items: Sequence[_Item], shares: Sequence[float]) -> _Item:
    cumulative: NDArray[np.float64] = np.cumsum(shares)
    return items[int(np.searchsorted(cumulative / cumulative[-1], random.random(), side="right"))]
