"""The images of the cohort, their manifest and label table, and a few files that are damaged on purpose."""

import csv
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from examples.cohort.dicom_file import EXPLICIT, dicom_file
from examples.cohort.identifiers import Identifiers
from examples.cohort.people import Person
from examples.cohort.phantom import Anatomy, draw, draw_anatomy
from examples.cohort.radiograph import Technique, draw_technique, encode, uid

__all__ = ["MANIFEST", "TWICE", "Damaged", "write_images"]

MANIFEST = ("path", "patient_id", "pneumonia", "sex", "age", "ethnicity", "site")
"""Columns of `manifest.csv`; paths are relative to its folder."""

TWICE = 1 / 3
"""Share of patients with two images."""

_ULTRASOUND = "1.2.840.10008.5.1.4.1.1.6.1"


@dataclass(frozen=True)
class Damaged:
    """A file that a reader must refuse or notice.

    Attributes:
        path: Relative to the folder of the cohort.
        kind: What is wrong with it.
        listed: Whether the manifest has a row for it.
        present: Whether the file is there.
    """

    path: str
    kind: str
    listed: bool = True
    present: bool = True


def write_images(
    folder: Path, people: list[Person], random: np.random.Generator, identifiers: Identifiers
) -> tuple[int, list[Damaged]]:
    """Writes the files, `manifest.csv` and `labels.csv`.

    Args:
        folder: The folder `images`, which is there.
        people: The patients.
        random: Source of chance.
        identifiers: Takes what the headers and file names hold.

    Returns:
        The number of sound images, and the damaged ones.
    """
    rows: list[list[object]] = []
    for person in people:
        anatomy = draw_anatomy(random)
        for _ in range(2 if random.random() < TWICE else 1):
            technique = draw_technique(person, random)
            frames = [
                draw(
                    anatomy,
                    person.views["images"],
                    technique.shape,
                    technique.projection,
                    technique.maker.noise,
                    random,
                )
                for _ in range(technique.frames)
            ]
            instance = uid(random)
            (folder / f"{instance}.dcm").write_bytes(encode(person, technique, frames, instance, random, identifiers))
            rows.append(_row(f"{instance}.dcm", person))
    sound = len(rows)
    damaged = _damage(folder, people, rows, random, identifiers)
    order = random.permutation(len(rows))
    _table(folder / "manifest.csv", MANIFEST, [rows[place] for place in order])
    _table(folder / "labels.csv", MANIFEST[1:], [_row("", person)[1:] for person in people])
    return sound, damaged


def _expose(
    anatomy: Anatomy, person: Person, technique: Technique, random: np.random.Generator
) -> list[NDArray[np.float32]]:
    view, maker = person.views["images"], technique.maker
    return [
        draw(anatomy, view, technique.shape, technique.projection, maker.noise, random) for _ in range(technique.frames)
    ]


def _row(path: str, person: Person) -> list[object]:
    return [path, person.mrn, person.label, person.sex, person.age, person.ethnicity, person.site.code]


def _table(path: Path, header: tuple[str, ...], rows: list[list[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(header)
        table.writerows(rows)


def _damage(
    folder: Path,
    people: list[Person],
    rows: list[list[object]],
    random: np.random.Generator,
    identifiers: Identifiers,
) -> list[Damaged]:
    """Adds the damaged files; whose they are is chance, and the patients' sound images stay."""
    damaged: list[Damaged] = []

    def sound(person: Person) -> tuple[str, bytes]:
        technique = replace(draw_technique(person, random), frames=1)
        frames = _expose(draw_anatomy(random), person, technique, random)
        instance = uid(random)
        return instance, encode(person, technique, frames, instance, random, identifiers)

    def add(kind: str, make: Callable[[Person], tuple[str, bytes]], end: str = "dcm") -> None:
        person = people[int(random.integers(len(people)))]
        name, content = make(person)
        (folder / f"{name}.{end}").write_bytes(content)
        identifiers.add("uids", name)
        rows.append(_row(f"{name}.{end}", person))
        damaged.append(Damaged(f"images/{name}.{end}", kind))

    def truncated(person: Person) -> tuple[str, bytes]:
        name, content = sound(person)
        return name, content[: int(len(content) * random.uniform(0.3, 0.9))]

    def report(person: Person) -> tuple[str, bytes]:
        text = f"Report for {person.given} {person.family}: the image is kept in another archive.\n"
        return uid(random), text.encode()

    for _ in range(2):
        add("truncated", truncated)
        add("empty", lambda person: (uid(random), b""))
    add("text", report)
    add("ultrasound with burned-in text", lambda person: _ultrasound(person, random, identifiers))
    add("header of 30,000 by 30,000 pixels", lambda person: (uid(random), _bomb()), "png")

    path = str(rows[0][0])
    copy = uid(random)
    (folder / f"{copy}.dcm").write_bytes((folder / path).read_bytes())
    rows.append([f"{copy}.dcm", *rows[0][1:]])
    damaged.append(Damaged(f"images/{copy}.dcm", "duplicate of another file"))

    missing = uid(random)
    rows.append(_row(f"{missing}.dcm", people[int(random.integers(len(people)))]))
    damaged.append(Damaged(f"images/{missing}.dcm", "row without a file", present=False))

    unlisted, content = sound(people[int(random.integers(len(people)))])
    (folder / f"{unlisted}.dcm").write_bytes(content)
    damaged.append(Damaged(f"images/{unlisted}.dcm", "file without a row", listed=False))
    identifiers.add("uids", copy, missing, unlisted)
    return damaged


def _ultrasound(person: Person, random: np.random.Generator, identifiers: Identifiers) -> tuple[str, bytes]:
    """A sector with the patient's name and number in the pixels, and no word of it in the header."""
    from PIL import Image, ImageDraw
    from pydicom.dataset import Dataset
    from pydicom.uid import UID

    y, x = np.mgrid[0:256, 0:320].astype(np.float32)
    radius, angle = np.hypot(x - 160, y), np.abs(np.arctan2(x - 160, y + 1))
    speckle = random.gamma(2.0, 30.0, y.shape)
    sector = np.where((radius > 30) & (radius < 245) & (angle < 0.6), np.clip(speckle, 0, 200), 0)
    image = Image.fromarray(sector.astype(np.uint8))
    ImageDraw.Draw(image).text((4, 4), f"{person.family} {person.given}\n{person.mrn}", fill=255)

    instance = uid(random)
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = UID(_ULTRASOUND), UID(instance)
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = uid(random), uid(random)
    identifiers.add("uids", dataset.StudyInstanceUID, dataset.SeriesInstanceUID)
    dataset.Modality, dataset.Manufacturer = "US", "Tessellate Medical"
    dataset.PatientName, dataset.PatientID = f"{person.family}^{person.given}", person.mrn
    dataset.SpecificCharacterSet = "ISO_IR 192"
    return instance, dicom_file(dataset, np.asarray(image), "MONOCHROME2", 8, EXPLICIT)


def _bomb() -> bytes:
    """A PNG of 30,000 by 30,000 grey pixels, which its few bytes do not hold (PNG, ISO/IEC 15948, section 11.2)."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(30_001 * 8), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
