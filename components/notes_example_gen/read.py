"""Readers of tables of notes: a share of one file to blocks, whatever its format."""

from collections.abc import Iterator, Sequence
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from components.ingest.block import Block
from components.ingest.normalise import source_columns
from components.ingest.read_csv import read_csv
from components.ingest.read_parquet import open_parquet
from components.notes_example_gen.read_jsonl import read_jsonl
from components.storage import open_file, reading
from pipeline_configs.errors import DataProblem, Problem
from pipeline_configs.task import Task

__all__ = ["read_blocks", "shares_of"]

_BLOCK_BYTES = {"column": 512 << 10, "file": 64 << 10}
"""Bytes of a block: some hundred notes, or the paths of some hundred."""

_PARQUET_ROWS = 256
_MOST_SHARES = 16


def shares_of(task: Task, size: int) -> int:
    """Returns into how many shares a file is divided; depends on its size alone, so that the result does too.

    Args:
        task: Says whether the notes stand in the file.
        size: Bytes of the file.
    """
    return max(1, min(-(-size // _BLOCK_BYTES[task.text[1].stored]), _MOST_SHARES))


def read_blocks(path: str, task: Task, share: int = 0, shares: int = 1) -> Iterator[Block]:
    """Reads a share of a CSV file, a Parquet file or JSON lines: every block whose number has the right remainder.

    Whoever works on one share reads over the blocks of the others, which costs a hundredth of what a share's own notes
    cost; in return no raw note or id has to travel from one worker to another.

    Args:
        path: The file, local or remote.
        task: A task on notes; says which columns to read.
        share: Number of the share, from 0.
        shares: Number of shares.

    Yields:
        Blocks of the columns that the task uses.

    Raises:
        DataProblem: The file cannot be read.
    """
    columns = source_columns(task)
    block_bytes = _BLOCK_BYTES[task.text[1].stored]
    with reading(path), open_file(path) as file:
        if task.data.format == "jsonl":
            yield from read_jsonl(file, columns, block_bytes, share, shares)
            return
        blocks = (
            read_csv(file, task.data, columns, block_bytes)
            if task.data.format == "csv"
            else _read_parquet(file, path, columns)
        )
        yield from (block for number, block in enumerate(blocks) if number % shares == share)


def _read_parquet(file: BinaryIO, path: str, columns: Sequence[str]) -> Iterator[Block]:
    """As `components.ingest.read_parquet`, in batches that notes of any length leave small."""
    parquet, row = open_parquet(file, path), 1
    try:
        for batch in parquet.iter_batches(batch_size=_PARQUET_ROWS, columns=list(columns), use_threads=False):
            chosen = batch.select(list(columns))
            chosen.validate(full=True)
            yield Block(chosen, np.arange(row, row + chosen.num_rows, dtype=np.int64))
            row += chosen.num_rows
    except (pa.ArrowException, UnicodeError, IndexError, OverflowError):
        found = f"cannot be read from row {row} on"
        problem = Problem("the Parquet file is broken", path, found=found, fix="write or copy it again")
        raise DataProblem(problem) from None
