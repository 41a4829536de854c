"""Converters of one source column each, from the feature's (or the label's) declaration."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.ingest.cells import (
    MISSING_WORDS,
    Bad,
    Mask,
    cell_text,
    is_text,
    mask_of,
    null_where,
    numbers,
    text,
    without_point_zero,
)
from components.ingest.reasons import Reason
from pipeline_configs.feature import Categorical, Cell, Feature, Flag, Image, Numeric
from pipeline_configs.task import Label
from transforms.text.cleaning import INVISIBLE

__all__ = ["Column", "Converter", "band_converter", "feature_converter", "label_converter", "patient_converter"]


class Column(NamedTuple):
    """A converted column.

    Attributes:
        values: float32, string or int64; null where missing or bad.
        bad: Cells that cannot be taken, by reason; a cell stands under one reason only.
        trimmed: Number of cells that had spaces around the value.
        removed: Number of cells by the kind of identifier that was taken out of them.
    """

    values: pa.Array
    bad: Bad = []  # noqa: RUF012
    trimmed: int = 0
    removed: Mapping[str, int] = {}


Converter = Callable[[pa.Array], Column]


def feature_converter(feature: Feature, decimal: str) -> Converter:
    """Returns the converter of a feature's column.

    Args:
        feature: Its declaration; dates and ZIP codes have converters of their own (components.ingest.identifiers).
        decimal: Decimal mark of text.
    """
    if isinstance(feature, Numeric):
        return _numeric(feature.missing, feature.range, feature.replace, decimal, pa.float32())
    if isinstance(feature, Flag):
        return _coded(feature.true, feature.false, feature.missing, Reason.NEITHER_FLAG)
    if isinstance(feature, Categorical):
        return _categorical(feature)
    return _required_text(Reason.NO_IMAGE if isinstance(feature, Image) else Reason.NO_NOTE)


def label_converter(label: Label, decimal: str) -> Converter:
    """Returns the converter of the label's column to int64 0 or 1; a missing label is a bad cell."""
    positive = label.positive
    if positive.equals:
        convert = _coded(positive.equals, positive.negative, label.missing, Reason.NEITHER_LABEL)
    else:
        read = _numeric(label.missing, label.range, {}, decimal, pa.float64())

        def convert(array: pa.Array) -> Column:
            column = read(array)
            compare = pc.greater if positive.above is not None else pc.greater_equal
            cut = positive.above if positive.above is not None else positive.at_least
            return column._replace(values=compare(column.values, cut).cast(pa.int64()))

    def required(array: pa.Array) -> Column:
        column = convert(array)
        missing = mask_of(pc.is_null(column.values))
        for _, mask in column.bad:
            missing &= ~mask
        return column._replace(bad=[*column.bad, (Reason.NO_LABEL, missing)]) if missing.any() else column

    return required


def patient_converter(array: pa.Array) -> Column:
    """Returns patient ids as text, such that the same patient has one id and nobody has the id of all unknown ones.

    Trimmed, 7 and 7.0 and "7" alike, in one form of Unicode and without invisible characters; case counts. One that is
    empty or a word for a missing value is a bad cell.
    """
    column = text(array)
    values = _plain_characters(without_point_zero(column.values))
    none = mask_of(pc.is_in(pc.utf8_lower(values), pa.array(MISSING_WORDS)))
    values = null_where(values, none)
    bad: Bad = [(Reason.NO_PATIENT, mask_of(pc.is_null(values)))] if values.null_count else []
    return Column(values, bad, column.trimmed)


def _plain_characters(values: pa.StringArray) -> pa.StringArray:
    """Full-width digits, zero-width spaces and the like come with copying; they make no other patient."""
    if pc.all(pc.string_is_ascii(values)).as_py() is not False:
        return values
    plain = pc.replace_substring_regex(pc.utf8_normalize(values, "NFKC"), f"[{INVISIBLE}]", "")
    return text(plain).values


def band_converter(cuts: Iterable[float], names: Iterable[str]) -> Converter:
    """Returns the converter of a numeric feature (float32, as stored) to the name of its band.

    Args:
        cuts: Lower bounds of all bands but the first, rising; each belongs to the band above it.
        names: One more than cuts.
    """
    bounds = np.array(list(cuts), np.float32)
    labels = pa.array(list(names), pa.string())

    def convert(array: pa.Array) -> Column:
        band = np.searchsorted(bounds, pc.fill_null(array, 0).to_numpy(zero_copy_only=False), side="right")
        return Column(labels.take(pa.array(band, mask=mask_of(pc.is_null(array)))))

    return convert


def _numeric(
    missing: tuple[Cell, ...],
    plausible: tuple[float, float] | None,
    replace: dict[str, float],
    decimal: str,
    stored: pa.DataType,
) -> Converter:
    missing_text = pa.array(sorted({cell_text(cell) for cell in missing if isinstance(cell, str)}), pa.string())
    missing_numbers = pa.array([number for cell in missing for number in _number(cell)], pa.float64())
    replaced_text = pa.array([key.strip() for key in replace], pa.string())
    replaced_by = pa.array(list(replace.values()), pa.float64())

    def convert(array: pa.Array) -> Column:
        trimmed = 0
        replaced = None
        if is_text(array.type):
            array, trimmed = text(array)
            if len(missing_text):
                array = null_where(array, mask_of(pc.is_in(array, missing_text)))
            if len(replaced_text):
                index = pc.index_in(array, replaced_text)
                array = null_where(array, mask_of(pc.is_valid(index)))
                replaced = replaced_by.take(index)
        values, bad = numbers(array, decimal)
        if len(missing_numbers):
            values = null_where(values, mask_of(pc.is_in(values, missing_numbers)))
        if replaced is not None:
            values = pc.coalesce(replaced, values)
        if plausible:
            outside = mask_of(pc.or_(pc.less(values, plausible[0]), pc.greater(values, plausible[1])))
            if outside.any():
                bad = [*bad, (Reason.OUT_OF_RANGE, outside)]
        return Column(values.cast(stored, safe=False), bad, trimmed)

    return convert


def _number(cell: Cell) -> list[float]:
    try:
        return [] if isinstance(cell, bool) else [float(cell)]
    except ValueError:
        return []


def _coded(true: tuple[Cell, ...], false: tuple[Cell, ...], missing: tuple[Cell, ...], neither: Reason) -> Converter:
    """Text or truth values to 1 and 0."""
    lookup = _Lookup([*map(cell_text, true), *map(cell_text, false)], missing)
    codes = pa.array([1] * len(true) + [0] * len(false), pa.int64())

    def convert(array: pa.Array) -> Column:
        if pa.types.is_boolean(array.type) and not lookup.knows("true", "false"):
            return Column(array.cast(pa.int64()))
        index, unknown, _, trimmed = lookup(array)
        return Column(codes.take(index), [(neither, unknown)] if unknown.any() else [], trimmed)

    return convert


def _categorical(feature: Categorical) -> Converter:
    mapping = feature.mapping
    lookup = _Lookup(list(mapping), feature.missing)
    stored = pa.array(list(mapping.values()), pa.string())
    lower = pa.array(sorted({key.strip().lower() for key in mapping}), pa.string())

    def convert(array: pa.Array) -> Column:
        index, unknown, values, trimmed = lookup(array)
        if not mapping:
            return Column(values, [], trimmed)
        bad: Bad = []
        if unknown.any():
            other_case = unknown & mask_of(pc.is_in(pc.utf8_lower(values), lower))
            bad = [(Reason.OTHER_CASE, other_case), (Reason.UNKNOWN_VALUE, unknown & ~other_case)]
        return Column(stored.take(index), [(reason, mask) for reason, mask in bad if mask.any()], trimmed)

    return convert


def _required_text(reason: Reason) -> Converter:
    """Text, or the path of a file, that has to be there."""

    def convert(array: pa.Array) -> Column:
        column = text(array)
        empty = mask_of(pc.is_null(column.values))
        return Column(column.values, [(reason, empty)] if empty.any() else [], 0)

    return convert


class _Lookup:
    """Looks declared cells up in a column."""

    def __init__(self, known: list[str], missing: tuple[Cell, ...]) -> None:
        self._known = pa.array([cell.strip() for cell in known], pa.string())
        self._missing = pa.array(sorted({cell_text(cell) for cell in missing}), pa.string())

    def knows(self, *cells: str) -> bool:
        """Whether all of these are among the declared cells."""
        return set(cells) <= set(self._known.to_pylist())

    def __call__(self, array: pa.Array) -> tuple[pa.Int32Array, Mask, pa.StringArray, int]:
        """Returns the index of each cell among the known ones, the unknown cells, the text, and how many were trimmed.

        What is declared as missing becomes null. "1.0" stands for 1 unless 1.0 itself is declared: a tool writes whole
        numbers so as soon as one of them is missing.
        """
        values, trimmed = text(array)
        values, index = self._find(values)
        unknown = mask_of(pc.and_(pc.is_valid(values), pc.is_null(index)))
        if unknown.any() and (plain := without_point_zero(values)) is not values:
            values, index = self._find(pc.if_else(pa.array(unknown), plain, values))
            unknown = mask_of(pc.and_(pc.is_valid(values), pc.is_null(index)))
        return index, unknown, values, trimmed

    def _find(self, values: pa.StringArray) -> tuple[pa.StringArray, pa.Int32Array]:
        if len(self._missing):
            values = null_where(values, mask_of(pc.is_in(values, self._missing)))
        return values, pc.index_in(values, self._known)
