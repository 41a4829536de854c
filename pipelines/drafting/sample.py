"""Reads a sample of a CSV, Parquet or JSONL source, and finds out how a CSV is written."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline_configs.errors import DataProblem, Problem

__all__ = ["Sample", "read_sample"]

_ROWS = 5_000
_BYTES = 4 << 20


@dataclass(frozen=True)
class Sample:
    """The first rows of a source.

    Attributes:
        names: Column names.
        values: Values of each column as text, None where null.
        settings: Keys of `data` that differ from their defaults, as YAML.
        format: csv, parquet or jsonl.
    """

    names: tuple[str, ...]
    values: tuple[tuple[str | None, ...], ...]
    settings: dict[str, str]
    format: str

    @property
    def decimal(self) -> str:
        """Decimal mark."""
        return "," if self.settings.get("decimal") else "."


def read_sample(file: Path) -> Sample:
    """Reads the first rows of a file.

    Args:
        file: CSV, Parquet or JSONL.

    Raises:
        DataProblem: The file cannot be read, is empty, or holds a header only.
    """
    try:
        suffix = file.suffix.lower()
        sample = _parquet(file) if suffix in (".parquet", ".pq") else _jsonl(file) if suffix == ".jsonl" else _csv(file)
    except OSError as error:
        raise DataProblem(Problem(f"the file cannot be read: {error.strerror or 'not readable'}", str(file))) from None
    if not sample.values or not sample.values[0]:
        raise DataProblem(Problem("the file holds no rows", str(file), "a header and rows", "a header only or nothing"))
    return sample


def _csv(file: Path) -> Sample:
    with file.open("rb") as stream:
        raw = stream.read(_BYTES)
    if not raw.strip():
        raise DataProblem(Problem("the file is empty", str(file), "a header and rows"))
    encoding = _encoding(raw)
    text = raw.decode(encoding, errors="ignore").removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if len(raw) == _BYTES:
        text = text[: text.rfind("\n")]
    delimiter = _delimiter(text)
    rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))[: _ROWS + 1]
    names = tuple(name.strip() for name in rows[0])
    rows = [row for row in rows[1:] if len(row) == len(names)]
    columns = tuple(tuple(row[i] for row in rows) for i in range(len(names)))
    settings = {} if encoding.startswith("utf-8") else {"encoding": f"{encoding} # guessed"}
    if delimiter != ",":
        settings["delimiter"] = f'"{delimiter if delimiter != chr(9) else chr(92) + "t"}" # guessed'
    if delimiter != "," and _comma_decimals(columns):
        settings["decimal"] = '"," # guessed'
    return Sample(names, columns, settings, "csv")


def _jsonl(file: Path) -> Sample:
    with file.open("rb") as stream:
        lines = [line for line in stream.readlines(_BYTES)[:_ROWS] if line.strip()]
    try:
        rows = [json.loads(line) for line in lines]
    except ValueError:
        rows = [None]
    if not all(isinstance(row, dict) for row in rows):
        raise DataProblem(Problem("the file is not readable as JSONL", str(file), "one JSON object a line"))
    names = tuple(dict.fromkeys(name for row in rows for name in row))
    columns = tuple(tuple(None if row.get(n) is None else _text(row[n]) for row in rows) for n in names)
    return Sample(names, columns, {}, "jsonl")


def _encoding(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    for cut in range(4):
        try:
            raw[: len(raw) - cut].decode("utf-8")
            return "utf-8"
        except UnicodeDecodeError:
            continue
    return "latin-1"


def _delimiter(text: str) -> str:
    first = text.split("\n", 1)[0]
    counts = {delimiter: first.count(delimiter) for delimiter in (",", ";", "\t", "|")}
    best = max(counts, key=lambda delimiter: counts[delimiter])
    return best if counts[best] else ","


def _comma_decimals(columns: Sequence[Sequence[str]]) -> bool:
    import re

    comma = re.compile(r"^-?\d+,\d+$")
    return any(any(comma.match(value.strip()) for value in column[:500]) for column in columns)


def _parquet(file: Path) -> Sample:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(file) as parquet:
            batch = next(parquet.iter_batches(batch_size=_ROWS), None)
            names = tuple(parquet.schema_arrow.names)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise DataProblem(Problem("the file is not readable as Parquet", str(file), fix="write it again")) from None
    if batch is None:
        return Sample(names, (), {}, "parquet")
    columns = tuple(tuple(None if v is None else _text(v) for v in column.to_pylist()) for column in batch.columns)
    return Sample(names, columns, {}, "parquet")


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
