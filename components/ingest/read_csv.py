"""Blocks of a CSV file: every value as text, ragged and undecodable lines set aside."""

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from components.ingest.block import Block, Rejected
from components.ingest.lines import BLOCK_BYTES, TextBlock, text_blocks
from components.ingest.reasons import Reason
from pipeline_configs.data import Data

__all__ = ["read_csv", "split_header"]

REPLACEMENT = "\ufffd"
"""What stands in the text where a byte was not valid in the declared encoding."""


def read_csv(file: BinaryIO, data: Data, columns: Sequence[str], block_bytes: int = BLOCK_BYTES) -> Iterator[Block]:
    """Reads a CSV file.

    Args:
        file: The bytes, from the start.
        data: Delimiter, quote and encoding.
        columns: The columns to read, all of them in the header; others are parsed over and never kept.
        block_bytes: Bytes read at a time.

    Yields:
        Blocks whose columns are `columns`, as strings; an empty cell is null.

    Raises:
        DataProblem: A quote is opened and never closed.
    """
    names: list[str] | None = None
    for text in text_blocks(file, data.encoding, data.delimiter, data.quote, block_bytes):
        if names is None:
            if not len(text.begins):
                continue
            names = split_header(text.data[: text.ends[0]].decode(), data)
            text = text._replace(
                data=text.data[text.ends[0] + 1 :],
                begins=text.begins[1:] - text.ends[0] - 1,
                ends=text.ends[1:] - text.ends[0] - 1,
                lines=text.lines[1:],
            )
        if len(text.begins) or text.rejected:
            yield _parse(text, names, data, columns)


def split_header(text: str, data: Data) -> list[str]:
    """Takes the header line apart; spaces around names do not count."""
    rows = csv.reader(io.StringIO(text.strip("\n")), delimiter=data.delimiter, quotechar=data.quote)
    return [name.strip() for name in next(rows, [])]


def _parse(text: TextBlock, names: Sequence[str], data: Data, columns: Sequence[str]) -> Block:
    """Parses whole rows with Arrow.

    Columns go by number inside, so that a doubled or odd name of a column that is not read does no harm.
    """
    ragged: list[int] = []

    def skip(row: pa_csv.InvalidRow) -> str:
        ragged.append(row.number - 1)
        return "skip"

    wanted = {str(names.index(column)): column for column in columns}
    # Arrow drops a byte order mark at the start of what it is given; within a file it is part of a value.
    content = b"\n" + text.data if text.data.startswith(codecs.BOM_UTF8) else text.data
    if len(text.begins):
        table = pa_csv.read_csv(
            pa.BufferReader(content),
            pa_csv.ReadOptions(
                use_threads=False, block_size=len(content) + 1, column_names=[str(i) for i in range(len(names))]
            ),
            pa_csv.ParseOptions(
                delimiter=data.delimiter,
                quote_char=data.quote,
                newlines_in_values=data.quote.encode() in text.data,
                invalid_row_handler=skip,
            ),
            pa_csv.ConvertOptions(
                check_utf8=False,
                column_types=dict.fromkeys(wanted, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                include_columns=list(wanted),
            ),
        )
        arrays = [column.combine_chunks() if column.num_chunks != 1 else column.chunk(0) for column in table.columns]
    else:
        arrays = [pa.array([], pa.string()) for _ in wanted]
    batch = pa.RecordBatch.from_arrays(arrays, names=list(wanted.values()))
    lines = np.delete(text.lines, ragged) if ragged else text.lines
    if len(lines) != batch.num_rows:
        raise AssertionError("rows and lines do not match")
    rejected = [*text.rejected, *(Rejected(int(text.lines[row]), "", Reason.RAGGED) for row in ragged)]
    if REPLACEMENT.encode() in text.data:
        batch, lines, undecodable = _without_replacements(batch, lines)
        rejected += undecodable
    return Block(batch, lines, tuple(rejected))


def _without_replacements(
    batch: pa.RecordBatch, lines: npt.NDArray[np.int64]
) -> tuple[pa.RecordBatch, npt.NDArray[np.int64], list[Rejected]]:
    """Takes out the rows with a character that could not be decoded in a column that is read; one entry a row."""
    rejected: list[Rejected] = []
    bad = np.zeros(batch.num_rows, bool)
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        found = pc.fill_null(pc.match_substring(column, REPLACEMENT), False).to_numpy(zero_copy_only=False)
        rejected += [Rejected(int(line), name, Reason.UNDECODABLE) for line in lines[found & ~bad]]
        bad |= found
    return batch.filter(pa.array(~bad)), lines[~bad], rejected
