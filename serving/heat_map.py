"""Heat maps at the size of the image, and pictures with the heat map drawn over the image.

Colours are those of matplotlib's plasma, from blue to yellow: its brightness rises with the value, people with any form
of colour blindness read it alike, and none of it is grey. What is 0 is left as it is; the scale stands beside.

References:
    Smith N, van der Walt S. A better default colormap for matplotlib. SciPy 2015.
"""

from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["at_size", "overlay"]

STRONGEST = 0.65
"""How much of the colour is seen where the heat map is 1; the image shines through."""

SHORTEST = 512
"""Pixels of the shorter side that a picture is enlarged to, so that it can be looked at."""

COLOURS = "plasma"


def at_size(heat: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """Enlarges a heat map, linearly between the centres of its cells.

    Args:
        heat: float32 `[h, w]`, 0 to 1.
        size: Height and width.

    Returns:
        float32 `[height, width]`, 0 to 1.
    """
    from PIL import Image
    from PIL.Image import Resampling

    large = Image.fromarray(np.asarray(heat, np.float32)).resize((size[1], size[0]), Resampling.BILINEAR)
    return np.asarray(large, np.float32).clip(0.0, 1.0)


def overlay(pixels: NDArray[np.uint8], heat: NDArray[np.float32]) -> bytes:
    """Draws a heat map over an image, with a scale beside it.

    Args:
        pixels: uint8 `[height, width, 1 or 3]`.
        heat: float32 `[height, width]`, 0 to 1.

    Returns:
        A PNG file, without any metadata.
    """
    from PIL import Image
    from PIL.Image import Resampling

    factor = max(1, -(-SHORTEST // min(heat.shape)))
    size = (heat.shape[1] * factor, heat.shape[0] * factor)
    image = Image.fromarray(np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels)
    below = np.asarray(image.resize(size, Resampling.BICUBIC), np.float32)
    weight = at_size(heat, (size[1], size[0]))
    share = STRONGEST * weight[..., np.newaxis]
    mixed = below * (1 - share) + _colours(weight) * share
    whole = np.concatenate([np.rint(mixed).astype(np.uint8), _scale(size[1])], axis=1)
    written = BytesIO()
    Image.fromarray(whole).save(written, "PNG")
    return written.getvalue()


def _colours(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """RGB from 0 to 255 of values from 0 to 1."""
    from matplotlib import colormaps

    table: Any = colormaps[COLOURS].resampled(256)(np.arange(256))[:, :3] * 255
    return np.asarray(table, np.float32)[np.rint(values * 255).astype(np.int64)]


def _scale(height: int) -> NDArray[np.uint8]:
    """A strip of the colours from 1 at the top to 0, with three numbers beside it."""
    from PIL import Image, ImageDraw, ImageFont

    width, margin, text = height // 28, height // 32, height // 24
    strip = Image.new("RGB", (2 * margin + width + 2 * text, height))
    column = np.linspace(1, 0, height - 2 * margin, dtype=np.float32)[:, np.newaxis]
    strip.paste(Image.fromarray(np.rint(_colours(np.repeat(column, width, axis=1))).astype(np.uint8)), (margin, margin))
    draw, font = ImageDraw.Draw(strip), ImageFont.load_default(text)
    for value in (0.0, 0.5, 1.0):
        down = margin + (1 - value) * (height - 2 * margin)
        draw.text((1.4 * margin + width, down), f"{value:g}", "white", font, anchor="lm")
    return np.asarray(strip)
