"""Pixels that a caller hands over as an array, brought to what the model has seen in training."""

from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline_configs.errors import DataProblem, Problem
from pipeline_configs.image import Image
from transforms.pixels.fit import fitted
from transforms.pixels.grey import range_pixels
from transforms.pixels.image_file import Pixels
from transforms.pixels.levels import levelled

__all__ = ["image_array"]

_EXPECTED = "[height, width], [height, width, 1] or [height, width, 3]; uint8, uint16, or floats from 0 to 1"


def image_array(array: npt.NDArray[Any], declared: Image) -> Pixels:
    """Returns an array at the declared size and number of channels.

    uint8 is taken as it is. Floats are shares of white. uint16 is treated as deep PNG and TIFF files are: the least
    value becomes black and the greatest white; of colours, the upper eight bits are taken.

    Args:
        array: `[height, width]`, `[height, width, 1]` or `[height, width, 3]` of uint8, uint16, or floats from 0 to 1.
        declared: The task's declaration of the image.

    Returns:
        uint8 `[height, width, channels]`.

    Raises:
        DataProblem: Another shape or type, no pixels, more than the declared limits, or floats outside 0 to 1.
    """
    from PIL import Image as Pillow

    values = np.asarray(array)
    floats = values.dtype.kind == "f"
    if values.ndim not in (2, 3) or (values.ndim == 3 and values.shape[2] not in (1, 3)) or not values.size:
        raise _problem(f"shape {list(values.shape)}")
    if not floats and not (values.dtype.kind == "u" and values.dtype.itemsize <= 2):
        raise _problem(f"type {values.dtype}")
    if max(values.shape[:2]) > declared.max_side or values.shape[0] * values.shape[1] > declared.max_pixels:
        raise DataProblem(
            Problem(
                "an image has more pixels than the task allows",
                expected=f"at most {declared.max_side} a side and {declared.max_pixels} pixels",
                found=f"shape {list(values.shape)}",
                fix="make it smaller, or set max_side and max_pixels of the task higher",
            )
        )
    if floats and not (values.min() >= 0 and values.max() <= 1):  # Not a number fails both.
        raise _problem("floats below 0, above 1, or not finite")
    if values.ndim == 3 and values.shape[2] == 1:
        values = values[:, :, 0]
    if floats:
        if values.ndim == 2:
            return levelled(values, 0.0, 1.0, declared)
        values = np.rint(values * 255).astype(np.uint8)
    elif values.dtype.itemsize == 2:
        if values.ndim == 2:
            return range_pixels(values, declared)
        values = (values >> 8).astype(np.uint8)
    return fitted(Pillow.fromarray(np.ascontiguousarray(values)), declared)


def _problem(found: str) -> DataProblem:
    return DataProblem(
        Problem(
            "an array is no image that the model can be given",
            expected=_EXPECTED,
            found=found,
            fix="divide by the greatest value that the device can give, or send the file itself",
        )
    )
