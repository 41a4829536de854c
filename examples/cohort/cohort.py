"""Writes the cohort into a folder, whole or not at all, and reads what was written."""

import csv
import dataclasses
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from examples.cohort.fhir import write_bundles
from examples.cohort.identifiers import Identifiers
from examples.cohort.images import Damaged, write_images
from examples.cohort.notes import draw_notes, write_notes
from examples.cohort.people import MOST, Person, draw_people
from examples.cohort.records import measure, write_records
from examples.cohort.signal import NOISE, Ceiling, auroc, expected_auroc
from pipeline_configs.errors import ConfigError, DataProblem, Problem, RunFailed

__all__ = ["FEWEST", "VERSION", "Cohort", "ensure", "generate"]

VERSION = 1
"""Raised with every change of what is written."""

FEWEST = 20
"""Fewest patients; with fewer a cohort may lack a group or a class."""

_MARKER = "cohort.json"
_ENTRIES = {"records", "fhir", "images", "notes", "identifiers.json", "damaged.json", "truth.csv", _MARKER}
_BUNDLES = 60


@dataclass(frozen=True)
class Cohort:
    """What was written.

    Attributes:
        folder: Where.
        version: `VERSION` that wrote it.
        seed: Seed.
        patients: Number of patients.
        images: Number of sound images.
        notes: Number of notes, the odd ones included.
        bundles: Number of FHIR bundles.
        files: Number of files, `cohort.json` not counted.
        prevalence: Share of patients with pneumonia.
        site_prevalence: The same by site.
        ceilings: Best AUROC by what a model sees: "severity", "records", "images", "notes".
        damaged: Images that must be refused or noticed.
        odd_notes: Notes that must be refused or noticed.
    """

    folder: Path
    version: int
    seed: int
    patients: int
    images: int
    notes: int
    bundles: int
    files: int
    prevalence: float
    site_prevalence: dict[str, float]
    ceilings: dict[str, Ceiling]
    damaged: tuple[Damaged, ...]
    odd_notes: tuple[Damaged, ...]

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Returns what `generate` wrote into a folder.

        Raises:
            DataProblem: There is no complete cohort.
        """
        try:
            told: dict[str, Any] = json.loads((folder / _MARKER).read_text(encoding="utf-8"))
            listed = json.loads((folder / "damaged.json").read_text(encoding="utf-8"))
            ceilings = {name: Ceiling(**ceiling) for name, ceiling in told.pop("ceilings").items()}
            damaged = tuple(Damaged(**entry) for entry in listed["images"])
            odd = tuple(Damaged(**entry) for entry in listed["notes"])
            return cls(folder=folder, ceilings=ceilings, damaged=damaged, odd_notes=odd, **told)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            raise DataProblem(
                Problem("there is no complete cohort in the folder", str(folder), fix="generate it anew")
            ) from None


def ensure(folder: Path, patients: int = 900, seed: int = 20) -> bool:
    """Writes the cohort unless the same one is already there, complete.

    Args:
        folder: Where; a half-written or different cohort is replaced.
        patients: Number of patients.
        seed: Seed.

    Returns:
        Whether it was written.

    Raises:
        ConfigError: The folder holds something else, or the number of patients is out of range.
        RunFailed: It cannot be written.
    """
    try:
        there = Cohort.read(folder)
    except DataProblem:
        there = None
    same = there and (there.version, there.patients, there.seed) == (VERSION, patients, seed)
    if there and same and _count(folder) == there.files:
        return False
    generate(folder, patients, seed)
    return True


def generate(folder: Path, patients: int = 900, seed: int = 20) -> Cohort:
    """Writes the cohort; the same bytes for the same number and seed.

    It is written beside the folder and then put in its place, so that a run that is cut off leaves nothing half.

    Args:
        folder: Where; a cohort that is there is replaced.
        patients: Number of patients, `FEWEST` to `MOST`.
        seed: Seed.

    Returns:
        What was written.

    Raises:
        ConfigError: The folder holds something else, or the number of patients is out of range.
        RunFailed: It cannot be written.
    """
    if not FEWEST <= patients <= MOST:
        expected = f"{FEWEST} to {MOST}"
        raise ConfigError(Problem("the number of patients is out of range", "patients", expected, str(patients)))
    try:
        _check_own(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
        try:
            _write(draft, patients, seed)
            draft.chmod(0o755)
            if folder.exists():
                shutil.rmtree(folder)
            draft.replace(folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        problem = Problem("the cohort cannot be written", str(folder), found=os.strerror(error.errno or 0))
        raise RunFailed(problem) from None
    return Cohort.read(folder)


def _check_own(folder: Path) -> None:
    """Nothing is deleted that is no part of a cohort."""
    if folder.is_dir() and {path.name for path in folder.iterdir()} - _ENTRIES:
        raise ConfigError(
            Problem(
                "the folder holds files that are no part of a cohort, and would be deleted",
                str(folder),
                expected="a new or empty folder, or one with a cohort",
                fix="name another folder",
            )
        )


def _write(folder: Path, count: int, seed: int) -> None:
    # A source of chance for each part: a change in one leaves the others as they are.
    parts = ("people", "measured", "records", "fhir", "images", "notes", "files")
    random = dict(
        zip(parts, (np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(7)), strict=True)
    )
    identifiers = Identifiers()
    for name in ("records", "fhir", "images", "notes"):
        (folder / name).mkdir()
    people = draw_people(count, random["people"], identifiers)
    measured = [measure(person, random["measured"]) for person in people]
    write_records(folder / "records" / "records.csv", people, measured, random["records"], identifiers)
    notes = draw_notes(people, random["notes"], identifiers)
    odd = write_notes(folder / "notes", notes, random["files"])
    some = min(_BUNDLES, count)
    texts = [note.text for note in notes[:some]]
    bundles = write_bundles(folder / "fhir", people[:some], measured[:some], texts, random["fhir"], identifiers)
    images, damaged = write_images(folder / "images", people, random["images"], identifiers)
    identifiers.write(folder / "identifiers.json")
    _write_truth(folder / "truth.csv", people)
    listed = {
        "images": [dataclasses.asdict(each) for each in damaged],
        "notes": [dataclasses.asdict(each) for each in odd],
    }
    _json(folder / "damaged.json", listed)
    label = np.array([person.label for person in people])
    told = {
        "version": VERSION,
        "seed": seed,
        "patients": count,
        "images": images,
        "notes": len(notes),
        "bundles": bundles,
        "files": _count(folder),
        "prevalence": float(label.mean()),
        "site_prevalence": {
            code: float(np.mean([person.label for person in people if person.site.code == code]))
            for code in sorted({person.site.code for person in people})
        },
        "ceilings": {name: dataclasses.asdict(ceiling) for name, ceiling in _ceilings(people, label).items()},
    }
    _json(folder / _MARKER, told)


def _ceilings(people: list[Person], label: "np.ndarray[Any, np.dtype[np.integer]]") -> dict[str, Ceiling]:
    severity = np.array([person.severity for person in people])
    ceilings = {"severity": Ceiling(expected_auroc(0.0), auroc(severity, label))}
    for modality, noise in NOISE.items():
        view = np.array([person.views[modality] for person in people])
        ceilings[modality] = Ceiling(expected_auroc(noise), auroc(view, label))
    return ceilings


def _write_truth(path: Path, people: list[Person]) -> None:
    """What no model may see: severity, and what each modality shows of it."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(["patient_id", "severity", *NOISE, "pneumonia"])
        for person in people:
            views = [f"{person.views[modality]:.6f}" for modality in NOISE]
            table.writerow([person.mrn, f"{person.severity:.6f}", *views, person.label])


def _json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _count(folder: Path) -> int:
    """Files under a folder, the marker not counted."""
    return sum(path.is_file() for path in folder.rglob("*")) - (folder / _MARKER).is_file()
