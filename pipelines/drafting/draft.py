"""Writes the first task YAML and schema of `galen init`."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pipeline_configs
from pipeline_configs.errors import ConfigError, DataProblem, Problem
from pipelines.drafting.columns import guess_columns
from pipelines.drafting.sample import read_sample
from pipelines.drafting.yaml_text import task_text

__all__ = ["Draft", "draft"]


class Draft(NamedTuple):
    """What `galen init` wrote."""

    task_file: Path
    schema_file: Path
    doubts: tuple[str, ...]


def draft(name: str, data: str, folder: Path) -> Draft:
    """Looks at a source and writes a task and a schema to edit.

    Args:
        name: Name of the new task.
        data: File, folder or pattern of CSV, Parquet, JSONL or FHIR; "" to draft the schema of a task that is there.
        folder: Where `pipeline_configs/` and `schemas/` are, or are to be.

    Returns:
        The two files, and what could not be guessed.

    Raises:
        ConfigError: The name is no name of a task, or one of the files is there already.
        DataProblem: The source cannot be read.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", name):
        expected = "lower-case letters, digits and underscores, a letter first"
        raise ConfigError(Problem("this is no name for a task", "NAME", expected, repr(name)))
    task_file, schema_file = folder / "pipeline_configs" / f"{name}.yaml", folder / "schemas" / f"{name}.pbtxt"
    if not data and not task_file.exists():
        fix = "give --data for a task as well; without it only the schema is drafted, from the task that is there"
        raise ConfigError(Problem("there is no such task yet", str(task_file), fix=fix))
    for file in (task_file, schema_file) if data else (schema_file,):
        if file.exists():
            raise ConfigError(Problem("the file is there already", str(file), fix="take another name, or remove it"))
    text, doubts = _task_text(name, data) if data else ("", ())
    written: list[Path] = []
    try:
        if text:
            _write(task_file, text, written)
        if not doubts:
            _write(schema_file, _schema_text(task_file), written)
    except BaseException:
        for file in written:
            file.unlink(missing_ok=True)
        raise
    return Draft(task_file, schema_file, doubts)


def _task_text(name: str, data: str) -> tuple[str, tuple[str, ...]]:
    files = _files(data)
    _refuse_without_table(files, data)
    hint = str(Path(pipeline_configs.__file__).parent / "json_schema" / "task.schema.json")
    if files[0].suffix.lower() in (".json", ".ndjson", ".gz"):
        from pipelines.drafting.fhir import fhir_task_text

        return fhir_task_text(name, data, files, hint)
    sample = read_sample(files[0])
    _refuse_values_as_names(sample.names, files[0])
    guess = guess_columns(sample.names, sample.values, sample.decimal)
    settings = {"path": _quoted_path(data), "format": sample.format, **sample.settings}
    return task_text(name, settings, guess, hint), guess.doubts


def _refuse_without_table(files: Sequence[Path], data: str) -> None:
    """Files of images or notes say nothing of patients and outcomes: the table that does is what to start from."""
    if files[0].suffix.lower() not in (".csv", ".tsv", ".parquet", ".pq", ".json", ".jsonl", ".ndjson", ".gz"):
        kinds = sorted({file.suffix.lower() or "none" for file in files})
        raise DataProblem(
            Problem(
                "a task cannot be drafted from these files",
                data,
                "a table: CSV, Parquet, JSONL, or FHIR",
                f"{len(files)} files ending in: {', '.join(kinds[:5])}",
                "give the manifest that names images or text files, their patients and their labels",
            )
        )


def _refuse_values_as_names(names: Sequence[str], file: Path) -> None:
    """A file without a header would put its first patient into the task."""
    numeric = sum(bool(re.fullmatch(r"[-+]?[0-9]*[.,]?[0-9]+", name.strip())) for name in names)
    repeated = sorted({position for position, name in enumerate(names, 1) if names.count(name) > 1})
    if 2 * numeric >= len(names):
        found = f"{numeric} of {len(names)} names are numbers"
        raise DataProblem(Problem("the first line is no header", str(file), "names of columns", found, "add a header"))
    if repeated:
        found = f"columns {', '.join(map(str, repeated[:10]))}"
        raise DataProblem(Problem("columns have the same name", str(file), "each name once", found, "rename them"))


def _quoted_path(data: str) -> str:
    from pipelines.drafting.yaml_text import quoted

    return quoted(data)


def _files(data: str) -> list[Path]:
    path = Path(data)
    if path.is_file():
        return [path]
    if path.is_dir():
        found = sorted(f for f in path.iterdir() if f.is_file() and not f.name.startswith("."))
    else:
        found = sorted(Path(path.anchor or ".").glob(str(path.relative_to(path.anchor) if path.anchor else path)))
    if not found:
        fix = "for files in a bucket, take one to this machine first and draft from it"
        raise DataProblem(Problem("there is no such file, folder or pattern with files", data, fix=fix))
    return found


def _schema_text(task_file: Path) -> str:
    from pipelines.config import load_task
    from schemas.curated import schema_text
    from schemas.expected import expected_schema

    task, _ = load_task(str(task_file))
    head = f"# Drafted from {task_file.name}. Make it stricter than the task where you know better: presence, drift."
    return f"{head}\n{schema_text(expected_schema(task))}"


def _write(file: Path, text: str, written: list[Path]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    written.append(file)
