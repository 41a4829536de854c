"""The notes of the cohort as a table, as JSON lines and as text files, and some that are odd on purpose."""

import csv
import json
from pathlib import Path

import numpy as np

from examples.cohort.identifiers import Identifiers
from examples.cohort.images import Damaged
from examples.cohort.note import Note, write_note
from examples.cohort.people import Person

__all__ = ["COLUMNS", "MANIFEST", "draw_notes", "write_notes"]

COLUMNS = (
    *("note_id", "patient_id", "given_name", "family_name", "physician_name", "sex", "age", "ethnicity", "site"),
    *("note", "pneumonia"),
)
"""Columns of `notes.csv` and keys of `notes.jsonl`."""

MANIFEST = ("path", *(name for name in COLUMNS if name != "note"))
"""Columns of `manifest.csv`; paths are relative to its folder."""

_LONG = (60_000, 1_100_000)
_CP1252_SHARE = 0.02


def draw_notes(people: list[Person], random: np.random.Generator, identifiers: Identifiers) -> list[Note]:
    """Returns a plain note for each patient, in their order, and after them copies and odd ones.

    Args:
        people: The patients.
        random: Source of chance.
        identifiers: Takes what the notes hold.
    """
    count = len(people)
    numbers = iter((random.choice(90_000_000, size=2 * count + 100, replace=False) + 10_000_000).tolist())
    notes: list[Note] = []

    def add(person: Person, text: str, kind: str = "plain") -> None:
        notes.append(Note(f"NT{next(numbers)}", person, text, kind))
        identifiers.add("note_ids", notes[-1].number)

    for person in people:
        add(person, write_note(person, random, identifiers))
    for place in random.choice(count, size=max(2, count // 100), replace=False):
        add(people[place], _carried_on(notes[place].text), "copied forward")
    for _ in range(max(2, count // 200)):
        place, other = random.choice(count, size=2, replace=False)
        add(people[other], _carried_on(notes[place].text), "copied from another patient")

    def anyone() -> Person:
        return people[int(random.integers(count))]

    add(anyone(), "", "empty")
    add(anyone(), " \n\t\n", "empty")
    for _ in range(2):
        table = random.integers(0, 10_000, size=(60, 8))
        add(anyone(), "\n".join(" ".join(map(str, row)) for row in table.tolist()), "mostly digits")
    for length in _LONG:
        person = anyone()
        text = write_note(person, random, identifiers)
        add(person, text * (length // len(text) + 1), "very long")
    add(anyone(), "", "binary")
    return notes


def write_notes(folder: Path, notes: list[Note], random: np.random.Generator) -> list[Damaged]:
    """Writes `notes.csv`, `notes.jsonl`, `text/*.txt` and `manifest.csv`.

    The text files are UTF-8 but for a few in Windows-1252 and one in UTF-16 with a byte order mark. A binary note is
    only among the text files.

    Args:
        folder: The folder `notes`, which is there.
        notes: The notes.
        random: Source of chance.

    Returns:
        What is odd: copies, notes that hold no text or too much, and other encodings.
    """
    order = [notes[place] for place in random.permutation(len(notes))]
    with (folder / "notes.csv").open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(COLUMNS)
        table.writerows(list(_cells(note).values()) for note in order if note.kind != "binary")
    with (folder / "notes.jsonl").open("w", encoding="utf-8", newline="\n") as stream:
        for note in order:
            if note.kind != "binary":
                stream.write(json.dumps(_cells(note), ensure_ascii=False) + "\n")
    (folder / "text").mkdir()
    encodings = _encodings(notes, random)
    odd = [Damaged(f"notes/text/{note.number}.txt", note.kind) for note in notes if note.kind != "plain"]
    odd += [Damaged(f"notes/text/{number}.txt", f"encoded as {name}") for number, name in encodings.items()]
    with (folder / "manifest.csv").open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(MANIFEST)
        for note in order:
            path = f"text/{note.number}.txt"
            content = note.text.encode(encodings.get(note.number, "utf-8"))
            (folder / path).write_bytes(random.bytes(3_000) if note.kind == "binary" else content)
            cells = _cells(note)
            del cells["note"]
            table.writerow([path, *cells.values()])
    return odd


def _carried_on(text: str) -> str:
    """A note as it is copied into the next day's, with one line of its own."""
    return f"{text.rstrip()}\n\nAddendum: above reviewed, no change overnight.\n"


def _encodings(notes: list[Note], random: np.random.Generator) -> dict[str, str]:
    """Picks notes with letters beyond ASCII, as only there the encoding can be told."""
    able = [note.number for note in notes if note.kind == "plain" and not note.text.isascii()]
    count = min(len(able), 1 + max(1, round(_CP1252_SHARE * len(notes))))
    chosen = [able[place] for place in random.permutation(len(able))[:count]]
    return {number: "cp1252" if place else "utf-16" for place, number in enumerate(chosen)}


def _cells(note: Note) -> dict[str, object]:
    person = note.person
    return {
        "note_id": note.number,
        "patient_id": person.mrn,
        "given_name": person.given,
        "family_name": person.family,
        "physician_name": f"{person.physician.given} {person.physician.family}",
        "sex": person.sex,
        "age": person.age,
        "ethnicity": person.ethnicity,
        "site": person.site.code,
        "note": note.text,
        "pneumonia": person.label,
    }
