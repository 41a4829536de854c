"""A quick look at a FHIR source, before anything runs: is it FHIR, and does it hold what the task maps?

Of bulk export, which has files of one resource type each, the beginnings of files are read, of bundles the whole, as
many as fit in the budget. What is said about a column is said only where it is sure for the whole source.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from components.fhir.files import Part, PartRead, parts, read_part
from components.fhir.mapping import Mapping, compile_mapping, mapping_problems
from components.ingest.source import find, locate
from components.storage import StoredFile
from pipeline_configs.errors import DataProblem, Problem
from pipeline_configs.task import Task

__all__ = ["inspect_fhir", "inspect_files"]

_BUDGET = 32 << 20
"""Bytes that are looked at; about half a second."""
_BEGINNING = 256 << 10
"""Bytes of a file of bulk export."""


class _Sample(NamedTuple):
    reads: list[PartRead]
    labels: dict[int, str]
    whole: bool


def inspect_fhir(task: Task) -> list[Problem]:
    """Returns what is wrong with the newest span of a task's FHIR source; an empty list where nothing is found.

    Args:
        task: A task with `data.format: fhir`.
    """
    problems = mapping_problems(task)
    if problems:
        return problems
    try:
        return inspect_files(task, find(locate(task.data.path), "fhir").files)
    except DataProblem as error:
        return list(error.problems)


def inspect_files(task: Task, files: Sequence[StoredFile], budget: int = _BUDGET) -> list[Problem]:
    """Returns what is wrong with files of a FHIR source.

    Args:
        task: A task without `mapping_problems`.
        files: The files; at least one.
        budget: Bytes to look at.

    Raises:
        DataProblem: A file cannot be read.
    """
    mapping = compile_mapping(task)
    sample = _sample(files, mapping, budget)
    seen: Counter[str] = Counter()
    for read in sample.reads:
        seen.update(read.seen)
    if not seen:
        return [_nothing(sample)]
    looked = "the source" if sample.whole else f"the first {len(sample.reads)} files"
    missing = [kind for kind in mapping.resource_types if not seen[kind]]
    if missing:
        there = ", ".join(kind for kind, _ in seen.most_common(5))
        where = f"data.path: {task.data.path}"
        return [Problem(f"there is no {kind} in {looked}", where, found=there) for kind in missing]
    return list(_column_problems(task, mapping, sample))


def _sample(files: Sequence[StoredFile], mapping: Mapping, budget: int) -> _Sample:
    reads: list[PartRead] = []
    labels: dict[int, str] = {}
    whole = True
    left = budget
    sizes = {file.path: file.size for file in files}
    for part in _every_kind_first(parts(files, part_bytes=1 << 62)):
        size = sizes[part.path]
        if size > left and reads:
            whole = False
            continue
        if part.path.lower().removesuffix(".gz").endswith(".json"):
            left -= size
        else:
            cut = size > (_BEGINNING // 10 if part.path.lower().endswith(".gz") else _BEGINNING)
            whole = whole and not cut
            left -= min(size, _BEGINNING)
            part = part._replace(stop=_BEGINNING if cut else -1)
        reads.append(read_part(part, mapping))
        labels[part.number] = part.label
    return _Sample(reads, labels, whole)


def _every_kind_first(files: Sequence[Part]) -> list[Part]:
    """Of bulk export one file of each name up to its number (Patient, Observation, ...), then all others."""
    first: dict[str, Part] = {}
    for part in files:
        first.setdefault(re.split(r"[^A-Za-z]", part.path.rsplit("/", 1)[-1])[0], part)
    chosen = {part for part in first.values() if not part.path.endswith((".json", ".json.gz"))}
    return sorted(files, key=lambda part: part not in chosen)


def _nothing(sample: _Sample) -> Problem:
    """What is wrong with a source in which there is no resource at all."""
    for read in sample.reads:
        if read.rejected:
            line, _, reason = read.rejected[0]
            where = sample.labels[read.part] + (f", line or entry {line}" if line else "")
            return Problem("the source is not FHIR R4 JSON", where, "bundles or bulk export", reason)
    return Problem("the source holds no resource", sample.labels[0], "bundles or bulk export", "empty files")


def _column_problems(task: Task, mapping: Mapping, sample: _Sample) -> Iterator[Problem]:
    """Columns that would be empty: no code of theirs is there, or no value can be read."""
    filled = {fact[0] for read in sample.reads for facts in read.facts.values() for fact in facts}
    refused: dict[str, Counter[str]] = {}
    for read in sample.reads:
        for _, column, reason in read.rejected:
            refused.setdefault(column, Counter())[reason] += 1
    keys = [*(f"features.{name}" for name in task.features), "label"]
    for position, (key, slot) in enumerate(zip(keys, mapping.slots, strict=True)):
        if position in filled or slot.source.patient:
            continue
        if slot.column in refused:
            reason, number = refused[slot.column].most_common(1)[0]
            takes = f"units: {', '.join(slot.factors)}" if slot.factors else f"values for kind: {slot.kind}"
            yield Problem("none of its values can be read", f"{key}.source", takes, f"{reason} ({number} times)")
        elif sample.whole and (slot.source.observation or slot.source.document or key == "label"):
            source = slot.source
            codes = (*source.observation, *source.condition, *source.encounter, *source.document)
            yield Problem(
                "nothing in the data has its code",
                f"{key}.source",
                fix=f"correct it, system included: {', '.join(codes)}" + _component(slot.source.component),
            )


def _component(code: str | None) -> str:
    return f" with the component {code}" if code else ""
