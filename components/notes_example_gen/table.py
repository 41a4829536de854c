"""What is known of each note once it is written: all that decides in which split it stands, and nothing of its text."""

import io
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from components.storage import create, open_file, reading, writing

__all__ = ["NoteTable", "load_table", "save_table"]


@dataclass
class NoteTable:
    """The notes of one piece of work, in the order in which they were written.

    Some 300 bytes a note: 128 of the signature, 8 for each band (14 where near_duplicate is 0.8), the rest in a few
    numbers.

    Attributes:
        patients: uint64[notes]; the pseudonym as a number.
        positions: float64[notes]; place of the patient between 0 and 1, which gives the split.
        labels: int8[notes]; 0 or 1.
        files: int32[notes]; place of each note's file in `names`.
        lines: int64[notes]; line in the file.
        digests: uint64[notes]; keyed hash of the text.
        missing: bool[notes, features]; which declared features have no value, in the order of the task.
        bands: uint64[notes, bands].
        signatures: uint8[notes, 128].
        names: Files, as reports call them.
        encodings: Number of notes by encoding.
        sections: Number of notes that have a section, by its name.
    """

    patients: npt.NDArray[np.uint64]
    positions: npt.NDArray[np.float64]
    labels: npt.NDArray[np.int8]
    files: npt.NDArray[np.int32]
    lines: npt.NDArray[np.int64]
    digests: npt.NDArray[np.uint64]
    missing: npt.NDArray[np.bool_]
    bands: npt.NDArray[np.uint64]
    signatures: npt.NDArray[np.uint8]
    names: list[str] = field(default_factory=list)
    encodings: Counter[str] = field(default_factory=Counter)
    sections: Counter[str] = field(default_factory=Counter)

    def __len__(self) -> int:
        return len(self.patients)

    @classmethod
    def joined(cls, tables: Sequence["NoteTable"]) -> "NoteTable":
        """Returns the notes of several tables as one; at least one table."""
        arrays: dict[str, Any] = {name: np.concatenate([getattr(table, name) for table in tables]) for name in _ARRAYS}
        whole = cls(**arrays)
        known: dict[str, int] = {}
        places = [[known.setdefault(name, len(known)) for name in table.names] for table in tables]
        whole.names = list(known)
        whole.files = np.concatenate(
            [np.array(place, np.int32)[table.files] for table, place in zip(tables, places, strict=True)]
        )
        for table in tables:
            whole.encodings.update(table.encodings)
            whole.sections.update(table.sections)
        return whole


_ARRAYS = ("patients", "positions", "labels", "files", "lines", "digests", "missing", "bands", "signatures")


def save_table(path: str, table: NoteTable) -> None:
    """Writes a table."""
    counts = json.dumps([table.names, table.encodings, table.sections])
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, counts=np.array(counts), **{name: getattr(table, name) for name in _ARRAYS})
    with writing(path):
        file = create(path)
        try:
            file.write(content.getbuffer())
        finally:
            file.close()


def load_table(path: str) -> NoteTable:
    """Reads what `save_table` wrote."""
    with reading(path), open_file(path) as file:
        content = np.load(io.BytesIO(file.read()), allow_pickle=False)
    names, encodings, sections = json.loads(str(content["counts"]))
    arrays = {name: content[name] for name in _ARRAYS}
    return NoteTable(**arrays, names=names, encodings=Counter(encodings), sections=Counter(sections))
