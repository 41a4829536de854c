"""Ingest of notes: blocks to one file of de-identified examples, with a table of what decides their splits."""

from contextlib import suppress

import numpy as np

from components.ingest.block import Block
from components.ingest.cells import mask_of
from components.ingest.ingest import Counts, Ingest
from components.ingest.normalise import Rows
from components.ingest.patients import hash_patients
from components.ingest.splits import SPLITS, positions
from components.ingest.tfrecord import RecordWriter
from components.notes_example_gen.normalise import NoteNormaliser
from components.notes_example_gen.table import NoteTable, save_table
from components.storage import create, join, writing
from pipeline_configs.task import Task

__all__ = ["NOTES_FILE", "TABLE_FILE", "NoteIngest"]

NOTES_FILE = "notes.tfrecord"
TABLE_FILE = "table.npz"


class NoteIngest(Ingest):
    """Takes blocks through normalising, de-identifying, pseudonymising and encoding; the splits are for later.

    Which split a note stands in depends on all notes of the span, as copies of one note stand together. So examples are
    written as they come, de-identified, and `splits.write_splits` deals them out; no note is read or worked on twice.

    Args:
        task: A task on notes.
        key: Secret of the pseudonyms.
        folder: Work folder of this ingest alone.
        root: Folder that paths of text files are relative to.
    """

    def __init__(self, task: Task, key: bytes, folder: str, root: str = "") -> None:
        super().__init__(task, key, folder)
        self._notes = self._normalise = NoteNormaliser(task, key, root)
        self._tables: list[NoteTable] = []
        self._writer: RecordWriter | None = None

    def finish(self) -> Counts:
        """Closes the file and writes the table."""
        if self._writer:
            with writing(self._folder):
                self._writer.close()
            self._writer = None
        if self._tables:
            table = NoteTable.joined(self._tables)
            table.encodings, table.sections = self._notes.encodings, self._notes.sections
            save_table(join(self._folder, TABLE_FILE), table)
        return super().finish()

    def discard(self) -> None:
        """Removes what was written."""
        if self._writer:
            with suppress(Exception):  # the error that led here is the one to tell
                self._writer.close()
        super().discard()

    def _add_rows(self, file: str, block: Block, rows: Rows) -> None:
        hashes = hash_patients(rows.patients, self._key, self._task.splits).hashes
        ids = [patient.encode() for patient in rows.patients.to_pylist()]
        labels = rows.label.to_numpy().astype(np.int8)
        notes = self._notes.notes
        files = [block.files[place] for place in rows.places] if block.files else [file] * len(rows)
        names = sorted(set(files))
        self._tables.append(
            NoteTable(
                patients=hashes,
                positions=positions(self._task.splits.key, ids),
                labels=labels,
                files=np.array([names.index(name) for name in files], np.int32),
                lines=block.lines[rows.places],
                digests=np.array([note.digest for note in notes], np.uint64),
                missing=np.column_stack([~mask_of(rows.features[name].is_valid()) for name in self._task.features]),
                bands=np.array([note.signature.bands for note in notes], np.uint64),
                signatures=np.array([note.signature.bytes for note in notes], np.uint8),
                names=names,
            )
        )
        # In which split each will stand is not known yet; all of them count as written.
        self.counts.rows[SPLITS[0]] += len(rows)
        with writing(self._folder):
            if self._writer is None:
                self._writer = RecordWriter(create(join(self._folder, NOTES_FILE)), gzip=False)
            self._writer.write(self._encode(rows, hashes))
