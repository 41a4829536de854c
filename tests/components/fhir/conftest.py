"""What the FHIR tests share: a task, resources to fill, and reading without Beam."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from components.fhir.files import parts, read_part
from components.fhir.mapping import compile_mapping, mapping_problems
from components.fhir.rows import LeftOut, Quarantined, Row, patient_row
from components.storage import StoredFile
from pipeline_configs.task import Task

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
UCUM = "http://unitsofmeasure.org"

NUMBER = {"kind": "numeric", "unit": "kg/m2", "range": [0, 1000]}
BMI = {**NUMBER, "source": {"observation": [f"{LOINC}|39156-5"]}}
DIABETES = {"name": "diabetes", "positive": {"at_least": 1}, "source": {"condition": [f"{SNOMED}|44054006"]}}


@dataclass
class Table:
    """What a source comes to."""

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    rejected: list[tuple[int, str, str]] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    read: int = 0

    @property
    def reasons(self) -> list[str]:
        return [reason for _, _, reason in self.rejected]

    def column(self, name: str) -> Any:
        """The value of the only patient."""
        (row,) = self.rows.values()
        return row[name]


def make_task(
    features: dict[str, Any] | None = None,
    label: dict[str, Any] | None = None,
    at: dict[str, Any] | None = None,
    path: str = "data",
) -> Task:
    declared = {
        "name": "fhir_task",
        "modality": "records",
        "title": "A task on FHIR",
        "patient_id": "patient_id",
        "data": {"path": path, "format": "fhir", "prediction_time": at or {"date": "2020-06-15"}},
        "features": features or {"bmi": BMI},
        "label": label or DIABETES,
    }
    return Task.model_validate(declared)


def read_table(task: Task, files: list[Path], part_bytes: int = 1 << 24) -> Table:
    """Reads files as `ReadFhir` does, in one process."""
    assert mapping_problems(task) == []
    mapping = compile_mapping(task)
    table, by_patient = Table(), {}
    for part in parts([StoredFile(str(file), file.stat().st_size) for file in files], part_bytes):
        read = read_part(part, mapping)
        table.rejected += read.rejected
        table.left_out.update(read.left_out)
        table.read += sum(read.seen.values())
        for key, facts in read.facts.items():
            by_patient.setdefault(key.id, []).append((read.part, key.server, facts))
    for patient, groups in by_patient.items():
        row = patient_row(patient, groups, mapping)
        if isinstance(row, Row):
            table.rows[patient] = dict(zip((slot.column for slot in mapping.slots), row.values, strict=True))
        elif isinstance(row, Quarantined):
            table.rejected += [entry[1:] for entry in row.entries]
        elif isinstance(row, LeftOut) and row.reason:
            table.left_out[row.reason] += 1
    return table


def concept(code: str, system: str = LOINC, **more: Any) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}], **more}


def patient(name: str = "p1", /, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": name, "birthDate": "1970-03-01", "gender": "female", **more}


def quantity(value: Any, unit: str = "kg/m2", **more: Any) -> dict[str, Any]:
    return {"value": value, "unit": unit, "system": UCUM, "code": unit, **more}


def observation(value: Any = 25.0, at: str | None = "2020-01-01T10:00:00Z", **more: Any) -> dict[str, Any]:
    resource = {
        "resourceType": "Observation",
        "status": "final",
        "code": concept("39156-5"),
        "subject": {"reference": "Patient/p1"},
        **({"effectiveDateTime": at} if at else {}),
        **({"valueQuantity": quantity(value)} if isinstance(value, int | float) else {}),
    }
    return _without_none({**resource, **more})


def condition(onset: str | None = "2020-01-01", code: str = "44054006", **more: Any) -> dict[str, Any]:
    resource = {"resourceType": "Condition", "code": concept(code, SNOMED), "subject": {"reference": "Patient/p1"}}
    return _without_none({**resource, "onsetDateTime": onset, **more})


def encounter(start: str = "2020-01-01T10:00:00Z", code: str = "AMB", **more: Any) -> dict[str, Any]:
    resource = {"resourceType": "Encounter", "status": "finished", "class": {"code": code}, "period": {"start": start}}
    return _without_none({**resource, "subject": {"reference": "Patient/p1"}, **more})


def _without_none(resource: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in resource.items() if value is not None}


def bundle(*resources: Any, kind: str = "collection") -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": [{"resource": resource} for resource in resources]}


@pytest.fixture(scope="session")
def fhir() -> SimpleNamespace:
    """Builders of tasks and resources."""
    names = (make_task, read_table, concept, patient, quantity, observation, condition, encounter, bundle)
    constants = {"LOINC": LOINC, "SNOMED": SNOMED, "UCUM": UCUM, "BMI": BMI, "NUMBER": NUMBER, "DIABETES": DIABETES}
    return SimpleNamespace(**{function.__name__: function for function in names}, **constants)


@pytest.fixture
def table_of(tmp_path: Path) -> Callable[..., Table]:
    """Reads resources as one bundle: `table_of(resource, ..., task=...)`."""

    def read(*resources: Any, task: Task | None = None) -> Table:
        file = tmp_path / "bundle.json"
        file.write_text(json.dumps(bundle(*resources)), encoding="utf-8")
        return read_table(task or make_task(), [file])

    return read
