"""Draws a chest radiograph of nobody: torso, lungs, ribs, heart, noise, and opacities that grow with the severity.

It is made to be told apart by a small network and recognised by a person, not to teach anybody radiology.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["Anatomy", "draw", "draw_anatomy", "lung_window", "opacity_of"]

Plane = NDArray[np.float32]

_STEP = 2
"""Anatomy is drawn at half the resolution, which is four times as fast, and enlarged; the noise is not."""

_LUNGS = ((-0.41, 0.33, -0.02), (0.42, 0.31, 0.02))
"""Centre, half width and shift of the dome of the lungs; the patient's right is on the left of the image."""


@dataclass(frozen=True)
class Anatomy:
    """How one patient is built; the same in all of the patient's images.

    Attributes:
        width: Of the torso, 1 on average.
        height: Of the lungs, 1 on average.
        heart: Size of the heart, 1 on average.
        ribs: How far the ribs are from where they usually are, as a share of their distance.
        blobs: Opacities: `[n, 4]`, side (0 or 1), position across and along the lung (-1 to 1), radius.
    """

    width: float
    height: float
    heart: float
    ribs: float
    blobs: NDArray[np.float64]


def opacity_of(view: float) -> float:
    """Returns how much the opacities brighten the lungs on average; it rises with what images show."""
    return 0.085 * float(np.logaddexp(0.0, 1.4 * (view + 0.1)))


def draw_anatomy(random: np.random.Generator) -> Anatomy:
    """Draws how a patient is built, independent of the severity."""
    count = int(random.integers(2, 6))
    blobs = np.stack(
        [
            random.integers(0, 2, count).astype(np.float64),
            random.uniform(-0.55, 0.55, count),
            random.uniform(-0.5, 0.85, count),
            random.uniform(0.10, 0.22, count),
        ],
        axis=1,
    )
    return Anatomy(
        width=float(random.normal(1.0, 0.04)),
        height=float(random.normal(1.0, 0.05)),
        heart=float(random.normal(1.0, 0.10)),
        ribs=float(random.uniform(-0.4, 0.4)),
        blobs=blobs,
    )


def lung_window(shape: tuple[int, int]) -> tuple[slice, slice]:
    """Returns the rows and columns that hold the lungs of every phantom."""
    height, width = shape
    return slice(int(0.22 * height), int(0.72 * height)), slice(int(0.16 * width), int(0.84 * width))


def draw(
    anatomy: Anatomy, view: float, shape: tuple[int, int], projection: str, noise: float, random: np.random.Generator
) -> Plane:
    """Draws one exposure.

    Args:
        anatomy: How the patient is built.
        view: What the images show of the severity.
        shape: Rows and columns.
        projection: "AP" or "PA"; the heart is larger from the front.
        noise: Standard deviation of the noise of a pixel.
        random: Source of chance.

    Returns:
        float32[rows, columns], 0 (air) to 1 (bone).
    """
    small = (shape[0] // _STEP, shape[1] // _STEP)
    x, y = _grid(small)
    x = x / anatomy.width + np.float32(random.normal(0, 0.015))
    y = y + np.float32(random.normal(0, 0.015))
    side = np.abs(x)

    half_width = 0.26 + 0.60 * _ramp(y, -0.94, -0.52) - 0.10 * _ramp(y, -0.4, 0.3) + 0.06 * _ramp(y, 0.5, 1.0)
    torso = _ramp(half_width - side, -0.02, 0.06)
    lungs = [_lung(x, y, centre, half, dome, anatomy.height) for centre, half, dome in _LUNGS]
    air = np.maximum(*lungs)
    size = anatomy.heart * (1.13 if projection == "AP" else 1.0)
    heart = _ellipse(x - 0.10, y - 0.30, 0.27 * size, 0.33 * size, 0.35)
    vessel = _ellipse(x - 0.03, y + 0.22, 0.13, 0.55, 0.5)
    air = air * (1 - 0.95 * np.maximum(heart, vessel))

    image = torso * (0.56 + 0.06 * y)
    image += 0.10 * torso * _ramp(0.13 - side, 0.0, 0.09) * (0.8 + 0.2 * np.sin(34 * y))
    image += 0.06 * torso * _ribs(side, y, anatomy.ribs)
    image += 0.10 * torso * _clavicles(side, y)
    texture = _smooth(random, small, 7) + 0.6 * _smooth(random, small, 3)
    hilum = np.exp(-(((side - 0.17) / 0.13) ** 2 + ((y - 0.02) / 0.24) ** 2))
    image -= air * (0.40 - 0.11 * hilum - 0.022 * texture * (0.6 + hilum))
    image += _opacities(anatomy, lungs, air, opacity_of(view), x, y, random)
    image += 0.012 * torso * _smooth(random, small, 12)
    image += 0.05 * heart * torso

    large = np.asarray(Image.fromarray(image.astype(np.float32)).resize(shape[::-1], Image.Resampling.BICUBIC))
    large = large + np.float32(noise) * random.standard_normal(shape, dtype=np.float32)
    return np.asarray(np.clip(0.04 + large, 0.0, 1.0), np.float32)


@lru_cache(maxsize=16)
def _grid(shape: tuple[int, int]) -> tuple[Plane, Plane]:
    """Coordinates from -1 to 1: across as a column-wise, down as a row-wise plane."""
    y, x = np.meshgrid(np.linspace(-1, 1, shape[0]), np.linspace(-1, 1, shape[1]), indexing="ij")
    return x.astype(np.float32), y.astype(np.float32)


def _ramp(value: NDArray[np.floating], low: float, high: float) -> Plane:
    """0 below `low`, 1 above `high`, and smooth between them."""
    share = np.clip((value - low) / (high - low), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def _ellipse(x: Plane, y: Plane, across: float, along: float, soft: float) -> Plane:
    return _ramp(1 - (x / across) ** 2 - (y / along) ** 2, 0.0, soft)


def _lung(x: Plane, y: Plane, centre: float, half: float, dome: float, height: float) -> Plane:
    """Narrow at the apex, with the diaphragm's dome below; the costophrenic angle is deeper than its middle."""
    apex, base = -0.66 * height, 0.52 * height + dome
    along = np.clip((y - apex) / (base - apex), 0.0, 1.3)
    width = half * np.sqrt(np.clip(1 - (1 - np.minimum(along, 1)) ** 2.4, 0, 1)) * (0.80 + 0.22 * along)
    outward = (x - centre) * np.sign(centre)
    inside = _ramp(width - np.abs(x - centre + 0.10 * np.sign(centre) * (1 - along)), -0.005, 0.06)
    diaphragm = base - 0.16 + 0.55 * np.clip(outward + 0.10, 0, 1) ** 1.4
    return inside * _ramp(diaphragm - y, -0.02, 0.03) * _ramp(y - apex, 0.0, 0.08)


def _ribs(side: Plane, y: Plane, shift: float) -> Plane:
    """Posterior ribs fall outward, and more so the lower they are; the anterior ones cross them, fainter."""
    depth = (y + 0.78 - 0.42 * side**1.6) / 0.155 + shift
    front = (y + 0.60 + 0.50 * (side - 0.75) ** 2 - 0.45 * (0.8 - side)) / 0.165 + shift
    back = _ramp(np.cos(2 * np.pi * depth), 0.25, 0.85) * _ramp(side, 0.08, 0.16)
    fore = _ramp(np.cos(2 * np.pi * front), 0.45, 0.95) * _ramp(side, 0.30, 0.50)
    fade = _ramp(y, -0.80, -0.62) * (1 - _ramp(y, 0.45, 0.80)) * (1 - _ramp(side, 0.70, 0.78))
    return np.asarray((back + 0.55 * fore) * fade, np.float32)


def _clavicles(side: Plane, y: Plane) -> Plane:
    middle = -0.60 - 0.16 * _ramp(side, 0.05, 0.75) + 0.03 * np.sin(7 * side)
    return _ramp(0.035 - np.abs(y - middle), 0.0, 0.02) * _ramp(side, 0.07, 0.13) * (1 - _ramp(side, 0.66, 0.74))


def _opacities(
    anatomy: Anatomy, lungs: list[Plane], air: Plane, amount: float, x: Plane, y: Plane, random: np.random.Generator
) -> Plane:
    """Cloudy patches whose sum is `amount` for each pixel of the lungs; they fill air, so they cannot exceed it."""
    cloud = np.zeros_like(x)
    for side, across, along, radius in anatomy.blobs:
        centre, half, _ = _LUNGS[int(side)]
        distance = ((x - centre - half * across) / (1.1 * radius)) ** 2 + ((y - 0.45 * along) / radius) ** 2
        np.maximum(cloud, lungs[int(side)] * np.exp(-distance), out=cloud)
    cloud *= air * (1 + 0.18 * _smooth(random, (x.shape[0], x.shape[1]), 5))
    cloud = np.maximum(cloud, 0)
    wanted = amount * float(air.sum())
    level = np.minimum(cloud * (wanted / max(float(cloud.sum()), 1e-6)), 4.0)
    return np.asarray(0.40 * air * (1 - np.exp(-level)), np.float32)


def _smooth(random: np.random.Generator, shape: tuple[int, int], size: int) -> Plane:
    """Noise with structures of some `size` pixels and a standard deviation of about 1."""
    coarse = random.standard_normal((shape[0] // size + 2, shape[1] // size + 2), dtype=np.float32)
    image = Image.fromarray(coarse).resize(shape[::-1], Image.Resampling.BICUBIC)
    return np.asarray(image, np.float32) * np.float32(1.2)
