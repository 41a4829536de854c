"""Ingest of one file: blocks to shards of tf.Examples by split, with everything counted."""

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

import pyarrow.compute as pc

from components.ingest.block import Block
from components.ingest.encode import Encoder
from components.ingest.normalise import Normaliser, Refusal, Rows
from components.ingest.patients import Hashes, Seen, hash_patients
from components.ingest.quarantine import Quarantine
from components.ingest.reasons import Reason
from components.ingest.splits import SPLITS
from components.ingest.tfrecord import RecordWriter
from components.storage import create, delete, join, writing
from pipeline_configs.errors import Problem, RunFailed
from pipeline_configs.task import Task

__all__ = ["SHARD_BYTES", "Counts", "Ingest"]

SHARD_BYTES = 128 << 20
"""A shard is closed once it is this large, so that several workers can read what one file became."""


@dataclass
class Counts:
    """What became of the rows of some blocks.

    Attributes:
        read: What was read: rows, or resources where the source is FHIR.
        taken_in: Rows that came in, the ones in quarantine included; each is written or in quarantine.
        rows: Rows written by split.
        positives: Rows written with a positive label, by split.
        missing: Rows written without a value, by feature.
        trimmed: Cells with spaces around their value, by source column.
        left_out: What was left out on purpose, by reason.
        removed: Identifiers taken out of what was read, by `<column>: <kind>`.
        quarantine: The rows that were not written.
        shards: Files written, by split, relative to the work folder.
        bytes_written: Their size.
    """

    quarantine: Quarantine
    read: int = 0
    taken_in: int = 0
    rows: Counter[str] = field(default_factory=Counter)
    positives: Counter[str] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)
    trimmed: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)
    shards: dict[str, list[str]] = field(default_factory=dict)
    bytes_written: int = 0

    @property
    def measured(self) -> int:
        """What the share of quarantine is measured by: what was read, and at least what came in."""
        return max(self.read, self.taken_in)

    def merge(self, other: "Counts") -> None:
        """Adds what another ingest counted."""
        self.quarantine.merge(other.quarantine)
        self.read += other.read
        self.taken_in += other.taken_in
        for mine, others in (
            (self.rows, other.rows),
            (self.positives, other.positives),
            (self.missing, other.missing),
            (self.trimmed, other.trimmed),
            (self.left_out, other.left_out),
            (self.removed, other.removed),
        ):
            mine.update(others)
        for split, shards in other.shards.items():
            self.shards.setdefault(split, []).extend(shards)
        self.bytes_written += other.bytes_written


class Ingest:
    """Takes blocks through normalising, splitting, pseudonymising, encoding and writing.

    Args:
        task: The declaration.
        key: Secret of the pseudonyms.
        folder: Work folder of this ingest alone; shards go to `<folder>/<split>/`.
        gzip: Whether shards are compressed.
        taken: uint64[n], sorted; patients whose row stands in an earlier file of the span.
    """

    def __init__(self, task: Task, key: bytes, folder: str, gzip: bool = False, taken: Hashes | None = None) -> None:
        self._task = task
        self._key = key
        self._folder = folder
        self._gzip = gzip
        self._normalise = Normaliser(task)
        self._encode = Encoder(task.label.name)
        self._taken = Seen()
        if taken is not None:
            self._taken.add(taken)
        self._writers: dict[str, RecordWriter] = {}
        self.seen = Seen()
        """The patients of the rows written."""
        self.counts = Counts(Quarantine(task.data.quarantine.max_listed))

    def run(self, name: str, blocks: Iterable[Block]) -> Counts:
        """Ingests blocks; on any error the work folder is removed.

        Args:
            name: Name of the file in the quarantine.
            blocks: Its blocks.

        Raises:
            DataProblem: The reader found one.
            RunFailed: The shards cannot be written.
        """
        try:
            for block in blocks:
                self.add(name, block)
            return self.finish()
        except BaseException:
            self.discard()
            raise

    def add(self, name: str, block: Block) -> None:
        """Ingests one block."""
        counts, file = self.counts, block.file or name
        for entry in block.rejected:
            counts.quarantine.add(entry.column, entry.reason, 1, [(entry.file or file, entry.line)])
        rows, refusals = self._normalise(block)
        for refusal in refusals:
            self._refuse(block, file, refusal)
        taken_in = block.batch.num_rows + len(block.rejected)
        counts.taken_in += taken_in
        counts.read += taken_in if block.read is None else block.read
        counts.left_out.update(dict(block.left_out))
        counts.quarantine.rows += taken_in - len(rows)
        if len(rows):
            self._add_rows(file, block, rows)

    def finish(self) -> Counts:
        """Closes the shards and returns what was counted."""
        for split in SPLITS:
            self._close(split)
        self.counts.trimmed.update(self._normalise.trimmed)
        removed = self._normalise.removed.items()
        self.counts.removed.update({f"{column}: {kind}": count for (column, kind), count in removed})
        if self.counts.taken_in != self.counts.rows.total() + self.counts.quarantine.rows:
            raise RunFailed(Problem("rows got lost between reading and writing", fix="report this defect"))
        return self.counts

    def discard(self) -> None:
        """Removes what was written."""
        for writer in self._writers.values():
            with suppress(Exception):  # the error that led here is the one to tell
                writer.close()
        with suppress(Exception):
            delete(self._folder)

    def _refuse(self, block: Block, file: str, refusal: Refusal) -> None:
        places = ((block.files[row] if block.files else file, int(block.lines[row])) for row in refusal.rows)
        self.counts.quarantine.add(refusal.column, refusal.reason, len(refusal.rows), places)

    def _add_rows(self, file: str, block: Block, rows: Rows) -> None:
        patients = hash_patients(rows.patients, self._key, self._task.splits)
        hashes, splits = patients.hashes, patients.splits
        if self._task.rows_per_patient == "one":
            repeated = self.seen.repeated(hashes) | self._taken.known(hashes)
            if repeated.any():
                refusal = Refusal(self._task.patient_id, Reason.REPEATED_PATIENT, rows.places[repeated])
                self._refuse(block, file, refusal)
                self.counts.quarantine.rows += int(repeated.sum())
                rows, hashes, splits = rows.where(~repeated), hashes[~repeated], splits[~repeated]
        self.seen.add(hashes)
        for feature in self._task.features:
            self.counts.missing[feature] += rows.features[feature].null_count
        for number, split in enumerate(SPLITS):
            here = splits == number
            if here.any():
                self._write(split, rows.where(here), hashes[here])

    def _write(self, split: str, rows: Rows, hashes: Hashes) -> None:
        self.counts.rows[split] += len(rows)
        self.counts.positives[split] += pc.sum(rows.label).as_py()
        examples = self._encode(rows, hashes)
        with writing(self._folder):
            if split not in self._writers:
                shards = self.counts.shards.setdefault(split, [])
                shards.append(f"{split}/{len(shards):05d}.tfrecord" + (".gz" if self._gzip else ""))
                self._writers[split] = RecordWriter(create(join(self._folder, shards[-1])), self._gzip)
            self._writers[split].write(examples)
        if self._writers[split].size >= SHARD_BYTES:
            self._close(split)

    def _close(self, split: str) -> None:
        writer = self._writers.pop(split, None)
        if writer:
            with writing(self._folder):
                writer.close()
            self.counts.bytes_written += writer.size
