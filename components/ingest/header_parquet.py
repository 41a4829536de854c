"""Looks at the footer of a Parquet file: the columns and their types."""

import pyarrow as pa

from components.ingest.cells import is_text
from components.ingest.header import Header, column_problems
from components.ingest.read_parquet import open_parquet
from components.storage import open_file, reading
from pipeline_configs.errors import Problem
from pipeline_configs.feature import Feature, Numeric
from pipeline_configs.task import Task

__all__ = ["inspect_parquet"]


def inspect_parquet(task: Task, path: str) -> Header:
    """Looks at the footer of a Parquet file.

    Raises:
        DataProblem: It is no Parquet file, is cut off, or cannot be read.
    """
    with reading(path), open_file(path) as file:
        parquet = open_parquet(file, path)
        schema: pa.Schema = parquet.schema_arrow
        rows = parquet.metadata.num_rows
    problems = column_problems(task, schema.names, path)
    if not problems:
        problems = _type_problems(task, schema, path)
    return Header(tuple(problems), has_rows=rows > 0)


def _type_problems(task: Task, schema: pa.Schema, path: str) -> list[Problem]:
    problems = []
    uses: list[tuple[str, str, Feature | None]] = [("patient_id", task.patient_id, None)]
    uses += [(f"features.{name}", task.column(name), feature) for name, feature in task.tabular.items()]
    uses.append(("label", task.label_column, None))
    for key, column, feature in uses:
        stored = schema.field(column).type
        number = isinstance(feature, Numeric) or (key == "label" and not task.label.positive.equals)
        text_too = not number or (feature is not None and _takes_text(feature))
        if not _fits(stored, number=number, text_too=text_too, truth_too=not number and key != "patient_id"):
            expected = "numbers" if number else "text, whole numbers or truth values"
            fix = "write the column with that type"
            if number and is_text(stored):
                fix += f", or declare under {key}.replace what its text stands for" if feature else ""
            problems.append(Problem(f"the column '{column}' has the wrong type", path, expected, str(stored), fix))
    return problems


def _takes_text(feature: Feature) -> bool:
    """Whether a numeric feature declares text: a replacement, or a word for missing."""
    return bool(getattr(feature, "replace", None)) or any(isinstance(cell, str) for cell in feature.missing)


def _fits(stored: pa.DataType, *, number: bool, text_too: bool, truth_too: bool) -> bool:
    if pa.types.is_dictionary(stored):
        stored = stored.value_type
    if pa.types.is_null(stored):
        return True
    if pa.types.is_integer(stored) or pa.types.is_floating(stored) or pa.types.is_decimal(stored):
        return True
    return (text_too and is_text(stored)) or (truth_too and pa.types.is_boolean(stored))
