"""Vital signs and laboratory values, and the table that a hospital would export of them."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from examples.cohort.identifiers import Identifiers
from examples.cohort.people import Person
from examples.cohort.signal import NOISE

__all__ = ["COLUMNS", "SIGNAL", "UNITS", "Measured", "measure", "write_records"]

SIGNAL = {
    "crp": 0.95,
    "respiratory_rate": 0.75,
    "oxygen_saturation": -0.75,
    "temperature": 0.70,
    "white_cells": 0.65,
    "heart_rate": 0.60,
}
"""How many standard deviations of its own noise a column moves for one unit of severity.

Normal noises of this kind are together worth a single view of the severity, whose noise has the variance
`1 / sum(weight^2)`; that view is `NOISE["records"]`, and the noises are drawn so that it comes out.
"""

UNITS = {
    "age": "a",
    "bmi": "kg/m2",
    "temperature": "Cel",
    "heart_rate": "/min",
    "respiratory_rate": "/min",
    "systolic_pressure": "mm[Hg]",
    "oxygen_saturation": "%",
    "white_cells": "10*3/uL",
    "crp": "mg/L",
    "creatinine": "mg/dL",
}
"""UCUM units of the numeric columns."""

COLUMNS = (
    *("patient_id", "given_name", "family_name", "birth_date", "ssn", "phone", "email", "street", "city", "zip_code"),
    *("admission_date", "age", "sex", "ethnicity", "site", "smoker", "bmi", "temperature", "heart_rate"),
    *("respiratory_rate", "systolic_pressure", "oxygen_saturation", "white_cells", "crp", "creatinine", "pneumonia"),
)
"""Columns of `records.csv`."""


@dataclass(frozen=True)
class Measured:
    """What was measured on admission; None where it was not.

    Attributes:
        values: By column, in the unit of `UNITS`.
        smoker: Whether the patient smokes.
    """

    values: dict[str, float | None]
    smoker: bool | None


def measure(person: Person, random: np.random.Generator) -> Measured:
    """Draws what was measured of a patient; missing at random, by site."""
    noise = _noises(person, random)
    shown = {name: weight * person.severity + noise[name] for name, weight in SIGNAL.items()}
    values: dict[str, float | None] = {
        "bmi": round(float(np.clip(random.normal(27.5, 5.0), 15, 55)), 1),
        "temperature": round(37.1 + 0.55 * shown["temperature"], 1),
        "heart_rate": float(round(84 + 11 * shown["heart_rate"])),
        "respiratory_rate": float(round(18.5 * np.exp(0.13 * shown["respiratory_rate"]))),
        "systolic_pressure": float(round(float(np.clip(random.normal(112 + 0.3 * person.age, 17), 70, 230)))),
        "oxygen_saturation": float(round(max(60.0, 100 - 3.8 * np.exp(-0.42 * shown["oxygen_saturation"])))),
        "white_cells": round(float(8.6 * np.exp(0.28 * shown["white_cells"])), 1),
        "crp": round(min(600.0, float(22 * np.exp(0.85 * shown["crp"]))), 1),
        "creatinine": round(float(0.95 * np.exp(random.normal(0.004 * (person.age - 60), 0.25))), 2),
    }
    smoker: bool | None = bool(random.random() < 0.22)
    for column, share in person.site.missing.items():
        if random.random() < share:
            if column == "smoker":
                smoker = None
            else:
                values[column] = None
    return Measured(values, smoker)


def write_records(
    path: Path, people: list[Person], measured: list[Measured], random: np.random.Generator, identifiers: Identifiers
) -> None:
    """Writes `records.csv`: no field holds a comma, some of `sex` have trailing spaces, one site writes `> 89`.

    Args:
        path: The file.
        people: The patients; a row each.
        measured: What was measured of each.
        random: Source of chance.
        identifiers: Takes the dates.
    """
    with path.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream, lineterminator="\n")
        rows.writerow(COLUMNS)
        for person, found in zip(people, measured, strict=True):
            birth, admitted = person.birth.isoformat(), person.admitted.isoformat()
            identifiers.add("dates", birth, admitted)
            row: dict[str, object] = {
                "patient_id": person.mrn,
                "given_name": person.given,
                "family_name": person.family,
                "birth_date": birth,
                "ssn": person.ssn,
                "phone": person.phone,
                "email": person.email,
                "street": person.street,
                "city": person.town.name,
                "zip_code": person.zip_code,
                "admission_date": admitted,
                "age": "> 89" if person.age > 89 and person.site.code == "valley" else person.age,
                "sex": person.sex + (" " if random.random() < 0.04 else ""),
                "ethnicity": person.ethnicity,
                "site": person.site.code,
                "smoker": "" if found.smoker is None else "yes" if found.smoker else "no",
                "pneumonia": person.label,
            }
            row.update({name: "" if value is None else _plain(value) for name, value in found.values.items()})
            rows.writerow([row[column] for column in COLUMNS])


def _noises(person: Person, random: np.random.Generator) -> dict[str, float]:
    """Standard normal noises whose weighted sum is the noise of the patient's view of the records."""
    weights = np.array(list(SIGNAL.values()))
    free = random.standard_normal(weights.size)
    length = float(np.sqrt(weights @ weights))
    wanted = (person.views["records"] - person.severity) / NOISE["records"]
    noise = free + weights / length * (wanted - float(weights @ free) / length)
    return dict(zip(SIGNAL, noise.tolist(), strict=True))


def _plain(value: float) -> float | int:
    return int(value) if value.is_integer() else value
