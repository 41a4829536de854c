"""What went to quarantine: counted in full, listed up to a limit, and never with a value."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from components.ingest.reasons import advice
from pipeline_configs.errors import Problem
from pipeline_configs.task import Task

__all__ = ["Entry", "Quarantine", "key_of", "too_many"]


class Entry(NamedTuple):
    """One line of `quarantine.csv`."""

    file: str
    line: int
    column: str
    reason: str


@dataclass
class Quarantine:
    """The quarantine of some files.

    Attributes:
        limit: Most entries in `entries`; beyond it they are only counted.
        rows: Number of rows. A row with several bad cells has several entries and counts once.
        counts: Number of entries by column and reason.
        entries: The first entries.
    """

    limit: int
    rows: int = 0
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    entries: list[Entry] = field(default_factory=list)

    def add(self, column: str, reason: str, count: int, places: Iterable[tuple[str, int]]) -> None:
        """Adds cells; the rows are counted apart.

        Args:
            column: Source column; "" for the row as a whole.
            reason: Fixed sentence.
            count: Number of cells.
            places: File and line of each; not read further than there is room for.
        """
        self.counts[column, str(reason)] += count
        room = max(self.limit - len(self.entries), 0)
        self.entries += [Entry(file, line, column, str(reason)) for file, line in islice(places, room)]

    def merge(self, other: "Quarantine") -> None:
        """Adds what another quarantine holds."""
        self.rows += other.rows
        self.counts.update(other.counts)
        self.entries += other.entries[: max(self.limit - len(self.entries), 0)]

    @property
    def reasons(self) -> dict[str, int]:
        """Number of entries by reason, the most frequent first."""
        total: Counter[str] = Counter()
        for (_, reason), count in self.counts.items():
            total[reason] += count
        return dict(total.most_common())

    @property
    def columns(self) -> dict[str, dict[str, int]]:
        """Number of entries by column and reason."""
        tree: dict[str, dict[str, int]] = {}
        for (column, reason), count in sorted(self.counts.items()):
            tree.setdefault(column, {})[reason] = count
        return tree

    def csv(self) -> bytes:
        """Returns `quarantine.csv`: file, line, column, reason."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(Entry._fields)
        writer.writerows(sorted(self.entries))
        return text.getvalue().encode()

    def first_lines(self, column: str, reason: str, count: int = 3) -> str:
        """Says where the first cells with a reason are."""
        places = [e for e in sorted(self.entries) if (e.column, e.reason) == (column, reason)][:count]
        files = {entry.file for entry in places}
        if len(files) > 1:
            return ", ".join(f"{entry.file}:{entry.line}" for entry in places)
        return ("line " if len(places) == 1 else "lines ") + ", ".join(str(entry.line) for entry in places)


def too_many(quarantine: Quarantine, rows: int, task: Task, where: str, listed_in: str) -> list[Problem]:
    """Returns the problem that too large a share of the rows cannot be read; none where it is within bounds.

    Args:
        quarantine: What went to quarantine.
        rows: Number of rows read.
        task: The task; its `data.quarantine.max_share` is the bound.
        where: The data.
        listed_in: Where `quarantine.csv` is.
    """
    bound = task.data.quarantine.max_share
    if not rows or quarantine.rows <= bound * rows:
        return []
    return [
        Problem(
            f"{quarantine.rows} of {rows} rows ({quarantine.rows / rows:.1%}) cannot be read",
            where,
            expected=f"at most {bound:.1%} (data.quarantine.max_share)",
            found="\n    ".join(_top(quarantine)),
            fix="\n    ".join([*_fixes(quarantine, task), f"every place is in {listed_in}"]),
        )
    ]


def _top(quarantine: Quarantine, count: int = 5) -> Iterator[str]:
    ordered = quarantine.counts.most_common()
    for (column, reason), number in ordered[:count]:
        name = f"{column}: " if column else ""
        yield f"{number} x {name}{reason} ({quarantine.first_lines(column, reason)})"
    if len(ordered) > count:
        yield f"and {len(ordered) - count} more kinds"


def _fixes(quarantine: Quarantine, task: Task, count: int = 3) -> Iterable[str]:
    top = quarantine.counts.most_common(5)
    fixes = [advice(reason, key_of(column, task)) for (column, reason), _ in top]
    return list(dict.fromkeys(fix for fix in fixes if fix))[:count]


def key_of(column: str, task: Task) -> str:
    """Returns the key of a task that declares a source column."""
    if column == task.label_column:
        return "label"
    return next((f"features.{name}" for name in task.features if task.column(name) == column), "patient_id")
