"""The ingest report: `report.json`, and whether the run may go on with what was read."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from components.ingest.ingest import Counts
from components.ingest.quarantine import too_many
from components.ingest.splits import SPLITS
from pipeline_configs.errors import Problem
from pipeline_configs.task import Task

__all__ = ["Summary", "deidentification_json", "problems_of", "report_json"]


@dataclass(frozen=True)
class Summary:
    """All that an ingest found.

    Attributes:
        counts: Sums over all files.
        files: Of each file: `file`, `rows` (read), `bytes`.
        patients: Number of different patients among the rows written.
        span: Number of the span.
        version: Its version.
        seconds: Time it took.
        facts: What else is worth saying, by name.
    """

    counts: Counts
    files: Sequence[dict[str, Any]]
    patients: int
    span: int
    version: int | None
    seconds: float
    facts: Mapping[str, Any] = field(default_factory=dict)


def report_json(summary: Summary) -> bytes:
    """Returns `report.json`: counts and names of files and columns, nothing of a patient."""
    counts = summary.counts
    quarantine = counts.quarantine
    report = {
        "span": summary.span,
        "version": summary.version,
        "files": list(summary.files),
        "read": counts.measured,
        "rows": {split: counts.rows[split] for split in SPLITS},
        "positives": {split: counts.positives[split] for split in SPLITS},
        "quarantined": quarantine.rows,
        "quarantine_share": quarantine.rows / counts.measured if counts.measured else 0.0,
        "reasons": quarantine.reasons,
        "columns": quarantine.columns,
        "left_out": dict(sorted(counts.left_out.items())),
        "missing": dict(sorted(counts.missing.items())),
        "trimmed": dict(sorted(counts.trimmed.items())),
        "patients": summary.patients,
        "seconds": round(summary.seconds, 3),
        "bytes_read": sum(file["bytes"] for file in summary.files),
        "bytes_written": counts.bytes_written,
        **summary.facts,
    }
    return (json.dumps(report, indent=2, ensure_ascii=False) + "\n").encode()


def deidentification_json(task: Task, summary: Summary) -> bytes:
    """Returns `deidentification.json`: which identifiers were found and removed, by kind and count, never by value.

    `pseudonyms` are patient ids replaced by a keyed hash; `dropped_columns` were not read beyond their name, and
    `removed` says by column (or part of a file) and kind what was taken out of the rows that were read.
    """
    removed: dict[str, dict[str, int]] = {}
    for place, count in sorted(summary.counts.removed.items()):
        column, _, kind = place.rpartition(": ")
        removed.setdefault(column, {})[kind] = count
    report = {
        "mode": task.privacy.mode,
        "engine": task.privacy.engine,
        "read": summary.counts.measured,
        "pseudonyms": summary.patients,
        "dropped_columns": sorted({*task.identifiers, *task.ignored_columns, *task.privacy.known_names}),
        "removed": removed,
    }
    return (json.dumps(report, indent=2, ensure_ascii=False) + "\n").encode()


def problems_of(task: Task, summary: Summary, where: str, listed_in: str) -> list[Problem]:
    """Returns why the run may not go on with these rows; an empty list where it may.

    Args:
        task: The declaration.
        summary: What was found.
        where: The data.
        listed_in: Where `quarantine.csv` will be.
    """
    counts = summary.counts
    problems = too_many(counts.quarantine, counts.measured, task, where, listed_in)
    if problems:
        return problems
    written, positives = sum(counts.rows.values()), sum(counts.positives.values())
    if not written:
        return [Problem("there are no patients in the data", where, fix="correct data.path, or put the data there")]
    if positives in (0, written):
        return [
            Problem(
                f"the label '{task.label.name}' is {'never' if not positives else 'always'} positive",
                where,
                expected="patients with it and patients without it",
                found=f"{positives} positive of {written} rows",
                fix="correct label.positive, or take data with both",
            )
        ]
    return _split_problems(task, counts, where)


def _split_problems(task: Task, counts: Counts, where: str) -> list[Problem]:
    """Each split needs rows; and, unless a window adds further spans, both classes."""
    problems = []
    for split in SPLITS:
        rows, positives = counts.rows[split], counts.positives[split]
        if not rows:
            what = f"no patient falls into the split '{split}'"
        elif positives in (0, rows) and task.data.window == 1:
            constant = "never" if not positives else "always"
            what = f"the label '{task.label.name}' is {constant} positive in the split '{split}'"
        else:
            continue
        found = f"{rows} of {sum(counts.rows.values())} rows, {positives} of them positive"
        fix = f"take more patients, or a larger share for splits.{split}"
        if task.modality == "notes":
            fix += f"; all patients with copies of one note stand together (features.{task.text[0]}.near_duplicate)"
        problems.append(Problem(what, where, "rows with and without the label in each split", found, fix))
    return problems
