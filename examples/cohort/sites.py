"""The three invented hospitals, and the invented towns around them."""

from dataclasses import dataclass

__all__ = ["CITIES", "SITES", "STREETS", "Site", "Town"]


@dataclass(frozen=True)
class Town:
    """A town.

    Attributes:
        name: Its name, in no gazetteer.
        zip3: First three digits of its ZIP codes.
        area_code: Of its telephones.
    """

    name: str
    zip3: str
    area_code: str


@dataclass(frozen=True)
class Site:
    """A hospital.

    Attributes:
        code: What tables call it.
        institution: Its name, which only headers, notes and bundles carry.
        prefix: What its record numbers begin with.
        street: Its address, without the town.
        town: Its town.
        domain: Of its e-mail and its portal.
        share: Share of the patients.
        missing: Share of missing values, by column of the records.
        makers: Share of each of the makers of X-ray devices.
    """

    code: str
    institution: str
    prefix: str
    street: str
    town: Town
    domain: str
    share: float
    missing: dict[str, float]
    makers: tuple[float, float, float]


CITIES = (
    Town("Brackwater Falls", "530", "262"),
    Town("Ostervale", "531", "414"),
    Town("Penhallow Springs", "537", "608"),
    Town("Kettlemere", "541", "715"),
    Town("Sandovar", "543", "920"),
    Town("Wrenhollow", "545", "534"),
)
"""Towns; the first three are those of the hospitals."""

STREETS = tuple(
    f"{name} {kind}"
    for name in (
        *("Quillfeather", "Bramblewick", "Dunmarrow", "Eskdalen", "Farthinghoe", "Gorsewell", "Hollinbrook"),
        *("Inverlochan", "Jessamyne", "Kirkstallen", "Larkenshaw", "Mossbarrow", "Nettlecombe", "Oxenholme"),
        *("Plumbstead", "Ravenscar", "Silverthwaite", "Tamarackton", "Underbarrow", "Vinterholt", "Withycombe"),
    )
    for kind in ("Lane", "Avenue", "Street", "Road", "Drive")
)
"""Streets; with a number before them they are found nowhere else."""

SITES = (
    Site(
        code="north",
        institution="Northgarth Regional Hospital",
        prefix="NG",
        street="1200 Galloway-Thorne Parkway",
        town=CITIES[0],
        domain="northgarth.example",
        share=0.45,
        missing={"crp": 0.08, "bmi": 0.05, "temperature": 0.01, "creatinine": 0.03, "smoker": 0.04},
        makers=(0.6, 0.3, 0.1),
    ),
    Site(
        code="harbor",
        institution="Saint Ottokar Harbor Medical Center",
        prefix="SH",
        street="77 Vesterbrygge Quay",
        town=CITIES[1],
        domain="saintottokar.example",
        share=0.25,
        missing={"crp": 0.03, "bmi": 0.02, "creatinine": 0.02, "smoker": 0.02},
        makers=(0.2, 0.6, 0.2),
    ),
    Site(
        code="valley",
        institution="Velmoor Valley Clinic",
        prefix="VV",
        street="3 Aldermanbury Square",
        town=CITIES[2],
        domain="velmoor.example",
        share=0.30,
        missing={"crp": 0.30, "bmi": 0.15, "temperature": 0.04, "white_cells": 0.10, "creatinine": 0.2, "smoker": 0.1},
        makers=(0.15, 0.15, 0.7),
    ),
)
"""The hospitals. The second is sent the severe cases; the third measures least and writes ages over 89 as `> 89`."""
