"""Text of a CSV file, block by block, each cut where a row ends, with the line at which each row begins.

Arrow parses a block; but only whoever cuts the blocks knows on which line a row stands, once quoted values hold
line ends and blank lines lie between. Decoding, universal line ends (CRLF, CR, LF) and the byte order mark are dealt
with here too, so that what comes out is UTF-8 with LF.
"""

import codecs
import io
import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from components.ingest.block import Rejected
from components.ingest.reasons import Reason
from pipeline_configs.errors import DataProblem, Problem

__all__ = ["BLOCK_BYTES", "TextBlock", "text_blocks"]

BLOCK_BYTES = 4 << 20
"""Bytes read at a time: large enough for vectorised work, small enough for flat memory."""

MAX_ROW_BYTES = 16 << 20
"""A row longer than this is no row but a quote that was never closed."""

Int64 = npt.NDArray[np.int64]


class TextBlock(NamedTuple):
    """Whole rows of a CSV file.

    Attributes:
        data: UTF-8 with LF line ends; ends in LF.
        begins: int64[rows]; offset of each row in `data`. Blank lines are no rows.
        ends: int64[rows]; offset of the LF that ends each row.
        lines: int64[rows]; line in the file, from 1, at which each row begins.
        rejected: Rows that were taken out of `data` because their quotes are broken.
    """

    data: bytes
    begins: Int64
    ends: Int64
    lines: Int64
    rejected: tuple[Rejected, ...] = ()


def text_blocks(
    file: BinaryIO,
    encoding: str,
    delimiter: str,
    quote: str,
    block_bytes: int = BLOCK_BYTES,
    max_row: int = MAX_ROW_BYTES,
) -> Iterator[TextBlock]:
    """Reads a file as blocks of whole rows.

    Args:
        file: The bytes.
        encoding: How they are to be read. What is not valid becomes U+FFFD.
        delimiter: One ASCII character.
        quote: One ASCII character.
        block_bytes: Bytes read at a time.
        max_row: Longest row.

    Raises:
        DataProblem: A quote is opened and never closed, or nothing can be decoded.
    """
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)("replace"), translate=True)
    carry, line, at_start, more = b"", 1, True, True
    while more:
        raw = file.read(block_bytes)
        more = bool(raw)
        try:
            text = decoder.decode(raw, final=not more)
        except UnicodeError:
            raise DataProblem(_not_in(encoding, line)) from None
        if at_start and text:
            text, at_start = text.removeprefix("\ufeff"), False
        data = carry + text.encode("utf-8", "replace")
        if not more and data and not data.endswith(b"\n"):
            data += b"\n"
        ends, broken, newlines = _row_ends(data, delimiter, quote)
        size = int(ends[-1]) + 1 if len(ends) else 0
        carry = data[size:]
        lost: tuple[Rejected, ...] = ()
        if carry and (not more or len(carry) > max_row):
            inside = line + int(np.searchsorted(newlines, size))
            if more or carry.count(b"\n") > 1:
                raise _never_closed(inside, quote)
            lost = (Rejected(inside, "", Reason.UNCLOSED_QUOTE),)
        if size or lost:
            yield _block(data[:size], ends, broken, newlines, line, lost)
        line += int(np.searchsorted(newlines, size))


def _block(
    data: bytes, ends: Int64, broken: Int64, newlines: Int64, line: int, lost: tuple[Rejected, ...]
) -> TextBlock:
    begins = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else ends
    lines = line + np.searchsorted(newlines, begins)
    rejected = tuple(Rejected(int(lines[row]), "", Reason.AFTER_QUOTE) for row in broken)
    if len(broken):
        kept = np.delete(np.arange(len(ends)), broken)
        data = b"".join(data[begins[row] : ends[row] + 1] for row in kept)
        sizes = ends[kept] + 1 - begins[kept]
        ends = np.cumsum(sizes) - 1
        begins, lines = ends + 1 - sizes, lines[kept]
    rows = ends > begins
    return TextBlock(data, begins[rows], ends[rows], lines[rows], rejected + lost)


def _row_ends(data: bytes, delimiter: str, quote: str) -> tuple[Int64, Int64, Int64]:
    """Finds the line ends that end rows.

    Returns:
        Offsets of the LFs that end rows; numbers of those rows whose quotes are broken; offsets of all LFs.
    """
    array = np.frombuffer(data, np.uint8)
    newlines = np.flatnonzero(array == 10)
    none = np.empty(0, np.int64)
    if quote.encode() not in data:
        return newlines, none, newlines
    quotes = np.flatnonzero(array == ord(quote))
    if _well_formed(array, quotes, ord(delimiter), ord(quote)):
        inside = np.searchsorted(quotes, newlines) % 2 == 1
        return newlines[~inside], none, newlines
    return *_scan(data, delimiter, quote), newlines


def _well_formed(array: npt.NDArray[np.uint8], quotes: Int64, delimiter: int, quote: int) -> bool:
    """Whether each quote that opens follows a delimiter, a line end or a quote, and each that closes precedes one.

    Then the quotes before a place are odd in number exactly where the place lies within quotes (RFC 4180, 2.5 to 2.7).
    """
    allowed = np.zeros(256, bool)
    allowed[[delimiter, quote, 10]] = True
    opening, closing = quotes[0::2], quotes[1::2]
    before = array[opening[opening > 0] - 1]
    after = array[closing[closing < len(array) - 1] + 1]
    return bool(allowed[before].all() and allowed[after].all())


def _scan(data: bytes, delimiter: str, quote: str) -> tuple[Int64, Int64]:
    """Finds row ends where quotes stand in odd places, row by row, with the rules of Arrow's parser.

    A quote counts only at the start of a value. A row with text after a closing quote is marked as broken: most
    likely a quote was not closed and the value has run on into a later line.
    """
    q, d = (re.escape(character.encode()) for character in (quote, delimiter))
    plain = rb"[^" + d + rb"\n]*+"
    quoted = q + rb"[^" + q + rb"]*+(?:" + q + q + rb"[^" + q + rb"]*+)*+" + q
    value = rb"(?:" + quoted + rb"(?P<%b>" + plain.replace(b"]*+", b"]++") + rb")?|(?!" + q + rb")" + plain + rb")"
    row = re.compile(value.replace(b"%b", b"a") + rb"(?:" + d + value.replace(b"%b", b"b") + rb")*+\n")
    ends: list[int] = []
    broken: list[int] = []
    position = 0
    while match := row.match(data, position):
        if match["a"] is not None or match["b"] is not None:
            broken.append(len(ends))
        position = match.end()
        ends.append(position - 1)
    return np.array(ends, np.int64), np.array(broken, np.int64)


def _not_in(encoding: str, line: int) -> Problem:
    return Problem(f"the file is not {encoding}", f"after line {line}", "the encoding in data.encoding")


def _never_closed(line: int, quote: str) -> DataProblem:
    return DataProblem(
        Problem(
            f"a quote ({quote}) is opened and not closed",
            f"line {line}",
            expected="each opened quote closed within its value",
            fix="close it, or set data.quote to a character that does not occur",
        )
    )
