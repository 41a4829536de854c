"""Blocks of a file of JSON lines (NDJSON): an object a line, its keys the columns."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

from components.ingest.block import Block, Rejected
from components.ingest.cells import cell_text
from components.ingest.reasons import Reason
from transforms.text.reasons import NoteReason

__all__ = ["LINE_BYTES", "BadLine", "parse_line", "read_jsonl"]

LINE_BYTES = 16 << 20
"""Longest line; what is longer is passed over without being held."""

_BOM = b"\xef\xbb\xbf"


class BadLine(Exception):
    """A line that is no object of single values.

    Args:
        reason: Fixed sentence; the parser's own holds the text.
        column: Column that is meant; "" for the line as a whole.
    """

    def __init__(self, reason: str, column: str = "") -> None:
        super().__init__(reason)
        self.reason, self.column = reason, column


def read_jsonl(
    file: BinaryIO, columns: Sequence[str], block_bytes: int, share: int = 0, shares: int = 1
) -> Iterator[Block]:
    """Reads a file of JSON lines.

    Args:
        file: The bytes, from the start; UTF-8 (RFC 8259, 8.1).
        columns: The keys to read; others never leave this function. A key that is not there is an absent value.
        block_bytes: Bytes of a block, about.
        share: Of the blocks, those whose number leaves this remainder ...
        shares: ... when divided by this are read; the others are only counted in lines.

    Yields:
        Blocks whose columns are `columns`: numbers where all values are numbers, truth values likewise, else text.
    """
    block, size, number = _Lines(columns), 0, 0
    for line, text in _lines(file):
        if number % shares == share:
            block.add(line, text)
        size += len(text) if text is not None else block_bytes
        if size >= block_bytes:
            if block:
                yield block.block()
            block, size, number = _Lines(columns), 0, number + 1
    if block:
        yield block.block()


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Yields number and bytes of each line that is not blank; None for one that is too long."""
    number = 0
    while text := file.readline(LINE_BYTES):
        number += 1
        if len(text) == LINE_BYTES and not text.endswith(b"\n"):
            while text and not text.endswith(b"\n"):
                text = file.readline(LINE_BYTES)
            yield number, None
            continue
        text = text.removeprefix(_BOM) if number == 1 else text
        if not text.isspace() and text:
            yield number, text


def parse_line(text: bytes, columns: Sequence[str]) -> dict[str, Any]:
    """Returns the object in a line, as far as columns name it; nested values are for other columns only.

    Raises:
        BadLine: There is none, or a value is not single.
    """
    try:
        found = json.loads(text.decode("utf-8"), object_pairs_hook=_pairs, parse_constant=_no_number)
    except UnicodeDecodeError:
        raise BadLine(Reason.UNDECODABLE) from None
    except (ValueError, RecursionError):
        raise BadLine(NoteReason.BROKEN_LINE) from None
    if not isinstance(found, dict):
        raise BadLine(NoteReason.NO_OBJECT)
    for column in columns:
        value = found.get(column)
        if isinstance(value, dict | list):
            raise BadLine(NoteReason.NESTED, column)
        if isinstance(value, str) and not _encodes(value):
            raise BadLine(Reason.UNDECODABLE, column)
    return found


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadLine(NoteReason.REPEATED_KEY)
    return found


def _no_number(text: str) -> float:
    """NaN and Infinity, which some tools write and JSON does not know."""
    del text
    raise BadLine(NoteReason.BROKEN_LINE)


def _encodes(text: str) -> bool:
    """Whether a text is Unicode: JSON can write half of a surrogate pair."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class _Lines:
    """Lines on their way to a block."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = columns
        self._values: dict[str, list[Any]] = {column: [] for column in columns}
        self._lines: list[int] = []
        self._rejected: list[Rejected] = []

    def __bool__(self) -> bool:
        return bool(self._lines or self._rejected)

    def add(self, line: int, text: bytes | None) -> None:
        if text is None:
            self._rejected.append(Rejected(line, "", NoteReason.LONG_LINE))
            return
        try:
            found = parse_line(text, self._columns)
        except BadLine as problem:
            self._rejected.append(Rejected(line, problem.column, problem.reason))
            return
        self._lines.append(line)
        for column, values in self._values.items():
            values.append(found.get(column))

    def block(self) -> Block:
        batch = pa.RecordBatch.from_arrays([_array(v) for v in self._values.values()], names=list(self._values))
        return Block(batch, np.array(self._lines, np.int64), tuple(self._rejected))


def _array(values: list[Any]) -> pa.Array:
    present = [value for value in values if value is not None]
    if present and all(isinstance(value, bool) for value in present):
        return pa.array(values, pa.bool_())
    if present and all(type(value) in (int, float) and abs(value) < 2**53 for value in present):
        return pa.array([None if value is None else float(value) for value in values], pa.float64())
    return pa.array([None if value is None or value == "" else cell_text(value) for value in values], pa.string())
