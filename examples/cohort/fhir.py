"""Some of the patients as FHIR R4 bundles, one a file: https://hl7.org/fhir/R4/.

A patient comes to the emergency department (class EMER), is measured and written about there, and is admitted four
hours later (class IMP). The outcome is a Condition that begins after the admission: with the admission as the
prediction time, everything else is known and the outcome is not.
"""

import base64
import datetime
import json
import uuid
from pathlib import Path
from typing import Any

import numpy as np

from examples.cohort.identifiers import Identifiers
from examples.cohort.people import Person
from examples.cohort.records import UNITS, Measured

__all__ = ["LOINC", "PNEUMONIA", "write_bundles"]

LOINC = {
    "bmi": ("39156-5", "Body mass index (BMI) [Ratio]"),
    "temperature": ("8310-5", "Body temperature"),
    "heart_rate": ("8867-4", "Heart rate"),
    "respiratory_rate": ("9279-1", "Respiratory rate"),
    "oxygen_saturation": ("59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry"),
    "white_cells": ("6690-2", "Leukocytes [#/volume] in Blood by Automated count"),
    "crp": ("1988-5", "C reactive protein [Mass/volume] in Serum or Plasma"),
    "creatinine": ("2160-0", "Creatinine [Mass/volume] in Serum or Plasma"),
}
"""Code and display of the Observations; systolic pressure (8480-6) is a component of 85354-9."""

PNEUMONIA = "233604007"
"""SNOMED CT code of the outcome."""

_UCUM = "http://unitsofmeasure.org"
_LOINC, _SNOMED = "http://loinc.org", "http://snomed.info/sct"
_US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition"
_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
_RACE = {"white": ("2106-3", "White"), "black": ("2054-5", "Black or African American"), "asian": ("2028-9", "Asian")}
_SMOKING = {True: ("77176002", "Smoker"), False: ("266919005", "Never smoked tobacco")}


def write_bundles(
    folder: Path,
    people: list[Person],
    measured: list[Measured],
    notes: list[str],
    random: np.random.Generator,
    identifiers: Identifiers,
) -> int:
    """Writes a collection bundle for each patient; files are numbered, not named after anybody.

    Args:
        folder: The folder `fhir`, which is there.
        people: The patients.
        measured: What was measured of each.
        notes: A note about each.
        random: Source of chance.
        identifiers: Takes the resources' ids and times.

    Returns:
        The number of bundles.
    """
    for number, (person, found, note) in enumerate(zip(people, measured, notes, strict=True), 1):
        bundle = _bundle(person, found, note, random, identifiers)
        path = folder / f"bundle-{number:04d}.json"
        path.write_text(json.dumps(bundle, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return len(people)


def _bundle(
    person: Person, found: Measured, note: str, random: np.random.Generator, identifiers: Identifiers
) -> dict[str, Any]:
    def new() -> str:
        name = str(uuid.UUID(bytes=random.bytes(16), version=4))
        identifiers.add("resource_ids", name)
        return name

    arrived = datetime.datetime.combine(
        person.admitted, datetime.time(int(random.integers(6, 16)), int(random.integers(60))), datetime.UTC
    )
    admitted = arrived + datetime.timedelta(hours=4)
    patient, emergency, stay = new(), new(), new()
    subject = {"reference": f"urn:uuid:{patient}"}
    during = {"reference": f"urn:uuid:{emergency}"}
    measured_at = _time(arrived + datetime.timedelta(minutes=int(random.integers(10, 90))))
    doctor = {"display": f"Dr. {person.physician.given} {person.physician.family}"}
    identifiers.add("given_names", person.relative.split(" ")[0])
    identifiers.add("phones", person.relative_phone)
    identifiers.add("dates", person.birth.isoformat(), arrived.date().isoformat())

    resources: list[dict[str, Any]] = [
        _patient(person, patient),
        _encounter(emergency, "EMER", "emergency", subject, arrived, admitted, person),
        _encounter(
            stay, "IMP", "inpatient encounter", subject, admitted, admitted + datetime.timedelta(days=5), person
        ),
    ]
    common = {"status": "final", "subject": subject, "encounter": during}
    times = {"effectiveDateTime": measured_at, "issued": measured_at}
    for name, (code, display) in LOINC.items():
        value = found.values[name]
        if value is not None:
            quantity = _quantity(value, UNITS[name])
            resources.append(_observation(new(), code, display, common, times) | {"valueQuantity": quantity})
    pressure = found.values["systolic_pressure"]
    if pressure is not None:
        systolic = {
            "code": _concept(_LOINC, "8480-6", "Systolic blood pressure"),
            "valueQuantity": _quantity(pressure, UNITS["systolic_pressure"]),
        }
        resources.append(
            _observation(new(), "85354-9", "Blood pressure panel", common, times) | {"component": [systolic]}
        )
    if found.smoker is not None:
        smoking = _observation(new(), "72166-2", "Tobacco smoking status", common, times)
        resources.append(smoking | {"valueCodeableConcept": _concept(_SNOMED, *_SMOKING[found.smoker])})
    resources.append(
        {
            "resourceType": "DocumentReference",
            "id": new(),
            "status": "current",
            "type": _concept(_LOINC, "11506-3", "Progress note"),
            "subject": subject,
            "date": measured_at,
            "author": [doctor],
            "content": [
                {
                    "attachment": {
                        "contentType": "text/plain; charset=utf-8",
                        "data": base64.b64encode(note.encode()).decode(),
                    }
                }
            ],
            "context": {"encounter": [during]},
        }
    )
    if person.label:
        onset = admitted + datetime.timedelta(hours=int(random.integers(6, 90)))
        resources.append(
            {
                "resourceType": "Condition",
                "id": new(),
                "clinicalStatus": _concept(f"{_TERMINOLOGY}/condition-clinical", "active", "Active"),
                "verificationStatus": _concept(f"{_TERMINOLOGY}/condition-ver-status", "confirmed", "Confirmed"),
                "code": _concept(_SNOMED, PNEUMONIA, "Pneumonia (disorder)"),
                "subject": subject,
                "encounter": {"reference": f"urn:uuid:{stay}"},
                "onsetDateTime": _time(onset),
                "recordedDate": _time(onset + datetime.timedelta(hours=2)),
                "recorder": doctor,
            }
        )
    entries = [{"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def _patient(person: Person, name: str) -> dict[str, Any]:
    race = _RACE.get(person.ethnicity, ("2131-1", "Other Race"))
    hispanic = person.ethnicity == "hispanic"
    ethnicity = ("2135-2", "Hispanic or Latino") if hispanic else ("2186-5", "Not Hispanic or Latino")
    relative_given, relative_family = person.relative.split(" ", 1)
    return {
        "resourceType": "Patient",
        "id": name,
        "extension": [_us_core("us-core-race", *race), _us_core("us-core-ethnicity", *ethnicity)],
        "identifier": [
            {
                "type": _concept(f"{_TERMINOLOGY}/v2-0203", "MR", "Medical record number"),
                "system": f"https://{person.site.domain}/mrn",
                "value": person.mrn,
            },
            {
                "type": _concept(f"{_TERMINOLOGY}/v2-0203", "SS", "Social Security number"),
                "system": "http://hl7.org/fhir/sid/us-ssn",
                "value": person.ssn,
            },
        ],
        "name": [{"use": "official", "family": person.family, "given": [person.given]}],
        "telecom": [
            {"system": "phone", "value": person.phone, "use": "home"},
            {"system": "email", "value": person.email},
        ],
        "gender": person.sex,
        "birthDate": person.birth.isoformat(),
        "address": [
            {
                "line": [person.street],
                "city": person.town.name,
                "state": "WI",
                "postalCode": person.zip_code,
                "country": "US",
            }
        ],
        "contact": [
            {
                "name": {"family": relative_family, "given": [relative_given]},
                "telecom": [{"system": "phone", "value": person.relative_phone}],
            }
        ],
        "managingOrganization": {"display": person.site.institution},
    }


def _us_core(name: str, code: str, display: str) -> dict[str, Any]:
    coding = {"system": "urn:oid:2.16.840.1.113883.6.238", "code": code, "display": display}
    parts = [{"url": "ombCategory", "valueCoding": coding}, {"url": "text", "valueString": display}]
    return {"url": f"{_US_CORE}/{name}", "extension": parts}


def _encounter(
    name: str,
    code: str,
    display: str,
    subject: dict[str, str],
    start: datetime.datetime,
    end: datetime.datetime,
    person: Person,
) -> dict[str, Any]:
    return {
        "resourceType": "Encounter",
        "id": name,
        "status": "finished",
        "class": {"system": f"{_TERMINOLOGY}/v3-ActCode", "code": code, "display": display},
        "subject": subject,
        "period": {"start": _time(start), "end": _time(end)},
        "serviceProvider": {"display": person.site.institution},
    }


def _observation(name: str, code: str, display: str, common: dict[str, Any], times: dict[str, str]) -> dict[str, Any]:
    return {"resourceType": "Observation", "id": name, "code": _concept(_LOINC, code, display), **common, **times}


def _concept(system: str, code: str, display: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": display}], "text": display}


def _quantity(value: float, unit: str) -> dict[str, Any]:
    return {"value": int(value) if value.is_integer() else value, "unit": unit, "system": _UCUM, "code": unit}


def _time(moment: datetime.datetime) -> str:
    return moment.isoformat(timespec="seconds")
