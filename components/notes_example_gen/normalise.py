"""Blocks of notes to rows: the columns as for records, the note read, cleaned and de-identified."""

from collections import Counter

import numpy as np
import pyarrow as pa

from components.fhir.mapping import KNOWN_NAMES
from components.ingest.block import Block
from components.ingest.normalise import Normaliser, Refusal, Rows
from components.notes_example_gen.note import Note, NoteReader
from components.notes_example_gen.text_files import full_path, read_text_file
from pipeline_configs.task import Task
from transforms.text.reasons import Unread

__all__ = ["NoteNormaliser"]


class NoteNormaliser(Normaliser):
    """Converts blocks of a task on notes.

    Attributes:
        notes: The notes of the rows that the last call returned, in their order.
        encodings: Number of notes by encoding, so far.
        sections: Number of notes that have a section, by its name, so far.

    Args:
        task: A task on notes.
        key: Secret of the pseudonyms.
        root: Folder that paths of text files are relative to.
    """

    def __init__(self, task: Task, key: bytes, root: str = "") -> None:
        super().__init__(task)
        self._note, self._text = task.text
        self._column = task.column(self._note)
        self._source = {"csv": task.data.encoding, "fhir": "as FHIR declares it"}.get(task.data.format, "utf-8")
        self._root = root
        self._names = task.privacy.known_names
        self._reader = NoteReader(task, key)
        self.notes: list[Note] = []
        self.encodings: Counter[str] = Counter()
        self.sections: Counter[str] = Counter()

    @property
    def bands(self) -> int:
        """Number of bands of a note's signature."""
        return self._reader.bands

    def __call__(self, block: Block) -> tuple[Rows, list[Refusal]]:
        """Converts a block; see the base. A row whose other cells are bad has its note left unread."""
        rows, refusals = super().__call__(block)
        names = self._known_names(block, rows)
        self.notes = []
        kept = np.zeros(len(rows), bool)
        refused: dict[str, list[int]] = {}
        texts, patients = rows.features[self._note], rows.patients
        for row in range(len(rows)):
            try:
                note = self._read(texts[row].as_py(), patients[row].as_py(), names[row])
            except Unread as problem:
                refused.setdefault(problem.reason, []).append(int(rows.places[row]))
                continue
            kept[row] = True
            self._count(note)
        refusals += [Refusal(self._column, reason, np.array(places)) for reason, places in refused.items()]
        rows = rows.where(kept)
        rows.features[self._note] = pa.array([note.text.encode() for note in self.notes], pa.binary())
        return rows, refusals

    def _read(self, cell: str, patient: str, names: list[str]) -> Note:
        if self._text.stored == "file":
            data = read_text_file(full_path(self._root, cell), self._text.max_characters)
            return self._reader.of_bytes(data, patient, names)
        return self._reader.of_text(cell, patient, names, self._source)

    def _count(self, note: Note) -> None:
        self.notes.append(note)
        self.encodings[note.encoding] += 1
        self.sections.update(set(note.sections))
        self.removed.update({(self._column, kind): count for kind, count in note.removed.items()})

    def _known_names(self, block: Block, rows: Rows) -> list[list[str]]:
        """The names of each row; they are read, used and dropped here."""
        found: list[list[str]] = [[] for _ in range(len(rows))]
        columns = [name for name in (*self._names, KNOWN_NAMES) if name in block.batch.schema.names]
        chosen = pa.array(rows.places)
        parts = [block.batch.column(name).take(chosen).to_pylist() for name in columns]
        for name, cells in zip(columns, parts, strict=True):
            for row, cell in enumerate(cells):
                if cell is not None:
                    found[row] += str(cell).split("\n") if name == KNOWN_NAMES else [str(cell)]
        # First and last name in two columns are one person's: together they also give initials and "last, first".
        if len(self._names) > 1:
            for row, cells in enumerate(zip(*parts[: len(self._names)], strict=True)):
                found[row].append(" ".join(str(cell) for cell in cells if cell is not None))
        return found
