"""Cells to text and numbers."""

import decimal

import pyarrow as pa
import pytest

from components.ingest.cells import cell_text, numbers, text, without_point_zero
from components.ingest.reasons import Reason


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (pa.array([" male ", "\u00a0x\t", "", "  ", None]), ["male", "x", None, None, None]),
        (pa.array([7, -1, None]), ["7", "-1", None]),
        (pa.array([7.0, 7.5, -0.0, float("nan"), None]), ["7", "7.5", "0", None, None]),
        (pa.array([1e15, 123456789012.0]), ["1000000000000000", "123456789012"]),
        (pa.array([True, False, None]), ["true", "false", None]),
        (pa.array([decimal.Decimal("7.00"), decimal.Decimal("7.25")]), ["7", "7.25"]),
        (pa.array(["a", " a", None]).dictionary_encode(), ["a", "a", None]),
        (pa.array(["a"], pa.large_string()), ["a"]),
        (pa.nulls(2), [None, None]),
        (pa.array([7.0], pa.float32()), ["7"]),
    ],
)
def test_text(array: pa.Array, expected: list[str | None]) -> None:
    assert text(array).values.to_pylist() == expected


def test_text_counts_what_it_trims() -> None:
    assert text(pa.array(["a", " b", "c ", None, "  "])).trimmed == 3


def test_whole_numbers_that_were_taken_for_floats() -> None:
    assert without_point_zero(pa.array(["7.0", "-1.00", "7.05", "1.2.0", "x.0", None])).to_pylist() == [
        *("7", "-1", "7.05", "1.2.0", "x.0", None)
    ]


@pytest.mark.parametrize(("cell", "expected"), [(True, "true"), (0, "0"), (1.0, "1"), (1.5, "1.5"), (" NA ", "NA")])
def test_declared_cells_are_written_like_cells(cell: bool | float | str, expected: str) -> None:
    assert cell_text(cell) == expected


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("abc", Reason.NOT_A_NUMBER),
        ("12a", Reason.NOT_A_NUMBER),
        ("0x10", Reason.NOT_A_NUMBER),
        ("1_000", Reason.NOT_A_NUMBER),
        ("1 000", Reason.NOT_A_NUMBER),
        ("٣", Reason.NOT_A_NUMBER),
        ("1e5000", Reason.NOT_FINITE),
        ("1e400", Reason.NOT_FINITE),
        ("inf", Reason.NOT_FINITE),
        ("-Infinity", Reason.NOT_FINITE),
        ("nan", Reason.MISSING_WORD),
        ("N/A", Reason.MISSING_WORD),
        ("?", Reason.MISSING_WORD),
        ("-", Reason.MISSING_WORD),
        ("1,5", Reason.COMMA),
        ("1,234.5", Reason.COMMA),
        ("1.234,5", Reason.COMMA),
        ("> 89", Reason.COMPARISON),
        (">=90", Reason.COMPARISON),
        ("<0,1", Reason.COMPARISON),
    ],
)
def test_text_that_is_no_number(cell: str, reason: Reason) -> None:
    values, bad = numbers(pa.array(["1", cell, None, "2.5"]), ".")
    assert values.to_pylist() == [1.0, None, None, 2.5]
    assert [(found, mask.tolist()) for found, mask in bad] == [(reason, [False, True, False, False])]


@pytest.mark.parametrize("cell", ["+5", "5.", ".5", "-5e-1", "5E2", "005", "1e-320"])
def test_numbers_beside_others_that_are_none(cell: str) -> None:
    """The second way of reading, which a single bad cell brings about, reads the rest like the first."""
    alone, _ = numbers(pa.array([cell]), ".")
    beside, _ = numbers(pa.array([cell, "abc"]), ".")
    assert alone.to_pylist() == beside.to_pylist()[:1] == [float(cell)]


def test_decimal_comma() -> None:
    values, bad = numbers(pa.array(["1,5", "2", "-,5", "1.5", "1.234,5", "1,2,3", "x"]), ",")
    assert values.to_pylist() == [1.5, 2.0, -0.5, None, None, None, None]
    assert {reason: mask.nonzero()[0].tolist() for reason, mask in bad} == {
        Reason.POINT: [3, 4],
        Reason.COMMA: [5],
        Reason.NOT_A_NUMBER: [6],
    }


def test_typed_numbers() -> None:
    values, bad = numbers(pa.array([1.5, float("nan"), float("inf"), None]), ".")
    assert values.to_pylist() == [1.5, None, None, None]
    assert [(reason, mask.nonzero()[0].tolist()) for reason, mask in bad] == [(Reason.NOT_FINITE, [2])]
    assert numbers(pa.array([1, None], pa.int16()), ".")[0].to_pylist() == [1.0, None]
