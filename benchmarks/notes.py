"""Notes: de-identification on one core, ingest on two, and memory as a file grows; `make bench` runs it by name."""

import csv
import json
import os
import random
import resource
import sys
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.timing import measure
from pipeline_configs.task import Task

__all__ = ["bench_task", "deidentification", "ingest", "memory", "notes", "write_notes"]

_CONSOLE = Console()
_NOTES = int(os.environ.get("BENCH_NOTES", "3000"))
_WORDS = 400
_KEY = "a key for measuring only, 32 byte"
_SENTENCES = (
    "The patient reports a productive cough for three days without fever",
    "Lungs with crackles at the right base, no wheeze",
    "Takes lisinopril 10 mg daily and metformin 500 mg twice daily",
    "Blood pressure 128/82, pulse 88, oxygen saturation 94 percent on room air",
    "Denies chest pain, palpitations or leg swelling",
    "Abdomen soft, bowel sounds present, strength 5/5 in all limbs",
    "The film shows an opacity of the left lower lobe and a small effusion",
    "White count 13.2, creatinine 1.1, C-reactive protein 86 mg/L",
    "Walks two miles daily and tolerates fluids well",
    "Past history of Crohn's disease and a Foley catheter in 2015",
)
_IDENTIFIERS = (
    "Seen by Dr. Leopold Abernathy on 03/{day:02d}/2021",
    "Call the daughter Philippa at (617) 555-01{day:02d}",
    "Mrs. {family} lives at {day} Maple Street, Springfield, MA 01109",
    "Record number MRN 77{number:06d}, mail to {family}@example.com",
)
_FAMILIES = ("Quackenbush", "Okonjo", "Vandersloot", "Featherstone", "Zwyrtkova", "Abernathy")


def bench_task(path: Path) -> Task:
    """Returns the task that is measured: notes and the patient's name in a CSV file."""
    return Task.model_validate(
        {
            "name": "bench_notes",
            "modality": "notes",
            "title": "Benchmark",
            "data": {"path": str(path), "format": "csv"},
            "patient_id": "id",
            "privacy": {"known_names": ["name"]},
            "features": {"note": {"kind": "text"}},
            "label": {"name": "ill", "positive": {"above": 0}},
        }
    )


def write_notes(path: Path, count: int, words: int = _WORDS) -> None:
    """Writes notes with identifiers in one sentence of six.

    Args:
        path: The CSV file.
        count: Number of notes, each of another patient.
        words: Words of a note, about.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    drawn = random.Random(7)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "name", "note", "ill"])
        for number in range(count):
            family = _FAMILIES[number % len(_FAMILIES)]
            text = _note(number, family, words, drawn)
            writer.writerow([f"P{number}", f"Ottilie {family}", text, int(number % 3 == 0)])


def _note(number: int, family: str, words: int, drawn: random.Random) -> str:
    parts, length = [f"Patient: Ottilie {family}\n\nHISTORY OF PRESENT ILLNESS:"], 0
    while length < words:
        of = _IDENTIFIERS if drawn.random() < 1 / 6 else _SENTENCES
        sentence = drawn.choice(of).format(day=drawn.randint(1, 28), number=number, family=family)
        parts.append(f"{sentence} {drawn.randrange(1000)}.")
        length += len(sentence.split()) + 1
    return " ".join(parts)


def deidentification(folder: Path, count: int = 600) -> dict[str, float]:
    """Measures one process, by its own seconds: de-identification alone, and all that is done to a note.

    Returns:
        `notes_per_second` of de-identification, `all_notes_per_second` with cleaning, sections and near-duplicates.
    """
    from components.notes_example_gen.note import NoteReader
    from privacy.text.deidentification import deidentify
    from privacy.text.engine import engine_for
    from privacy.text.known_names import KnownNames

    file = folder / "notes.csv"
    write_notes(file, count)
    task = bench_task(file)
    with file.open(newline="", encoding="utf-8") as stream:
        rows = [(row["id"], row["name"], row["note"]) for row in csv.DictReader(stream)]
    engine, reader = engine_for(task.privacy), NoteReader(task, _KEY.encode())
    reader.of_text(rows[0][2], rows[0][0], [rows[0][1]])
    began = time.process_time()
    for _, name, text in rows:
        deidentify(text, engine=engine, mode="safe_harbor", known=KnownNames((name,)))
    alone = time.process_time() - began
    began = time.process_time()
    for patient, name, text in rows:
        reader.of_text(text, patient, [name])
    return {"notes_per_second": count / alone, "all_notes_per_second": count / (time.process_time() - began)}


def ingest(folder: Path, count: int, workers: int = 2, mode: str = "multi_processing") -> dict[str, Any]:
    """Measures NotesExampleGen in a process of its own.

    Returns:
        `seconds` of the node, `peak_mib` of the process and `worker_mib` of the largest worker.
    """
    file = folder / f"{count}" / "notes.csv"
    write_notes(file, count)
    return measure("benchmarks.notes", str(file), str(folder / f"root{count}-{mode}-{workers}"), str(workers), mode)


def memory(folder: Path, count: int = _NOTES) -> None:
    """Prints memory as the file grows tenfold."""
    table = Table("notes", "seconds", "notes/s", "peak MiB", "worker MiB", title="Memory of NotesExampleGen")
    for number in (count, 10 * count):
        found = ingest(folder, number)
        figures = (found["seconds"], number / found["seconds"], found["peak_mib"], found["worker_mib"])
        table.add_row(f"{number:,}", *(f"{figure:,.0f}" for figure in figures))
    _CONSOLE.print(table)


def notes(folder: Path) -> None:
    """Prints all figures."""
    found = deidentification(folder / "one")
    table = Table("one core", "notes/s", title=f"Notes of {_WORDS} words")
    table.add_row("de-identification", f"{found['notes_per_second']:,.0f}")
    table.add_row("all that is done to a note", f"{found['all_notes_per_second']:,.0f}")
    _CONSOLE.print(table)
    memory(folder)


def _main(file: str, root: str, workers: str, mode: str) -> None:
    """Ingests a file and prints its figures."""
    from tfx.orchestration.local.local_dag_runner import LocalDagRunner
    from tfx.orchestration.metadata import sqlite_metadata_connection_config
    from tfx.orchestration.pipeline import Pipeline

    from components.notes_example_gen.component import NotesExampleGen
    from pipeline_configs.environment import PseudonymKey

    os.environ["GALEN_PSEUDONYM_KEY"] = _KEY
    Path(root).mkdir(parents=True, exist_ok=True)
    pipeline = Pipeline(
        pipeline_name="bench_notes",
        pipeline_root=root,
        components=[NotesExampleGen(task=bench_task(Path(file)), key=PseudonymKey())],
        metadata_connection_config=sqlite_metadata_connection_config(f"{root}/metadata.sqlite"),
        beam_pipeline_args=[
            "--runner=DirectRunner",
            f"--direct_running_mode={mode}",
            f"--direct_num_workers={workers}",
            "--sdk_container_image=none",
        ],
    )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    began = time.perf_counter()
    LocalDagRunner().run(pipeline)
    figures = {
        "seconds": time.perf_counter() - began,
        "before_mib": before,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "worker_mib": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
    }
    print(f"\nFIGURES {json.dumps(figures)}", flush=True)


if __name__ == "__main__":
    _main(*sys.argv[1:])
