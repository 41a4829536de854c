"""Stored values of a DICOM image to grey levels: modality LUT, VOI LUT or window, MONOCHROME1, in this order, once.

Where rescaling and window are straight lines, as nearly always, they are one line, and `levelled` draws it. Look-up
tables and sigmoids are applied at full size.

References:
    PS3.3 C.11.1 (modality LUT), C.11.2 (VOI LUT, windows), C.7.6.3.1.2 (MONOCHROME1), C.7.5.1.1.2 (padding),
    C.7.6.16.2.9 and C.7.6.16.2.10 (both as macros of single frames).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pipeline_configs.image import Image
from transforms.pixels.dicom_header import PixelHeader, value_of
from transforms.pixels.image_file import Pixels
from transforms.pixels.levels import Mask, Stored, levelled
from transforms.pixels.reasons import ImageReason
from transforms.pixels.unreadable import Unreadable

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

__all__ = ["grey_pixels", "range_pixels"]

Values = npt.NDArray[np.float32]

_MOST_ENTRIES = 1 << 16


@dataclass(frozen=True)
class _Window:
    center: float
    width: float
    function: str

    @property
    def ends(self) -> tuple[float, float]:
        """Where the straight line of LINEAR (C.11.2.1.2.1) or LINEAR_EXACT (C.11.2.1.3.2) begins and ends."""
        exact = self.function == "LINEAR_EXACT"
        center, half = (self.center, self.width / 2) if exact else (self.center - 0.5, (self.width - 1) / 2)
        return center - half, center + half


def grey_pixels(stored: Stored, dataset: "Dataset", header: PixelHeader, frame: int, declared: Image) -> Pixels:
    """Returns one frame of MONOCHROME1 or MONOCHROME2 at the declared size.

    Args:
        stored: Stored values `[rows, columns]`, whole numbers or floats.
        dataset: Where rescale, look-up tables, windows and padding are looked up.
        header: What the header says about the pixels.
        frame: Position of the frame, from 0 on.
        declared: Size, channels, fit and window.

    Returns:
        uint8 `[height, width, channels]`; padding is black.
    """
    stored = _finite(stored)
    invert = header.photometric == "MONOCHROME1"
    padding = _padding(stored, dataset, header)
    rescale = _macro(dataset, frame, "PixelValueTransformationSequence")
    table = _first_item(dataset, "ModalityLUTSequence")
    slope, intercept = (1.0, 0.0) if table is not None else _rescale(rescale)
    values: Stored = stored if table is None else _looked_up(stored, table, header.signed)[0]
    voi = _macro(dataset, frame, "FrameVOILUTSequence") if declared.window == "file" else None
    voi_table = None if voi is None else _first_item(voi, "VOILUTSequence")
    if voi_table is not None:
        whole = np.rint(values * slope + intercept).astype(np.int64)
        levels, top = _looked_up(whole, voi_table, header.signed or intercept < 0)
        return levelled(levels, 0.0, top, declared, invert, padding)
    window = None if voi is None else _window(voi)
    if window is None:
        low, high = _range(values, padding)
        if slope < 0:
            invert = not invert
        return levelled(values, low, high, declared, invert, padding)
    if window.function == "SIGMOID":
        scaled = (values.astype(np.float32) * slope + intercept - window.center) * (-4 / window.width)
        curve = 1 / (1 + np.exp(scaled.clip(-80, 80)))
        return levelled(curve.astype(np.float32), 0.0, 1.0, declared, invert, padding)
    low, high = ((end - intercept) / slope for end in window.ends)
    if slope < 0:
        low, high, invert = high, low, not invert
    return levelled(values, low, high, declared, invert, padding)


def range_pixels(values: Stored, declared: Image, invert: bool = False) -> Pixels:
    """Returns grey values with the least as black and the greatest as white, at the declared size.

    Args:
        values: `[height, width]`; what is not finite counts as the least.
        declared: Size, channels and fit.
        invert: Whether the least becomes white.
    """
    values = _finite(values)
    return levelled(values, *_range(values, None), declared, invert)


def _finite(values: Stored) -> Stored:
    """Values with the least of them where one is infinite or not a number."""
    if values.dtype.kind != "f":
        return values
    finite = np.isfinite(values)
    if finite.all():
        return values
    return np.where(finite, values, values[finite].min() if finite.any() else 0).astype(values.dtype)


def _range(values: Stored, padding: Mask | None) -> tuple[float, float]:
    """Least and greatest value, padding left out."""
    real = values if padding is None else values[~padding]
    return (float(real.min()), float(real.max())) if real.size else (0.0, 0.0)


def _padding(stored: Stored, dataset: "Dataset", header: PixelHeader) -> Mask | None:
    """Where pixels are no image but padding, or None where none are."""
    value = value_of(dataset, "PixelPaddingValue")
    if not isinstance(value, int) or stored.dtype.kind == "f":
        return None
    limit = value_of(dataset, "PixelPaddingRangeLimit")
    ends = sorted(_same_sign(end, header) for end in (value, limit if isinstance(limit, int) else value))
    mask: Mask = stored == ends[0] if ends[0] == ends[1] else (stored >= ends[0]) & (stored <= ends[1])
    return mask if mask.any() else None


def _same_sign(value: int, header: PixelHeader) -> int:
    """A number in the sign of the pixels: files write -2000 as 63536, and the other way round."""
    if header.signed and value >= 1 << (header.allocated - 1):
        return value - (1 << header.allocated)
    return value + (1 << header.allocated) if not header.signed and value < 0 else value


def _rescale(dataset: "Dataset") -> tuple[float, float]:
    slope, intercept = _number(dataset, "RescaleSlope"), _number(dataset, "RescaleIntercept")
    if slope == 0:
        raise Unreadable(ImageReason.BAD_HEADER, "RescaleSlope")
    return 1.0 if slope is None else slope, intercept or 0.0


def _window(dataset: "Dataset") -> _Window | None:
    """The first window; None where there is none, or one without width, which no function is defined for."""
    center, width = _number(dataset, "WindowCenter"), _number(dataset, "WindowWidth")
    function = str(value_of(dataset, "VOILUTFunction") or "LINEAR").strip(" \0").upper()
    if center is None or width is None:
        return None
    if function not in ("LINEAR", "LINEAR_EXACT", "SIGMOID"):
        raise Unreadable(ImageReason.BAD_HEADER, "VOILUTFunction")
    return _Window(center, width, function) if width >= 1 or (width > 0 and function != "LINEAR") else None


def _number(dataset: "Dataset", keyword: str) -> float | None:
    """A number, the first of several."""
    value = value_of(dataset, keyword)
    if value is None:
        return None
    if hasattr(value, "__iter__") and not isinstance(value, str):
        value = value[0]
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = np.nan
    if not np.isfinite(number):
        raise Unreadable(ImageReason.BAD_HEADER, keyword)
    return number


def _macro(dataset: "Dataset", frame: int, keyword: str) -> "Dataset":
    """Where a frame's attributes are: its own functional group, else the shared one, else the dataset itself."""
    for name, position in (("PerFrameFunctionalGroupsSequence", frame), ("SharedFunctionalGroupsSequence", 0)):
        if name in dataset:
            groups = value_of(dataset, name)
            if groups is not None and position < len(groups):
                item = _first_item(groups[position], keyword)
                if item is not None:
                    return item
    return dataset


def _first_item(dataset: "Dataset", keyword: str) -> "Dataset | None":
    if keyword not in dataset:
        return None
    items = value_of(dataset, keyword)
    if items is None:
        return None
    if not hasattr(items[0], "elements"):
        raise Unreadable(ImageReason.BAD_HEADER, keyword)
    return items[0]  # type: ignore[no-any-return]


def _looked_up(values: Stored, item: "Dataset", signed: bool) -> tuple[Values, float]:
    """Values by a look-up table (C.11.1.1.1, C.11.2.1.1), and the greatest that its number of bits allows."""
    descriptor, data = value_of(item, "LUTDescriptor"), value_of(item, "LUTData")
    try:
        entries, first, bits = (int(part) for part in descriptor)
        if isinstance(data, (bytes, bytearray)):
            table = np.frombuffer(data, "<u2")
        else:
            table = np.atleast_1d(np.asarray(data)).astype(np.int64) & 0xFFFF
        entries = entries & 0xFFFF or _MOST_ENTRIES  # 0 stands for 2**16.
        if not 1 <= entries <= table.size or not 1 <= bits <= 16:
            raise ValueError
    except (TypeError, ValueError):
        raise Unreadable(ImageReason.BAD_HEADER, "LUTData") from None
    if signed and first >= 1 << 15:
        first -= 1 << 16
    elif not signed and first < 0:
        first += 1 << 16
    places = np.clip(values.astype(np.int64) - first, 0, entries - 1)
    return table[:entries].astype(np.float32)[places], float((1 << bits) - 1)
