"""The notes of the synthetic cohort, with copies, odd encodings, empty, binary and endless ones."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.notes_example_gen.decide import decide
from components.notes_example_gen.inspect_notes import inspect_notes
from examples.cohort.identifiers import Identifiers
from examples.cohort.notes import draw_notes, write_notes
from examples.cohort.people import draw_people
from pipeline_configs.task import Task
from transforms.text.reasons import NoteReason


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Identifiers]:
    """A folder of notes, and every identifier that is in them."""
    folder, identifiers = tmp_path_factory.mktemp("cohort") / "notes", Identifiers()
    folder.mkdir()
    people = draw_people(120, np.random.default_rng(1), identifiers)
    write_notes(folder, draw_notes(people, np.random.default_rng(2), identifiers), np.random.default_rng(3))
    return folder, identifiers


def task_of(manifest: Path) -> Task:
    values = {name: {"kind": "categorical", "model_input": False} for name in ("sex", "ethnicity", "site")}
    return Task.model_validate(
        {
            "name": "cohort_notes",
            "modality": "notes",
            "title": "Notes of the cohort",
            "patient_id": "patient_id",
            "rows_per_patient": "many",
            "ignored_columns": ["note_id"],
            "privacy": {"known_names": ["given_name", "family_name", "physician_name"]},
            "data": {"path": str(manifest), "format": "csv"},
            "features": {
                "note": {"kind": "text", "column": "path", "stored": "file"},
                "age": {"kind": "numeric", "unit": "a", "range": [0, 120], "model_input": False},
                **values,
            },
            "label": {"name": "pneumonia", "positive": {"at_least": 1}},
        }
    )


def test_the_notes_of_the_cohort(read: Callable[..., Any], cohort: tuple[Path, Identifiers], tmp_path: Path) -> None:
    folder, identifiers = cohort
    task = task_of(folder / "manifest.csv")
    assert inspect_notes(task) == []
    done = read(task, folder / "manifest.csv")
    assert set(done.reasons) == {NoteReason.EMPTY, NoteReason.BINARY, NoteReason.DIGITS, NoteReason.TOO_LONG}
    assert set(done.table.encodings) == {"utf-8", "cp1252", "utf-16"}
    assert done.table.sections["assessment and plan"] == len(done.table)
    decision = decide(done.table, task)
    assert decision.clusters >= 2
    identifiers.write(tmp_path / "identifiers.json")
    import json

    listed = json.loads((tmp_path / "identifiers.json").read_text())
    written = b"".join(file.read_bytes() for file in done.folder.rglob("*") if file.is_file()).decode(
        "utf-8", "replace"
    )
    for category in (
        "record_numbers",
        "full_names",
        "phones",
        "emails",
        "social_security_numbers",
        "note_ids",
        "dates",
    ):
        assert [text for text in listed[category] if text in written] == [], category
