"""Sizes: bars, cuts, stretching, and no aliasing; of pictures and of grey values alike."""

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image as Pillow

from tests.transforms.pixels.images import declared
from transforms.pixels.fit import fitted
from transforms.pixels.levels import levelled

SHAPES = [(16, 16), (64, 64), (60, 100), (100, 60), (7, 5), (16, 200), (513, 1025), (333, 47), (1, 1), (1, 300)]


def area(values: npt.NDArray[np.floating], height: int, width: int) -> npt.NDArray[np.floating]:
    """Exact means over areas."""

    def weights(size: int, to: int) -> npt.NDArray[np.floating]:
        edges = np.linspace(0, size, to + 1)
        pixel = np.arange(size)
        overlap = np.minimum(edges[1:, None], pixel + 1) - np.maximum(edges[:-1, None], pixel)
        return overlap.clip(0) / overlap.clip(0).sum(1, keepdims=True)

    return weights(values.shape[0], height) @ values @ weights(values.shape[1], width).T


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("fit", ["pad", "crop", "stretch"])
@pytest.mark.parametrize("size", [(16, 16), (8, 24), (64, 40)])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_size_is_exact(shape: tuple[int, int], fit: str, size: tuple[int, int], channels: int) -> None:
    wanted = declared(size=size, fit=fit, channels=channels)
    grey = np.full(shape, 200, np.uint8)
    for pixels in (
        fitted(Pillow.fromarray(grey), wanted),
        fitted(Pillow.fromarray(grey).convert("RGB"), wanted),
        levelled(grey.astype(np.uint16), 0, 255, wanted),
    ):
        assert pixels.shape == (*size, channels)
        assert pixels.dtype == np.uint8
        assert set(np.unique(pixels)) <= ({0, 200} if fit == "pad" else {200})


def test_pad_adds_black_bars_and_keeps_proportions() -> None:
    values = np.full((32, 64), 255, np.uint8)
    expected = np.zeros((16, 16))
    expected[4:12] = 255
    for pixels in (
        fitted(Pillow.fromarray(values), declared(fit="pad")),
        levelled(values, 0, 255, declared(fit="pad")),
    ):
        assert (pixels[:, :, 0] == expected).all()


def test_crop_takes_the_middle() -> None:
    values = np.zeros((32, 96), np.uint8)
    values[:, 32:64] = 255
    for pixels in (
        fitted(Pillow.fromarray(values), declared(fit="crop")),
        levelled(values, 0, 255, declared(fit="crop")),
    ):
        assert (pixels == 255).all()


@pytest.mark.parametrize("shape", [(64, 64), (64, 128), (160, 32), (1024, 1024)])
def test_where_sizes_divide_pixels_are_exact_means(shape: tuple[int, int]) -> None:
    values = np.random.default_rng(1).integers(0, 4096, shape).astype(np.uint16)
    expected = area(values / 4095 * 255, 16, 16)
    assert np.abs(levelled(values, 0, 4095, declared())[:, :, 0] - expected).max() <= 0.51


@pytest.mark.parametrize("shape", [(70, 70), (100, 333), (513, 1025), (18, 18), (57, 40)])
def test_where_they_do_not_divide_pixels_are_close_to_means(shape: tuple[int, int]) -> None:
    down, across = np.indices(shape)
    values = (2048 + 2000 * np.sin(down / shape[0] * 9) * np.cos(across / shape[1] * 7)).astype(np.uint16)
    expected = area(values / 4095 * 255, 16, 16)
    assert np.abs(levelled(values, 0, 4095, declared())[:, :, 0] - expected).max() <= 3
    eight = (values >> 4).astype(np.uint8)
    assert np.abs(fitted(Pillow.fromarray(eight), declared())[:, :, 0] - area(eight, 16, 16)).max() <= 3


def test_lines_thinner_than_a_pixel_keep_their_share_of_light() -> None:
    values = np.zeros((300, 300), np.uint8)
    values[:, ::3] = 255
    for pixels in (fitted(Pillow.fromarray(values), declared()), levelled(values, 0, 255, declared())):
        assert np.abs(pixels.astype(int) - 85).max() <= 12


def test_enlarging_interpolates() -> None:
    values = np.array([[0, 255]], np.uint8)
    row = levelled(values, 0, 255, declared())[0, :, 0].astype(int)
    assert (np.diff(row) >= 0).all()
    assert len(set(row)) > 4


@pytest.mark.parametrize("invert", [False, True])
def test_padding_is_black_whatever_the_levels(invert: bool) -> None:
    values = np.full((64, 64), 100, np.uint16)
    padding = np.zeros((64, 64), bool)
    padding[:32] = True
    pixels = levelled(values, 50, 150, declared(), invert, padding)
    assert (pixels[:8] == 0).all()
    assert set(np.unique(pixels[8:])) <= {127, 128}
