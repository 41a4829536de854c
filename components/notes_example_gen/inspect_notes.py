"""Looks at the beginning of a source of notes, before anything runs: columns, and whether the text files are there."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import BinaryIO

from components.ingest.cells import text
from components.ingest.header import Header, column_problems
from components.ingest.header import inspect_files as inspect_headers
from components.ingest.source import find, locate
from components.notes_example_gen.read import read_blocks
from components.notes_example_gen.read_jsonl import LINE_BYTES, BadLine, parse_line
from components.notes_example_gen.text_files import full_path
from components.storage import StoredFile, is_file, open_file, reading
from pipeline_configs.errors import ConfigError, DataProblem, Problem
from pipeline_configs.task import Task

__all__ = ["inspect_files", "inspect_notes"]

_LINES = 50
"""Lines of a file of JSON lines that are looked at."""
_TEXT_FILES = 20
"""Text files that are looked for."""
_MOST = 20


def inspect_notes(task: Task, span: int | None = None) -> list[Problem]:
    """Returns what is wrong with the source of a task on notes; an empty list where nothing is found.

    Args:
        task: A task on notes.
        span: Number of the span; the newest where it is None.

    Raises:
        RunFailed: The storage does not answer.
    """
    try:
        return inspect_files(task, find(locate(task.data.path), task.data.format, span).files)
    except (ConfigError, DataProblem) as error:
        return list(error.problems)


def inspect_files(task: Task, files: Sequence[StoredFile]) -> list[Problem]:
    """Returns what is wrong with the files of a span.

    Args:
        task: A task on notes.
        files: At least one file.
    """
    if task.data.format == "fhir":
        from components.fhir.inspect import inspect_files as inspect_fhir
        from components.fhir.mapping import mapping_problems

        return mapping_problems(task) or inspect_fhir(task, files)
    problems = _inspect_jsonl(task, files) if task.data.format == "jsonl" else inspect_headers(task, files)
    if not problems and task.text[1].stored == "file":
        problems = _inspect_text_files(task, files[0])
    return problems


def _inspect_jsonl(task: Task, files: Sequence[StoredFile]) -> list[Problem]:
    problems: list[Problem] = []
    has_rows = False
    for file in files:
        header = _of_lines(task, file)
        problems += header.problems
        has_rows |= header.has_rows
        if len(problems) >= _MOST:
            break
    if not problems and not has_rows:
        where = files[0].path if len(files) == 1 else task.data.path
        problems.append(Problem("there is no line in it", where, "at least one patient"))
    return problems


def _of_lines(task: Task, file: StoredFile) -> Header:
    """Looks at the first lines: an object each, and the declared columns among their keys."""
    keys: dict[str, None] = {}
    good = bad = 0
    reason = ""
    try:
        with reading(file.path), open_file(file.path) as stream:
            for line in islice(_lines(stream), _LINES):
                try:
                    keys.update(dict.fromkeys(parse_line(line, ())))
                    good += 1
                except BadLine as problem:
                    bad += 1
                    reason = reason or problem.reason
    except DataProblem as error:
        return Header(error.problems)
    if bad and not good:
        fix = "write one JSON object a line, or correct data.path or data.format"
        return Header((Problem("these are no JSON lines", file.path, "an object a line", reason, fix),))
    if not good:
        return Header((), has_rows=False)
    return Header(tuple(column_problems(task, list(keys), file.path)))


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    first = True
    while line := stream.readline(LINE_BYTES):
        line = line.removeprefix(b"\xef\xbb\xbf") if first else line
        first = False
        if not line.isspace() and line:
            yield line


def _inspect_text_files(task: Task, manifest: StoredFile) -> list[Problem]:
    """Looks for the first text files; a few may be missing, but not all."""
    column = task.column(task.text[0])
    root = task.data.root or manifest.path.rpartition("/")[0]
    block = next(read_blocks(manifest.path, task), None)
    if block is None:
        return []
    cells = text(block.batch.column(column).slice(0, _TEXT_FILES)).values.drop_null()
    paths = [full_path(root, cell) for cell in cells.to_pylist()]
    if not paths or any(is_file(path) for path in paths):
        return []
    return [
        Problem(
            f"none of the first {len(paths)} text files is there",
            manifest.path,
            expected=f"paths in the column '{column}', relative to {root}",
            fix="correct the paths, or set data.root to the folder that they are relative to",
        )
    ]
