"""Block: what every reader of records yields, and what everything downstream of reading takes."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

__all__ = ["Block", "Rejected"]


class Rejected(NamedTuple):
    """Something that a reader could not read.

    Attributes:
        line: Line (CSV, NDJSON) or row number (Parquet, bundle) in the file, from 1; 0 where there is none.
        column: Source column, or "" where the row as a whole cannot be read.
        reason: Short fixed sentence without any value.
        file: File, where it is another one than the block's.
    """

    line: int
    column: str
    reason: str
    file: str = ""


class Block(NamedTuple):
    """Some consecutive rows of one file (or of one group of files that make up one table), as the source has them.

    Attributes:
        batch: One column for each source column that the task uses, under the source's name: `task.patient_id`,
            `task.label_column` and `task.column(feature)` of each feature. CSV gives them as strings; Parquet and
            FHIR give them typed. Null stands for an absent value.
        lines: int64[rows]; the line (CSV, NDJSON) or the row number (Parquet, bundle) in the file, from 1, at which
            each row begins.
        rejected: Rows that are not in `batch` because they could not be read. Each counts as one row read and one
            in quarantine.
        file: File of these rows, where the reader reads several as one table; "" for the file it was opened with.
        files: File of each row, where one block has rows of several files (FHIR: the file of the Patient); else ().
        read: How much this block accounts for, as the share of quarantine and the report count it; None stands for
            `batch.num_rows + len(rejected)`. FHIR counts resources, not patients.
        left_out: What was left out on purpose, as (reason, number): neither a row nor in quarantine.
    """

    batch: pa.RecordBatch
    lines: npt.NDArray[np.int64]
    rejected: tuple[Rejected, ...] = ()
    file: str = ""
    files: tuple[str, ...] = ()
    read: int | None = None
    left_out: tuple[tuple[str, int], ...] = ()
