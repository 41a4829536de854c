"""Grey values of any depth to eight bits of the declared size, along a straight line.

Values are clipped to the ends of the line at full size, and brought to eight bits on the small picture. What a window
cuts off has to be cut off before the picture shrinks: a bright marker that is averaged first spreads over its
neighbours. Between its ends a line gives the same before and after an average, so the rest is done on few pixels.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline_configs.image import Image
from transforms.pixels.fit import GAP, Geometry, geometry, placed, resized
from transforms.pixels.image_file import Pixels

__all__ = ["Mask", "Stored", "levelled"]

Stored = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]

_CHUNK = 1 << 17
"""Values that are clipped and averaged at a time: half a megabyte, which stays in the cache. Floats of a whole image
would be eight times as many, in memory that the system has to hand out anew for each image."""


def levelled(
    values: Stored, low: float, high: float, declared: Image, invert: bool = False, padding: Mask | None = None
) -> Pixels:
    """Returns a picture of grey values at the declared size.

    Args:
        values: `[height, width]`, whole numbers or finite floats.
        low: Value that becomes 0, as all below it.
        high: Value that becomes 255, as all above it; where it is not above `low`, what is above `low` is 255.
        declared: Size, channels and fit.
        invert: Whether 0 and 255 change places.
        padding: bool `[height, width]`, where the picture is black whatever the value.

    Returns:
        uint8 `[height, width, channels]`.
    """
    from PIL import Image as Pillow

    shown = geometry(values.shape[0], values.shape[1], declared)
    left, top, right, bottom = shown.box
    part = np.s_[math.floor(top) : math.ceil(bottom), math.floor(left) : math.ceil(right)]
    values, padding = values[part], None if padding is None else padding[part]
    left, right = left - math.floor(left), right - math.floor(left)
    top, bottom = top - math.floor(top), bottom - math.floor(top)
    down = _factor((bottom - top) / shown.height, values.shape[0] == bottom - top)
    across = _factor((right - left) / shown.width, values.shape[1] == right - left)
    means = _block_means(values, low, high, down, across, 255.0 if invert else 0.0, padding)
    box = (left / across, top / down, right / across, bottom / down)
    small = np.asarray(resized(Pillow.fromarray(means), Geometry(box, shown.height, shown.width)))
    if invert:
        small = 255 - small
    return placed(np.rint(small.clip(0, 255)).astype(np.uint8), declared)


def _factor(ratio: float, whole: bool) -> int:
    """Side of the blocks that are averaged first: all that is needed where the sizes divide."""
    return int(ratio) if whole and ratio.is_integer() else max(1, int(ratio / GAP))


def _block_means(
    values: Stored, low: float, high: float, down: int, across: int, black: float, padding: Mask | None
) -> npt.NDArray[np.float32]:
    """Means of blocks of clipped values, brought to 0 to 255; those at the lower and right edge may be smaller."""
    height, width = values.shape
    means = np.empty((-(-height // down), -(-width // across)), np.float32)
    step = max(1, _CHUNK // (down * width)) * down
    for start in range(0, height, step):
        chunk = _line(values[start : start + step], low, high)
        if padding is not None:
            chunk[padding[start : start + step]] = black
        whole = len(chunk) // down
        first = start // down
        means[first : first + whole] = _columns(chunk[: whole * down].reshape(whole, down, width).mean(1), across)
        if whole * down < len(chunk):
            means[-1] = _columns(chunk[whole * down :].mean(0)[None], across)[0]
    return means


def _columns(rows: npt.NDArray[np.float32], across: int) -> npt.NDArray[np.float32]:
    """Means of neighbouring columns."""
    if across == 1:
        return rows
    blocks = rows.shape[1] // across
    whole = blocks * across
    means = rows[:, :whole].reshape(len(rows), blocks, across).mean(2)
    return means if whole == rows.shape[1] else np.c_[means, rows[:, whole:].mean(1)]


def _line(values: Stored, low: float, high: float) -> npt.NDArray[np.float32]:
    """The line from `low`, 0, to `high`, 255."""
    if high <= low:
        return np.where(values > low, np.float32(255), np.float32(0))
    # Above 2**24 float32 no longer tells whole numbers apart.
    exact = values.dtype.itemsize <= 2 or values.dtype == np.float32
    line: npt.NDArray[Any] = values.astype(np.float32 if exact else np.float64)
    np.clip(line, low, high, out=line)
    np.subtract(line, low, out=line)
    np.multiply(line, 255.0 / (high - low), out=line)
    return line.astype(np.float32, copy=False)
