"""Looks at the header of the data, before anything runs: is it there, can it be read, has it the declared columns?

Imports neither TensorFlow nor Beam for local files, so that `galen check` answers at once. No message quotes anything
but names of columns, and those only once the first line is known to be a header and not a patient.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from components.ingest.normalise import source_columns
from components.ingest.source import find, locate
from components.storage import StoredFile
from pipeline_configs.errors import ConfigError, DataProblem, Problem, closest
from pipeline_configs.task import Task

__all__ = ["Header", "column_problems", "inspect_file", "inspect_files", "inspect_header"]

MOST = 20
"""Problems after which no further file is looked at."""


class Header(NamedTuple):
    """What the beginning of a file says.

    Attributes:
        problems: What is wrong; empty where nothing is.
        has_rows: Whether there is anything below the header.
    """

    problems: tuple[Problem, ...]
    has_rows: bool = True


def inspect_header(task: Task, span: int | None = None) -> list[Problem]:
    """Returns what is wrong with the files of a task's newest (or given) span; an empty list where nothing is found.

    Args:
        task: A task on CSV or Parquet.
        span: Number of the span.

    Raises:
        RunFailed: The storage does not answer.
    """
    try:
        return inspect_files(task, find(locate(task.data.path), task.data.format, span).files)
    except (ConfigError, DataProblem) as error:
        return list(error.problems)


def inspect_files(task: Task, files: Sequence[StoredFile]) -> list[Problem]:
    """Returns what is wrong with the headers of files.

    Args:
        task: A task on CSV or Parquet.
        files: At least one file.
    """
    problems: list[Problem] = []
    has_rows = False
    for number, file in enumerate(files):
        header = inspect_file(task, file)
        problems += header.problems
        has_rows |= header.has_rows
        if len(problems) >= MOST and number + 1 < len(files):
            return [*problems, Problem(f"and {len(files) - number - 1} more files were not looked at")]
    if not problems and not has_rows:
        where = files[0].path if len(files) == 1 else task.data.path
        problems.append(Problem("there is a header and no row below it", where, "at least one patient"))
    return problems


def inspect_file(task: Task, file: StoredFile) -> Header:
    """Looks at the beginning of a CSV file or at the footer of a Parquet file.

    Raises:
        RunFailed: The storage does not answer.
    """
    from components.ingest.header_csv import inspect_csv
    from components.ingest.header_parquet import inspect_parquet

    try:
        if file.size == 0:
            return Header((Problem("the file is empty", file.path, "a header and rows", "0 bytes"),), False)
        return inspect_csv(task, file.path) if task.data.format == "csv" else inspect_parquet(task, file.path)
    except (ConfigError, DataProblem) as error:
        return Header(error.problems)


def column_problems(task: Task, names: Sequence[str], where: str) -> list[Problem]:
    """Returns what is wrong with the names of columns.

    Args:
        task: The declaration.
        names: The names in the file.
        where: The file.
    """
    wanted = source_columns(task)
    known = {*wanted, *task.identifiers, *task.ignored_columns}
    named = {name.lower() for name in wanted} & {name.lower() for name in names}
    if 2 * len(named) < len(wanted) and not set(wanted) <= set(names):
        # Names that are not declared are not repeated here: a table on its side has patients for columns.
        return [
            Problem(
                f"the header names {'few' if named else 'none'} of the declared columns",
                where,
                expected=_listed(wanted),
                found=f"{len(names) - len(named)} other names, or values: is there a header at all?",
                fix="put a header line at the top, or correct data.delimiter or the columns' names in the task",
            )
        ]
    problems = [
        Problem(f"the column '{name}' is there {count} times", where, "each name once", fix="rename one of them")
        for name, count in Counter(names).items()
        if count > 1 and name
    ]
    spare = [name for name in names if name and name not in known]
    problems += [_missing(task, name, spare, where) for name in wanted if name not in names]
    if task.data.undeclared_columns == "refuse":
        problems += _undeclared(dict.fromkeys(spare), sum(not name for name in names), where)
    return problems


def _missing(task: Task, name: str, spare: Sequence[str], where: str) -> Problem:
    key = "patient_id" if name == task.patient_id else "label" if name == task.label_column else ""
    key = key or next((f"features.{feature}" for feature in task.features if task.column(feature) == name), "")
    key = key or ("privacy.known_names" if name in task.privacy.known_names else "a date of the task")
    same = next((other for other in spare if other.lower() == name.lower()), "")
    found = f"'{same}', which is written differently" if same else ""
    setting = f"patient_id: {same}" if key == "patient_id" else f"{key}.column: {same}"
    setting = setting if key.startswith(("patient_id", "features.", "label")) else f"'{same}' in place of '{name}'"
    fix = f"set {setting}" if same else closest(name, spare)
    return Problem(f"the column '{name}' is missing", where, f"a column for {key}", found, fix)


def _undeclared(spare: Iterable[str], unnamed: int, where: str) -> list[Problem]:
    names = list(spare)
    problems = []
    if names:
        what = "a column is not declared" if len(names) == 1 else f"{len(names)} columns are not declared"
        fix = "name them under features, identifiers or ignored_columns, or set data.undeclared_columns: ignore"
        problems.append(Problem(what, where, "declared columns only", _listed(names), fix))
    if unnamed:
        fix = "remove it, or set data.undeclared_columns: ignore"
        what = "a column has no name" if unnamed == 1 else f"{unnamed} columns have no name"
        problems.append(Problem(what, where, "a name for each column", fix=fix))
    return problems


def _listed(names: Sequence[str], most: int = 8) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
