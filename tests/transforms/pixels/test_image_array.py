"""Arrays that a caller hands over."""

from typing import Any

import numpy as np
import pytest

from pipeline_configs.errors import DataProblem
from tests.transforms.pixels.images import declared, gradient, pixels, png
from transforms.pixels.image_array import image_array

GREY = np.arange(256, dtype=np.uint8).reshape(16, 16)
COLOURS = np.random.default_rng(1).integers(0, 256, (16, 16, 3)).astype(np.uint8)


def test_an_array_is_what_its_file_is() -> None:
    assert (image_array(GREY, declared())[:, :, 0] == pixels(png(GREY))).all()
    assert (image_array(COLOURS, declared())[:, :, 0] == pixels(png(COLOURS))).all()
    assert (image_array(COLOURS, declared(channels=3)) == pixels(png(COLOURS), channels=3)).all()
    assert (image_array(gradient(), declared())[:, :, 0] == pixels(png(gradient()))).all()
    assert (
        image_array(gradient(300, 200), declared(fit="pad"))[:, :, 0] == pixels(png(gradient(300, 200)), fit="pad")
    ).all()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_are_shares_of_white(dtype: type[np.floating]) -> None:
    shown = image_array((GREY / 255).astype(dtype), declared())
    assert np.abs(shown[:, :, 0].astype(int) - GREY).max() <= 1
    colour = image_array((COLOURS / 255).astype(dtype), declared(channels=3))
    assert np.abs(colour.astype(int) - COLOURS).max() <= 1


def test_a_channel_of_its_own_changes_nothing() -> None:
    assert (image_array(GREY[:, :, None], declared()) == image_array(GREY, declared())).all()
    assert image_array(GREY, declared(channels=3, size=(8, 24))).shape == (8, 24, 3)


def test_deep_colours() -> None:
    assert (image_array(COLOURS.astype(np.uint16) * 257, declared(channels=3)) == COLOURS).all()


def test_other_byte_orders() -> None:
    assert (image_array(gradient().astype(">u2"), declared()) == image_array(gradient(), declared())).all()


@pytest.mark.parametrize(
    ("array", "found"),
    [
        (np.zeros((4, 4, 2), np.uint8), r"shape \[4, 4, 2\]"),
        (np.zeros(4, np.uint8), r"shape \[4\]"),
        (np.zeros((0, 4), np.uint8), r"shape \[0, 4\]"),
        (np.zeros((4, 4), np.int64), "type int64"),
        (np.full((4, 4), 1.5), "floats below 0, above 1"),
        (np.full((4, 4), -0.1), "floats below 0, above 1"),
        (np.full((4, 4), np.nan), "not finite"),
        (np.array([["a"]]), "type <U1"),
    ],
)
def test_what_is_no_image(array: Any, found: str) -> None:
    with pytest.raises(DataProblem, match=found):
        image_array(array, declared())


def test_limits() -> None:
    with pytest.raises(DataProblem, match="at most 64 a side"):
        image_array(np.zeros((65, 2), np.uint8), declared(max_side=64))
