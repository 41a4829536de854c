"""Blocks of a Parquet file, typed as they are stored."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from components.ingest.block import Block
from pipeline_configs.errors import DataProblem, Problem

__all__ = ["open_parquet", "read_parquet"]

ROWS = 1 << 15
"""Rows read at a time."""

_BUFFER = 1 << 20


def open_parquet(file: BinaryIO, path: str) -> pq.ParquetFile:
    """Opens a Parquet file and reads its footer.

    Raises:
        DataProblem: It is no Parquet file, or is cut off.
    """
    begins = file.read(4) == b"PAR1"
    file.seek(0)
    if not begins:
        fix = "correct data.path or data.format"
        raise DataProblem(Problem("this is no Parquet file", path, "PAR1 at its start", fix=fix))
    problem = Problem("the Parquet file is cut off or broken", path, "PAR1 at its end", fix="write or copy it again")
    with _broken(lambda: problem):
        parquet = pq.ParquetFile(file, buffer_size=_BUFFER, pre_buffer=False)
        parquet.schema_arrow  # noqa: B018 - read here, so that what is wrong with it is noticed here
        return parquet


def read_parquet(file: BinaryIO, path: str, columns: Sequence[str]) -> Iterator[Block]:
    """Reads a Parquet file.

    Args:
        file: The bytes.
        path: Name for messages.
        columns: The columns to read, all of them in the file.

    Yields:
        Blocks whose columns are `columns`; `lines` are row numbers from 1.

    Raises:
        DataProblem: A page cannot be read.
    """
    row = 1

    def problem() -> Problem:
        found = f"cannot be read from row {row} on"
        return Problem("the Parquet file is broken", path, found=found, fix="write or copy it again")

    parquet = open_parquet(file, path)
    with _broken(problem):
        batches = parquet.iter_batches(batch_size=ROWS, columns=list(columns), use_threads=False)
    while True:
        with _broken(problem):
            batch = next(batches, None)
            if batch is None:
                return
            batch = batch.select(list(columns))
            batch.validate(full=True)
        yield Block(batch, np.arange(row, row + batch.num_rows, dtype=np.int64))
        row += batch.num_rows


@contextmanager
def _broken(problem: Callable[[], Problem]) -> Iterator[None]:
    """Turns what Arrow raises on a broken file into a DataProblem without its text, which may quote the content.

    A plain OSError without a number is Arrow's as well; the others are the storage's.
    """
    try:
        yield
    except (pa.ArrowException, UnicodeError, IndexError, OverflowError):
        raise DataProblem(problem()) from None
    except OSError as error:
        if type(error) is not OSError or error.errno:
            raise
        raise DataProblem(problem()) from None
