"""DocumentReference to text, time and names; and FHIR notes through the whole ingest."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from components.fhir.documents import document_names, document_text, document_time, patient_names
from components.fhir.mapping import mapping_problems
from components.fhir.problem import Unreadable
from pipeline_configs.task import Task
from tests.components.ingest.running import Run
from tests.components.notes_example_gen.notes import FAMILY, GIVEN, body, note
from tests.components.notes_example_gen.test_first_pass import assert_clean

LOINC = "http://loinc.org"


def attachment(text: str | bytes, kind: str = "text/plain", **more: Any) -> dict[str, Any]:
    data = text if isinstance(text, bytes) else text.encode()
    return {"contentType": kind, "data": base64.b64encode(data).decode(), **more}


def document(
    number: int, *attachments: dict[str, Any], at: str = "2020-01-02T10:00:00Z", **more: Any
) -> dict[str, Any]:
    return {
        "resourceType": "DocumentReference",
        "status": "current",
        "type": {"coding": [{"system": LOINC, "code": "11506-3"}]},
        "subject": {"reference": f"Patient/p{number}"},
        "date": at,
        "content": [{"attachment": found} for found in attachments or (attachment(note(number)),)],
        **more,
    }


def patient(number: int, **more: Any) -> dict[str, Any]:
    name = [{"given": [GIVEN[number % 6]], "family": FAMILY[number // 6 % 6]}]
    return {
        "resourceType": "Patient",
        "id": f"p{number}",
        "gender": ("male", "female")[number % 2],
        "name": name,
        **more,
    }


def condition(number: int) -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "233604007"}]},
        "subject": {"reference": f"Patient/p{number}"},
        "onsetDateTime": "2020-07-01",
    }


def task_of(path: Path | str, **note_source: Any) -> Task:
    return Task.model_validate(
        {
            "name": "fhir_notes",
            "modality": "notes",
            "title": "Notes from FHIR",
            "patient_id": "patient_id",
            "data": {
                "path": str(path),
                "format": "fhir",
                "prediction_time": {"date": "2020-06-15"},
                "quarantine": {"max_share": 1.0},
            },
            "features": {
                "note": {"kind": "text", "source": {"document": ["11506-3"], **note_source}},
                "sex": {
                    "kind": "categorical",
                    "values": ["male", "female"],
                    "model_input": False,
                    "source": {"patient": "gender"},
                },
            },
            "label": {
                "name": "pneumonia",
                "positive": {"at_least": 1},
                "source": {"condition": ["http://snomed.info/sct|233604007"], "when": "after"},
            },
        }
    )


@pytest.mark.parametrize(
    ("attachments", "text"),
    [
        ([attachment("Fi\xe8vre")], "Fi\xe8vre"),
        ([attachment("Fi\xe8vre".encode("latin-1"), "text/plain; charset=ISO-8859-1")], "Fi\xe8vre"),
        ([attachment("Fi\xe8vre".encode("utf-16"), "text/plain")], "Fi\xe8vre"),
        ([attachment("<p>Fever</p>", "text/html;charset=utf-8")], "\nFever\n"),
        ([attachment("<p>x</p>", "text/html"), attachment("Fever", "TEXT/PLAIN; charset=UTF-8")], "Fever"),
        ([attachment(b"{\\rtf1}", "application/rtf"), attachment("Fever")], "Fever"),
        ([{"contentType": "text/plain", "data": "RmV2\n  ZXI="}], "Fever"),
    ],
)
def test_text(attachments: list[dict[str, Any]], text: str) -> None:
    assert document_text(document(0, *attachments), 1000) == text


@pytest.mark.parametrize(
    ("attachments", "reason"),
    [
        ([attachment(b"{\\rtf1}", "application/rtf")], "neither text/plain nor text/html"),
        ([attachment("x", "")], "neither text/plain nor text/html"),
        ([{"contentType": "text/plain", "url": "Binary/1"}], "without inline data"),
        ([{"contentType": "text/plain", "data": "!!!"}], "not base64"),
        ([{"contentType": "text/plain", "data": 7}], "not of the JSON type"),
        ([attachment("x", "text/plain; charset=klingon")], "not known"),
        ([attachment(b"\xff\xfe\xfd", "text/plain; charset=utf-8")], "not in the character set"),
        ([attachment(bytes(range(256)))], "no text"),
        ([attachment("cough " * 200)], "longer than the task allows"),
        ([attachment("cough " * 20_000)], "longer than the task allows"),
    ],
)
def test_text_that_is_refused(attachments: list[dict[str, Any]], reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        document_text(document(0, *attachments), 1000)


def test_time_is_that_of_writing() -> None:
    created = document(0, attachment("x", creation="2020-01-01T08:00:00Z"))
    moment, recorded = document_time(created)
    assert recorded is not None
    assert recorded.first - moment.first == 26 * 3600
    of_period = document(0, context={"period": {"end": "2019-12-31"}})
    assert document_time(of_period)[0].last < moment.first
    with pytest.raises(Unreadable, match="without a time"):
        document_time({name: value for name, value in document(0).items() if name != "date"})


def test_names() -> None:
    resource = patient(
        0,
        name=[{"text": "Dr. Ottilie Q. Zwyrtkova"}, {"given": ["Tilly", 7], "family": "Plimpton"}, "odd"],
        contact=[{"name": {"family": "Okonjo"}}, {}],
        generalPractitioner=[{"display": "Dr. Leopold Abernathy"}],
    )
    assert patient_names(resource) == ("Dr. Ottilie Q. Zwyrtkova", "Tilly Plimpton", "Okonjo", "Dr. Leopold Abernathy")
    assert document_names(document(0, author=[{"display": "Hortense Plimpton"}, 3])) == ("Hortense Plimpton",)


def test_a_note_comes_from_a_document_and_only_a_note() -> None:
    assert mapping_problems(task_of("x")) == []
    tree = task_of("x").model_dump(mode="json", exclude_unset=True)
    tree["features"]["sex"]["source"] = {"document": ["11506-3"]}
    assert "a note comes from a document" in mapping_problems(Task.model_validate(tree))[0].what


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Run]:
    from components.notes_example_gen.component import NotesExampleGen

    return Run(tmp_path / "root", NotesExampleGen)


def test_the_last_note_before_the_prediction_becomes_an_example(run: Callable[..., Run], tmp_path: Path) -> None:
    folder = tmp_path / "fhir"
    folder.mkdir()
    count = 40
    documents = [document(number) for number in range(count)]
    documents += [
        document(0, attachment(f"{GIVEN[0]} was better. {body(500)}"), at="2020-03-01T10:00:00Z"),
        document(1, attachment(f"This came later. {body(501)}"), at="2020-08-01T10:00:00Z"),
        document(2, attachment(f"An error. {body(502)}"), at="2020-03-01T10:00:00Z", status="entered-in-error"),
        document(3, attachment(f"A draft. {body(503)}"), at="2020-03-01T10:00:00Z", docStatus="preliminary"),
        document(4, attachment(b"{\\rtf1}", "application/rtf"), at="2020-03-01T10:00:00Z"),
    ]
    files = {
        "Patient": [patient(number) for number in range(count + 1)],  # the last one has no note
        "DocumentReference": documents,
        "Condition": [condition(number) for number in range(0, count, 2)],
    }
    for name, resources in files.items():
        (folder / f"{name}.ndjson").write_text("".join(json.dumps(resource) + "\n" for resource in resources))
    run(task_of(folder))
    report = run.report
    assert sum(report["rows"].values()) == count
    assert sum(report["positives"].values()) == count // 2
    assert report["left_out"]["no note by the prediction time"] == 1
    assert report["left_out"]["DocumentReference with status entered-in-error"] == 1
    assert report["left_out"]["DocumentReference that is preliminary or entered in error"] == 1
    assert report["reasons"] == {"a document that is neither text/plain nor text/html": 1}
    assert run.quarantine[0]["file"].startswith("DocumentReference.ndjson")
    stored = [
        e.features.feature["note"].bytes_list.value[0].decode() for split in report["rows"] for e in run.decoded(split)
    ]
    assert sum(f"[NAME] was better. {body(500)}" in text for text in stored) == 1
    assert not any("came later" in text or "An error" in text or "A draft" in text for text in stored)
    assert_clean(b"".join(file.read_bytes() for file in run.root.rglob("*") if file.is_file()))


def test_a_source_without_documents(tmp_path: Path) -> None:
    from components.notes_example_gen.inspect_notes import inspect_notes

    (tmp_path / "Patient.ndjson").write_text(json.dumps(patient(0)) + "\n")
    (tmp_path / "Condition.ndjson").write_text(json.dumps(condition(0)) + "\n")
    (problem,) = inspect_notes(task_of(tmp_path))
    assert problem.what == "there is no DocumentReference in the source"
    (tmp_path / "DocumentReference.ndjson").write_text(
        json.dumps(document(0, type={"coding": [{"system": LOINC, "code": "1-8"}]})) + "\n"
    )
    (problem,) = inspect_notes(task_of(tmp_path))
    assert (problem.what, problem.where) == ("nothing in the data has its code", "features.note.source")
    assert "http://loinc.org|11506-3" in problem.fix
