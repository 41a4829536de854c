"""Readers of records: one file to blocks, whatever its format."""

from collections.abc import Iterator

from components.ingest.block import Block
from components.ingest.normalise import source_columns
from components.ingest.read_csv import read_csv
from components.ingest.read_parquet import read_parquet
from components.storage import open_file, reading
from pipeline_configs.task import Task

__all__ = ["read_blocks"]


def read_blocks(path: str, task: Task) -> Iterator[Block]:
    """Reads a CSV or Parquet file whose header was found right (`header.inspect_file`).

    Args:
        path: The file, local or remote.
        task: Says which columns to read, and how CSV is written.

    Yields:
        Blocks of the columns that the task uses; no other column leaves this function.

    Raises:
        DataProblem: The file cannot be read.
    """
    columns = source_columns(task)
    with reading(path), open_file(path) as file:
        yield from (
            read_csv(file, task.data, columns) if task.data.format == "csv" else read_parquet(file, path, columns)
        )
