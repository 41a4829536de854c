"""Converters of columns that would identify a person: ages, dates, ZIP codes (45 CFR 164.514(b)(2)(i)(B), (C))."""

import datetime
from collections.abc import Collection

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.ingest.cells import Mask, cell_text, is_text, mask_of, null_where, text
from components.ingest.columns import Column, Converter
from components.ingest.reasons import Reason
from pipeline_configs.ages import OLDEST
from pipeline_configs.feature import Categorical, Numeric

__all__ = ["AGE", "DATE", "YEAR", "ZIP", "capped_age", "days_before", "year_of", "zip3"]

AGE, DATE, YEAR, ZIP = "age over 89", "date", "year that tells an age over 89", "zip code"
"""Kinds of identifiers, as the de-identification report names them."""

_ZIP = r"^(\d{3})\d{2}([- ]?\d{4})?$"


def capped_age(convert: Converter, unit: str) -> Converter:
    """Returns the converter with every age over 89 years as 90 years.

    Args:
        convert: Converter of the column.
        unit: Unit of the column, one of `OLDEST`.
    """
    oldest = OLDEST[unit]

    def capped(array: pa.Array) -> Column:
        column = convert(array)
        over = mask_of(pc.greater_equal(column.values, oldest))
        if not over.any():
            return column
        values = pc.if_else(pa.array(over), pa.scalar(oldest, column.values.type), column.values)
        return column._replace(values=values, removed={AGE: int(over.sum())})

    return capped


def year_of(feature: Numeric, *, safe_harbor: bool) -> Converter:
    """Returns the converter of dates to calendar years, float32.

    Args:
        feature: Its declaration.
        safe_harbor: Whether a year 90 years back or more, which may be that of a birth, is left out.
    """

    def convert(array: pa.Array) -> Column:
        dates = _dates(array, feature)
        years = pc.year(dates.values).cast(pa.float32())
        removed = {DATE: len(years) - years.null_count}
        if safe_harbor:
            telling = mask_of(pc.less_equal(years, datetime.date.today().year - OLDEST["a"]))
            years = null_where(years, telling)
            removed |= {YEAR: int(telling.sum())} if telling.any() else {}
        return _within(years, feature, dates._replace(removed=removed))

    return convert


def days_before(feature: Numeric, dates: pa.Array, reference: pa.Array) -> Column:
    """Converts dates to days before another date of the same row, float32; negative where they are later.

    Args:
        feature: Its declaration.
        dates: Column of the feature.
        reference: Column of the prediction's date.
    """
    found, other = _dates(dates, feature), _dates(reference, feature)
    days = pc.subtract(_day_numbers(other.values), _day_numbers(found.values)).cast(pa.float32())
    bad = [(Reason.NO_DATE, mask) for column in (found, other) for _, mask in column.bad]
    removed = {DATE: len(days) - days.null_count}
    return _within(days, feature, Column(days, _once(bad, len(days)), found.trimmed, removed))


def zip3(feature: Categorical, small: Collection[str]) -> Converter:
    """Returns the converter of ZIP codes to their first three digits, 000 where few people live there.

    Args:
        feature: Its declaration.
        small: First three digits of areas with 20,000 people or fewer.
    """
    missing = pa.array(sorted({cell_text(cell) for cell in feature.missing}), pa.string())
    few = pa.array(sorted(small), pa.string())

    def convert(array: pa.Array) -> Column:
        values, trimmed = text(array)
        values = null_where(values, mask_of(pc.is_in(values, missing))) if len(missing) else values
        # A tool that took the column for numbers has dropped the leading zeros.
        padded = pc.if_else(pc.match_substring_regex(values, r"^\d{3,4}$"), pc.utf8_lpad(values, 5, "0"), values)
        right = mask_of(pc.match_substring_regex(padded, _ZIP))
        wrong = ~right & mask_of(pc.is_valid(values))
        first = pc.utf8_slice_codeunits(null_where(padded, ~right), 0, 3)
        stored = pc.if_else(pc.is_in(first, few), "000", first)
        return Column(stored, [(Reason.NO_ZIP, wrong)] if wrong.any() else [], trimmed, {ZIP: int(right.sum())})

    return convert


def _dates(array: pa.Array, feature: Numeric) -> Column:
    """A column as dates (date32), whether it holds text, dates or points in time."""
    assert feature.date
    if not is_text(array.type):
        try:
            return Column(array.cast(pa.date32(), safe=False))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            return Column(pa.nulls(len(array), pa.date32()), [(Reason.NO_DATE, mask_of(pc.is_valid(array)))])
    values, trimmed = text(array)
    missing = pa.array(sorted({cell_text(cell) for cell in feature.missing}), pa.string())
    values = null_where(values, mask_of(pc.is_in(values, missing))) if len(missing) else values
    written = pc.utf8_slice_codeunits(values, 0, 10) if feature.date.format == "%Y-%m-%d" else values
    parsed = pc.strptime(written, format=feature.date.format, unit="s", error_is_null=True).cast(
        pa.date32(), safe=False
    )
    wrong = mask_of(pc.is_null(parsed)) & mask_of(pc.is_valid(values))
    return Column(parsed, [(Reason.NO_DATE, wrong)] if wrong.any() else [], trimmed)


def _day_numbers(dates: pa.Array) -> pa.Int32Array:
    return dates.cast(pa.int32())


def _within(values: pa.Array, feature: Numeric, column: Column) -> Column:
    low, high = feature.range
    outside = mask_of(pc.or_(pc.less(values, low), pc.greater(values, high)))
    bad = [*column.bad, *([(Reason.OUT_OF_RANGE, outside)] if outside.any() else [])]
    return column._replace(values=values, bad=bad)


def _once(bad: list[tuple[Reason, Mask]], rows: int) -> list[tuple[Reason, Mask]]:
    """A cell stands under one reason once, also where both dates of its row are none."""
    together = np.zeros(rows, bool)
    for _, mask in bad:
        together |= mask
    return [(Reason.NO_DATE, together)] if bad else []
