"""Arrow columns of cells to text and to numbers; vectorised, and never with an error that quotes a cell."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from components.ingest.reasons import Reason
from pipeline_configs.feature import Cell

__all__ = [
    "MISSING_WORDS",
    "Bad",
    "Mask",
    "cell_text",
    "is_text",
    "mask_of",
    "null_where",
    "numbers",
    "text",
    "without_point_zero",
]

Mask = npt.NDArray[np.bool_]
Bad = list[tuple[Reason, Mask]]

_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_WITH_COMMA = r"^[+-]?[\d.']*,[\d.,']*([eE][+-]?\d+)?$"
_WITH_POINT = r"^[+-]?[\d,']*\.[\d.,']*([eE][+-]?\d+)?$"
_COMPARED = r"^([<>=≤≥]|&[lg]t;)\s*=?\s*[+-]?[.,]?\d"
MISSING_WORDS = (
    *("na", "n/a", "n.a.", "nan", "null", "nil", "none", "missing", "unknown", "unk", "not measured", "not available"),
    *("?", "-", "--", ".", "*", "#n/a", "nd", "n.d.", "k.a.", "<na>"),
)
"""What stands in tables for a missing value, in lower case."""


class Text(NamedTuple):
    """A column as text: trimmed, null where empty; and the number of cells that had spaces around them."""

    values: pa.StringArray
    trimmed: int


def is_text(array_type: pa.DataType) -> bool:
    """Whether a column holds text, also where it is dictionary-encoded."""
    if pa.types.is_dictionary(array_type):
        array_type = array_type.value_type
    return pa.types.is_string(array_type) or pa.types.is_large_string(array_type) or pa.types.is_string_view(array_type)


def text(array: pa.Array) -> Text:
    """Returns a column as text, such that 7, 7.0 and "7" are the same, and true is "true".

    Args:
        array: Strings, whole or floating-point numbers, decimals or truth values.
    """
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if is_text(array.type):
        plain = array.cast(pa.string())
        values = pc.utf8_trim_whitespace(plain)
        trimmed = pc.sum(pc.not_equal(values, plain)).as_py() or 0
        empty = pc.equal(pc.binary_length(values), 0)
        if pc.any(empty).as_py():
            values = null_where(values, mask_of(empty))
        return Text(values, trimmed)
    if pa.types.is_floating(array.type) or pa.types.is_decimal(array.type):
        return Text(_float_text(array.cast(pa.float64(), safe=False)), 0)
    return Text(array.cast(pa.string()), 0)


def _float_text(array: pa.DoubleArray) -> pa.StringArray:
    """Numbers as text; whole ones without ".0", as far as a double is exact."""
    values = array.to_numpy(zero_copy_only=False)
    whole = np.isfinite(values) & (np.abs(values) < 2**53) & (values == np.floor(values))
    integers = pa.array(np.where(whole, values, 0).astype(np.int64), mask=~whole)
    others = pa.array(values, mask=whole | np.isnan(values))
    return pc.coalesce(integers.cast(pa.string()), others.cast(pa.string()))


def without_point_zero(values: pa.StringArray) -> pa.StringArray:
    """Returns text with "7.0" as "7": what a whole number becomes where a tool has taken its column for floats."""
    if pc.any(pc.match_substring(values, ".0")).as_py():
        return pc.replace_substring_regex(values, r"^([+-]?\d+)\.0+$", r"\1")
    return values


def cell_text(cell: Cell) -> str:
    """Returns a declared cell as `text` writes it."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def numbers(array: pa.Array, decimal: str) -> tuple[pa.DoubleArray, Bad]:
    """Returns a column as float64, null where it is empty or cannot be read.

    Args:
        array: Numbers, or text as `text` returns it.
        decimal: Decimal mark of text.

    Returns:
        The numbers, and the cells that are none, by reason.
    """
    if not is_text(array.type):
        values = array.cast(pa.float64(), safe=False)
        plain = values.to_numpy(zero_copy_only=False)
        infinite = np.isinf(plain)
        return null_where(values, ~np.isfinite(plain)), [(Reason.NOT_FINITE, infinite)] if infinite.any() else []
    bad: Bad = []
    readable = array
    if decimal == ",":
        pointed = mask_of(pc.match_substring(array, "."))
        if pointed.any():
            bad = _classified(array, pointed, decimal)
            readable = null_where(array, pointed)
        readable = pc.replace_substring(readable, ",", ".")
    try:
        values = readable.cast(pa.float64())
    except pa.ArrowInvalid:
        valid = pc.match_substring_regex(readable, _NUMBER)
        bad += _classified(array, mask_of(pc.invert(valid)), decimal)
        values = null_where(readable, ~mask_of(valid)).cast(pa.float64())
    plain = values.to_numpy(zero_copy_only=False)
    odd = ~np.isfinite(plain) & mask_of(pc.is_valid(values))
    if odd.any():
        values = null_where(values, odd)
        bad += _classified(array, odd, decimal)
    return values, bad


def _classified(array: pa.StringArray, wrong: Mask, decimal: str) -> Bad:
    """Says of each cell that is no number what it looks like."""
    rows = np.flatnonzero(wrong)
    cells = array.take(pa.array(rows))
    lower = pc.utf8_lower(cells)
    looks = [
        (Reason.MISSING_WORD, pc.is_in(lower, pa.array(MISSING_WORDS))),
        (Reason.COMPARISON, pc.match_substring_regex(cells, _COMPARED)),
        (Reason.NOT_FINITE, pc.match_substring_regex(lower, r"^[+-]?inf(inity)?$")),
        (Reason.NOT_FINITE, pc.match_substring_regex(cells, _NUMBER)),
        (Reason.POINT, pc.match_substring_regex(cells, _WITH_POINT if decimal == "," else "^$")),
        (Reason.COMMA, pc.match_substring_regex(cells, _WITH_COMMA)),
        (Reason.NOT_A_NUMBER, pc.is_valid(cells)),
    ]
    if decimal == ",":
        looks[3], looks[4] = looks[4], looks[3]
    bad: Bad = []
    open_cells = np.ones(len(rows), bool)
    for reason, matching in looks:
        here = mask_of(matching) & open_cells
        if here.any():
            mask = np.zeros(len(array), bool)
            mask[rows[here]] = True
            bad.append((reason, mask))
            open_cells &= ~here
    return bad


def mask_of(array: pa.BooleanArray) -> Mask:
    """Returns truth values as bool[rows], null as False."""
    filled = pc.fill_null(array, False) if array.null_count else array
    return np.asarray(filled.to_numpy(zero_copy_only=False), bool)


def null_where(array: pa.Array, mask: Mask) -> pa.Array:
    """Returns the column with null where the mask is true."""
    if not mask.any():
        return array
    return pc.if_else(pa.array(mask), pa.scalar(None, array.type), array)


def merged(bads: Iterable[Bad], rows: int) -> Mask:
    """Returns where any of these says that a cell is bad."""
    mask = np.zeros(rows, bool)
    for bad in bads:
        for _, here in bad:
            mask |= here
    return mask
