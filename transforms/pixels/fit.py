"""Brings a picture to the declared size and number of channels.

Shrinking averages over the area that becomes one pixel, so that nothing aliases and a line thinner than a pixel keeps
its share of the light: exactly where the sizes divide, else with the filter of Pillow's that comes closest to it (its
box takes whole pixels only), a Hamming window, or a triangle where it shrinks but little. Enlarging interpolates
linearly.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline_configs.image import Image
from transforms.pixels.image_file import Pixels

if TYPE_CHECKING:
    from PIL.Image import Image as Pillow

__all__ = ["GAP", "Box", "Geometry", "fitted", "geometry", "placed", "resized"]

Box = tuple[float, float, float, float]

GAP = 3.0
"""Large pictures are first averaged over whole blocks, to no less than this many times the size (Pillow's
`reducing_gap`): less than a level away, and faster."""

_MUCH = 1.5
"""From here on a Hamming window is closer to means over areas than a triangle."""


class Geometry(NamedTuple):
    """Which part of a picture is shown (left, top, right, bottom), and at what size."""

    box: Box
    height: int
    width: int


def geometry(height: int, width: int, declared: Image) -> Geometry:
    """Returns what `fit` makes of a picture of this height and width; with `pad` the bars are not counted."""
    to_height, to_width = declared.size
    whole: Box = (0, 0, width, height)
    if declared.fit == "stretch":
        return Geometry(whole, to_height, to_width)
    if declared.fit == "pad":
        scale = min(to_height / height, to_width / width)
        return Geometry(whole, max(1, round(height * scale)), max(1, round(width * scale)))
    across, down = float(width), float(height)
    if to_height * width > to_width * height:  # Wider than the size: left and right are cut.
        across = height * to_width / to_height
    else:
        down = width * to_height / to_width
    left, top = (width - across) / 2, (height - down) / 2
    return Geometry((left, top, left + across, top + down), to_height, to_width)


def fitted(picture: "Pillow", declared: Image) -> Pixels:
    """Returns a picture at the declared size, as declared by `fit`.

    Args:
        picture: Mode L or RGB.
        declared: Size, channels and fit.

    Returns:
        uint8 `[height, width, channels]`; grey is repeated for three channels, colour becomes luma (ITU-R BT.601).
    """
    if declared.channels == 1 and picture.mode == "RGB":
        picture = picture.convert("L")
    shown = geometry(picture.height, picture.width, declared)
    return placed(np.asarray(resized(picture, shown)), declared)


def resized(picture: "Pillow", shown: Geometry) -> "Pillow":
    """Returns the part of a picture that is shown, at its size."""
    from PIL.Image import Resampling

    box, height, width = shown
    across, down = (box[2] - box[0]) / width, (box[3] - box[1]) / height
    if all(float(edge).is_integer() for edge in (*box, across, down)) and min(across, down) >= 1:
        left, top, right, bottom = map(int, box)
        if across == down == 1:
            return picture.crop((left, top, right, bottom))
        return picture.reduce((int(across), int(down)), (left, top, right, bottom))
    much = min(across, down) >= 1 and max(across, down) >= _MUCH
    return picture.resize((width, height), Resampling.HAMMING if much else Resampling.BILINEAR, box, GAP)


def placed(pixels: npt.NDArray[Any], declared: Image) -> Pixels:
    """Returns uint8 pixels of the scaled picture in the middle of black, with the declared number of channels."""
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    if pixels.shape[2] != declared.channels:
        pixels = np.repeat(pixels, declared.channels, axis=2)
    (height, width), (to_height, to_width) = pixels.shape[:2], declared.size
    if (height, width) == (to_height, to_width):
        return np.ascontiguousarray(pixels)
    whole = np.zeros((to_height, to_width, declared.channels), np.uint8)
    top, left = (to_height - height) // 2, (to_width - width) // 2
    whole[top : top + height, left : left + width] = pixels
    return whole
