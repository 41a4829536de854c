"""serving.heat_map: where the heat is, that the image stays visible, and that the scale is there."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from serving.heat_map import at_size, overlay


def opened(png: bytes) -> np.ndarray:
    picture = Image.open(BytesIO(png))
    assert (picture.format, picture.mode, picture.info) == ("PNG", "RGB", {})
    return np.asarray(picture).astype(int)


def test_enlarging_keeps_the_place_and_the_range() -> None:
    heat = np.zeros((4, 8), np.float32)
    heat[1, 6] = 1
    large = at_size(heat, (64, 128))
    assert (large.shape, large.dtype) == ((64, 128), np.float32)
    down, across = np.unravel_index(np.argmax(large), large.shape)
    assert abs(int(down) - 23.5) <= 2 and abs(int(across) - 103.5) <= 2
    assert large.min() == 0 and large.max() == pytest.approx(1, abs=0.1)
    np.testing.assert_allclose(at_size(np.full((3, 3), 0.4, np.float32), (30, 50)), 0.4, atol=1e-6)


@pytest.mark.parametrize("channels", [1, 3])
def test_without_heat_the_image_is_left_as_it_is(channels: int) -> None:
    pixels = np.full((32, 40, channels), 100, np.uint8)
    picture = opened(overlay(pixels, np.zeros((32, 40), np.float32)))
    assert picture.shape[0] == 512 and picture.shape[1] > 640
    assert np.all(picture[:, :640] == 100)


def test_heat_is_seen_where_it_is_and_the_image_shines_through() -> None:
    heat = np.zeros((64, 64), np.float32)
    heat[:, 32:] = 1
    dark, bright = (opened(overlay(np.full((64, 64, 1), level, np.uint8), heat)) for level in (0, 200))
    assert np.all(dark[:, :200] == 0)
    yellow = dark[256, 450]
    assert yellow[0] > 130 and yellow[2] < 80
    assert np.all(bright[256, 450] > dark[256, 450])


def test_the_scale_runs_from_bright_to_dark_beside_the_image() -> None:
    picture = opened(overlay(np.zeros((64, 64, 1), np.uint8), np.zeros((64, 64), np.float32)))
    strip = picture[:, 512:].sum(axis=2)
    column = strip[:, 16 + 9]
    inside = column[16:-16]
    assert inside[0] > inside[len(inside) // 2] > inside[-1]
    assert (strip[:, 512 // 16 + 30 :] == 765).any() or (strip == 765).any()
