"""Executor of NotesExampleGen: notes to de-identified examples, and these, once all are known, to splits."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from components.ingest.executor import Ingested, IngestExecutor
from components.ingest.job import Result, Settings
from components.ingest.splits import SPLITS
from components.notes_example_gen.decide import COPY, COPY_REASON, Decision, decide
from components.notes_example_gen.ingest import TABLE_FILE
from components.notes_example_gen.inspect_notes import inspect_files
from components.notes_example_gen.jobs import ShareJob, SplitJob, new_ingest, note_result, read_share, split_notes
from components.notes_example_gen.read import shares_of
from components.notes_example_gen.table import NoteTable, load_table
from components.storage import StoredFile, create, join, writing
from pipeline_configs.errors import DataProblem
from pipeline_configs.task import Task

__all__ = ["Executor"]


class Executor(IngestExecutor):
    """Ingests notes in two passes.

    The first reads, de-identifies and encodes, in parallel over shares of files, and leaves below the work folder only
    de-identified examples and a table of hashes. From the tables (some 300 bytes a note, all in memory here) it is
    decided which notes are repeated and which patients stand together; the second pass deals the examples out.
    """

    def ingest(self, settings: Settings, source: str, files: Sequence[StoredFile]) -> Ingested:
        """Reads files; see the base."""
        task = settings.task
        problems = inspect_files(task, files)
        if problems:
            raise DataProblem(*problems)
        results = self._read(settings, source, files)
        if any(result.failure for result in results):
            return Ingested(results, 0)
        written = [result for result in results if result.counts and result.counts.rows.total()]
        tables = [load_table(join(result.folder, TABLE_FILE)) for result in written]
        if not tables:
            return Ingested(_by_file(results), 0, _facts(None, None))
        table = NoteTable.joined(tables)
        decision = decide(table, task)
        places = np.split(np.arange(len(table)), np.cumsum([len(part) for part in tables])[:-1])
        jobs = []
        for number, (result, here) in enumerate(zip(written, places, strict=True)):
            chosen = join(settings.work, f"chosen-{number:08d}")
            _write(chosen, decision.splits[here])
            jobs.append(SplitJob(result.order, result.folder, chosen))
        dealt = self._results_of_splits(settings, jobs)
        if any(result.failure for result in dealt.values()):
            return Ingested(list(dealt.values()), 0)
        for result, here in zip(written, places, strict=True):
            _count(result, table, decision, here, task)
            shards = dealt[result.order]
            assert result.counts and shards.counts
            result.counts.shards, result.counts.bytes_written = shards.counts.shards, shards.counts.bytes_written
        for result in results:
            result.folder = settings.work
        patients = len(np.unique(table.patients[decision.splits >= 0]))
        return Ingested(_by_file(results), patients, _facts(table, decision))

    def _read(self, settings: Settings, source: str, files: Sequence[StoredFile]) -> list[Result]:
        from components.ingest.run_jobs import RunJobs

        path = join(settings.work, "results")
        if settings.task.data.format == "fhir":
            from components.fhir.ingest import IngestFhir

            results = self.results(IngestFhir(settings, files, new_ingest, note_result), path)
            for number, result in enumerate(results):
                result.order = f"{number:08d}"
            return results
        base = source.rpartition("/")[0] if len({file.path.rpartition("/")[0] for file in files}) == 1 else ""
        jobs = []
        for number, file in enumerate(files):
            root = settings.task.data.root or file.path.rpartition("/")[0]
            shares = shares_of(settings.task, file.size)
            name = file.name if base else file.path
            jobs += [ShareJob(number, file.path, name, file.size, share, shares, root) for share in range(shares)]
        return self.results(RunJobs(settings, jobs, read_share), path)

    def _results_of_splits(self, settings: Settings, jobs: Sequence[SplitJob]) -> dict[str, Result]:
        from components.ingest.run_jobs import RunJobs

        results = self.results(RunJobs(settings, jobs, split_notes), join(settings.work, "results-splits"))
        return {result.order: result for result in results}


def _write(path: str, splits: npt.NDArray[np.int8]) -> None:
    with writing(path):
        file = create(path)
        try:
            file.write(splits.tobytes())
        finally:
            file.close()


def _count(result: Result, table: NoteTable, decision: Decision, places: npt.NDArray[np.int64], task: Task) -> None:
    """Counts what was decided of the notes of a result."""
    counts = result.counts
    assert counts
    splits = decision.splits[places]
    counts.rows.clear()
    for number, split in enumerate(SPLITS):
        here = places[splits == number]
        if len(here):
            counts.rows[split] = len(here)
            counts.positives[split] = int(table.labels[here].sum())
    written = places[splits >= 0]
    counts.missing.update(dict(zip(task.features, map(int, table.missing[written].sum(axis=0)), strict=True)))
    copies = int((splits == COPY).sum())
    if copies:
        counts.left_out[COPY_REASON] += copies
    note = task.column(task.text[0])
    refused = [int(place) for place in places if int(place) in decision.reasons]
    for place in refused:
        where = [(table.names[table.files[place]], int(table.lines[place]))]
        reason = decision.reasons[place]
        counts.quarantine.add(_column(reason, note, task), reason, 1, where)
    counts.quarantine.rows += len(refused)


def _column(reason: str, note: str, task: Task) -> str:
    from components.ingest.reasons import Reason

    return task.patient_id if reason == Reason.REPEATED_PATIENT else note


def _by_file(results: Sequence[Result]) -> list[Result]:
    """Returns the results with the shares of one file as one."""
    merged: dict[str, Result] = {}
    for result in results:
        key = result.order.partition("-")[0]
        if key not in merged:
            merged[key] = result
            continue
        counts, more = merged[key].counts, result.counts
        assert counts and more
        counts.merge(more)
        merged[key].size += result.size
    return list(merged.values())


def _facts(table: NoteTable | None, decision: Decision | None) -> dict[str, Any]:
    """What the report says of notes besides the counts."""
    encodings = table.encodings if table else Counter[str]()
    sections = table.sections if table else Counter[str]()
    return {
        "encodings": dict(encodings.most_common()),
        "sections": dict(sections.most_common()),
        "near_duplicate_clusters": decision.clusters if decision else 0,
        "patients_moved": decision.moved if decision else 0,
        "patients_left_out_as_copies": decision.kept_out if decision else 0,
        "patients_with_both_labels": decision.both if decision else 0,
    }
