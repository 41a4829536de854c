"""What the tests of NotesExampleGen share: a task, and notes of invented people."""

import csv
import json
import random
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pipeline_configs.task import Task

COLUMNS = ("id", "given", "family", "sex", "note", "outcome")
GIVEN = ("Ottilie", "Bartholomew", "Wilhelmina", "Zebulon", "Philippa", "Leopold")
FAMILY = ("Zwyrtkova", "Okonjo-Brandt", "Quackenbush", "Featherstonehaugh", "Vandersloot", "Abernathy")
_WORDS = tuple(
    " ".join(
        (
            "patient reports cough fever chills sputum dyspnea pleuritic pain since several days without relief after",
            "rest lungs with crackles at right base heart regular abdomen soft extremities warm no edema appetite poor",
            "sleep fair tolerates fluids walks daily lives alone denies smoking drinks rarely takes lisinopril nightly",
            "oxygen saturation stable on room air white count raised film shows opacity left lower lobe effusion small",
        )
    ).split()
)


def make_notes_task(path: Path | str, **changes: Any) -> Task:
    """A task on notes; keys like "features.note.stored" change a part of it."""
    tree: dict[str, Any] = {
        "name": "demo_notes",
        "modality": "notes",
        "title": "Demonstration",
        "data": {"path": str(path), "format": "csv", "quarantine": {"max_share": 1.0}},
        "patient_id": "id",
        "privacy": {"known_names": ["given", "family"]},
        "features": {
            "note": {"kind": "text"},
            "sex": {"kind": "categorical", "values": {"m": "male", "f": "female"}, "model_input": False},
        },
        "label": {"name": "ill", "column": "outcome", "positive": {"above": 0}},
        "sensitive": {"sex": {}},
    }
    for key, value in changes.items():
        node = tree
        *parents, last = key.split(".")
        for part in parents:
            node = node.setdefault(part, {})
        if value is None:
            node.pop(last, None)
        else:
            node[last] = value
    return Task.model_validate(tree)


def body(seed: int, words: int = 60) -> str:
    """Words in an order of their own, so that no two notes are near-duplicates."""
    chosen = random.Random(seed)
    return " ".join(chosen.choice(_WORDS) for _ in range(words))


def note(number: int, text: str = "") -> str:
    """A note of an invented person, with identifiers in its header and its text."""
    given, family = GIVEN[number % 6], FAMILY[number // 6 % 6]
    return (
        f"Patient: {given} {family}   DOB: 03/0{1 + number % 9}/1961\nAttending: Dr. Hortense Plimpton, MD\n\n"
        f"HISTORY OF PRESENT ILLNESS: {text or body(number)}. Mrs. {family} was seen on 04/1{number % 9}/2021.\n"
        f"ASSESSMENT AND PLAN: {given} returns in a week, call 617-555-01{number % 90 + 10}."
    )


def row(number: int, **cells: Any) -> dict[str, Any]:
    """A row of the table; cells by name replace the usual ones."""
    usual = {
        "id": f"MRN-77{number:05d}",
        "given": GIVEN[number % 6],
        "family": FAMILY[number // 6 % 6],
        "sex": "mf"[number % 2],
        "note": note(number),
        "outcome": number * 7919 % 3,
    }
    return {**usual, **cells}


def rows(count: int, start: int = 0) -> list[dict[str, Any]]:
    """Good rows of different patients."""
    return [row(number) for number in range(start, start + count)]


def write_csv(file: Path, table: Iterable[Mapping[str, Any]], columns: Iterable[str] = COLUMNS) -> Path:
    """Writes rows as CSV."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(columns))
        writer.writeheader()
        writer.writerows(table)
    return file


def write_jsonl(file: Path, table: Iterable[Mapping[str, Any]]) -> Path:
    """Writes rows as JSON lines."""
    file.write_text("".join(json.dumps(line) + "\n" for line in table), encoding="utf-8")
    return file
