"""Grey levels of DICOM against pydicom's own functions and the formulas of the standard."""

from io import BytesIO

import numpy as np
import numpy.typing as npt
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.pixels import apply_modality_lut, apply_voi

from tests.transforms.pixels.images import dicom, gradient, pixels
from transforms.pixels.unreadable import Unreadable

VALUES = gradient()


def linear(values: npt.NDArray[np.floating], center: float, width: float) -> npt.NDArray[np.floating]:
    """PS3.3 C.11.2.1.2.1, to 0 to 255."""
    return (((values - (center - 0.5)) / (width - 1) + 0.5) * 255).clip(0, 255)


def table(first: int, entries: list[int], bits: int) -> Dataset:
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [len(entries), first, bits])
    item.add_new("LUTData", "US", entries)
    return item


def close(got: npt.NDArray[np.uint8], expected: npt.NDArray[np.floating]) -> bool:
    return bool(np.abs(got - expected).max() <= 0.51)


def test_a_window() -> None:
    content = dicom(VALUES, WindowCenter="2000", WindowWidth="1000")
    assert close(pixels(content), linear(VALUES.astype(float), 2000, 1000))


def test_the_first_window_of_several() -> None:
    content = dicom(VALUES, WindowCenter=["2000", "100"], WindowWidth=["1000", "50"])
    assert close(pixels(content), linear(VALUES.astype(float), 2000, 1000))


def test_rescaling_comes_before_the_window() -> None:
    content = dicom(VALUES, WindowCenter="40", WindowWidth="400", RescaleSlope="0.5", RescaleIntercept="-1000")
    assert close(pixels(content), linear(VALUES * 0.5 - 1000, 40, 400))


def test_a_negative_slope_turns_around() -> None:
    content = dicom(VALUES, WindowCenter="-2000", WindowWidth="1000", RescaleSlope="-1", RescaleIntercept="0")
    assert close(pixels(content), linear(-VALUES.astype(float), -2000, 1000))
    assert close(pixels(dicom(VALUES, RescaleSlope="-1", RescaleIntercept="0")), 255 - VALUES / 4095 * 255)


def test_linear_exact_and_sigmoid() -> None:
    values = VALUES.astype(float)
    window = {"WindowCenter": "2000", "WindowWidth": "1000"}
    exact = pixels(dicom(VALUES, VOILUTFunction="LINEAR_EXACT", **window))
    assert close(exact, (((values - 2000) / 1000 + 0.5) * 255).clip(0, 255))
    sigmoid = pixels(dicom(VALUES, VOILUTFunction="SIGMOID", **window))
    assert close(sigmoid, 255 / (1 + np.exp(-4 * (values - 2000) / 1000)))


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_windows_as_pydicom_sees_them(function: str) -> None:
    content = dicom(VALUES, BitsStored=12, WindowCenter="1500", WindowWidth="900", VOILUTFunction=function)
    dataset = pydicom.dcmread(BytesIO(content))
    assert close(pixels(content), apply_voi_window(dataset))


def apply_voi_window(dataset: Dataset) -> npt.NDArray[np.floating]:
    return pydicom.pixels.apply_windowing(dataset.pixel_array, dataset) / 4095 * 255


def test_window_full_takes_no_window() -> None:
    content = dicom(VALUES, WindowCenter="2000", WindowWidth="1000")
    assert close(pixels(content, window="full"), VALUES / 4095 * 255)


def test_without_a_window_the_range_of_the_values_counts() -> None:
    assert close(pixels(dicom(VALUES // 2 + 7)), (VALUES // 2) / (4095 // 2) * 255)


@pytest.mark.parametrize(
    "window", [{}, {"WindowCenter": "5", "WindowWidth": "1"}, {"WindowCenter": "9", "WindowWidth": "0"}]
)
def test_constant_images(window: dict[str, str]) -> None:
    assert len(np.unique(pixels(dicom(np.full((16, 16), 5, np.uint16), **window)))) == 1


@pytest.mark.parametrize("window", [{}, {"WindowCenter": "2000", "WindowWidth": "1000"}])
def test_monochrome1_is_the_inverted_monochrome2(window: dict[str, str]) -> None:
    second = pixels(dicom(VALUES, **window)).astype(int)
    first = pixels(dicom(VALUES, PhotometricInterpretation="MONOCHROME1", **window)).astype(int)
    assert np.abs(255 - second - first).max() <= 1
    assert first[0, 0] == 255


def test_a_modality_table() -> None:
    entries = [int(value) for value in np.linspace(0, 255, 4096) ** 2 / 255]
    content = dicom(VALUES, ModalityLUTSequence=[modality := table(0, entries, 8)])
    modality.ModalityLUTType = "US"
    dataset = pydicom.dcmread(BytesIO(content))
    expected = apply_modality_lut(dataset.pixel_array, dataset)
    assert close(pixels(content), expected / expected.max() * 255)


def test_a_voi_table_comes_before_a_window() -> None:
    entries = [int(value) for value in np.sqrt(np.linspace(0, 1, 2000)) * 1023]
    content = dicom(VALUES, VOILUTSequence=[table(1000, entries, 10)], WindowCenter="1", WindowWidth="2")
    dataset = pydicom.dcmread(BytesIO(content))
    assert close(pixels(content), apply_voi(dataset.pixel_array, dataset) / 1023 * 255)


def test_signed_values() -> None:
    values = VALUES.astype(np.int16) - 2000
    content = dicom(values, WindowCenter="-500", WindowWidth="800")
    assert close(pixels(content), linear(values.astype(float), -500, 800))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.uint32, np.int16, np.int32])
def test_depths(dtype: type[np.integer]) -> None:
    top = min(np.iinfo(dtype).max, 2**24 + 1)
    values = np.linspace(0, 1, 16)[None].repeat(16, 0)
    assert np.abs(pixels(dicom((values * top).astype(dtype))) - values * 255).max() <= 1.1


def test_32_bits_far_from_zero() -> None:
    values = (np.arange(256).reshape(16, 16) + 4_000_000_000).astype(np.uint32)
    assert (pixels(dicom(values)) == np.arange(256).reshape(16, 16)).all()


@pytest.mark.parametrize("signed", [False, True])
def test_bits_that_are_not_stored_do_not_count(signed: bool) -> None:
    """An overlay may lie in them (PS3.5 8.1.1)."""
    with_overlay = VALUES | np.uint16(0x8000)
    shown = pixels(dicom(with_overlay, BitsStored=12, HighBit=11, PixelRepresentation=int(signed)))
    expected = VALUES.astype(int)
    if signed:
        expected = np.where(expected >= 2048, expected - 4096, expected)
    assert close(shown, (expected - expected.min()) / np.ptp(expected) * 255)


def test_padding_is_black_and_no_part_of_the_range() -> None:
    values = VALUES.astype(np.int16) + 100
    values[:4] = -2000
    for photometric in ("MONOCHROME2", "MONOCHROME1"):
        shown = pixels(dicom(values, PhotometricInterpretation=photometric, PixelPaddingValue=-2000))
        assert (shown[:4] == 0).all()
        row = shown[8].astype(int)
        assert (min(row[0], row[-1]), max(row[0], row[-1])) == (0, 255)


def test_a_range_of_padding_in_the_other_sign() -> None:
    values = VALUES.astype(np.int16)
    values[:4] = np.array([-2000, -1999, -1998, -1997], np.int16)[:, None]
    content = dicom(values, PixelPaddingValue=-2000, PixelPaddingRangeLimit=-1997)
    content = content.replace(b"\x28\0\x20\1SS", b"\x28\0\x20\1US").replace(b"\x28\0\x21\1SS", b"\x28\0\x21\1US")
    assert (pixels(content)[:4] == 0).all()
    assert close(pixels(content)[8], VALUES[8] / 4095 * 255)


def test_only_padding() -> None:
    assert (pixels(dicom(np.full((16, 16), 7, np.uint16), PixelPaddingValue=7)) == 0).all()


def test_functional_groups_of_a_frame() -> None:
    """Enhanced CT and MR say it for each frame, or once for all."""

    def group(keyword: str, **values: str) -> Dataset:
        item, inner = Dataset(), Dataset()
        for name, value in values.items():
            setattr(inner, name, value)
        setattr(item, keyword, [inner])
        return item

    frames = np.stack([VALUES, VALUES])
    content = dicom(
        frames,
        SharedFunctionalGroupsSequence=[
            group("PixelValueTransformationSequence", RescaleSlope="2", RescaleIntercept="-10")
        ],
        PerFrameFunctionalGroupsSequence=[
            group("FrameVOILUTSequence", WindowCenter="1", WindowWidth="2"),
            group("FrameVOILUTSequence", WindowCenter="4000", WindowWidth="3000"),
        ],
    )
    assert close(pixels(content, frames="middle"), linear(VALUES * 2.0 - 10, 4000, 3000))


def test_a_window_cuts_before_the_picture_shrinks() -> None:
    """A marker far above the window weighs no more than what the window shows as white."""
    values = np.full((64, 64), 100, np.uint16)
    values[:, ::4] = 60_000
    shown = pixels(dicom(values, WindowCenter="100.5", WindowWidth="201"))
    assert np.abs(shown - (255 / 4 + 127.5 * 3 / 4)).max() <= 1


@pytest.mark.parametrize(
    ("keyword", "value"),
    [("WindowCenter", b"abc "), ("RescaleSlope", b"x   "), ("RescaleSlope", b"0   "), ("VOILUTFunction", b"CUBE")],
)
def test_values_that_make_no_sense(keyword: str, value: bytes) -> None:
    sound = {"WindowCenter": "2000", "WindowWidth": "1000", "RescaleSlope": "1.00", "VOILUTFunction": "LINEAR"}
    marked = dicom(VALUES, **(sound | {keyword: "7777"}))
    with pytest.raises(Unreadable, match=keyword):
        pixels(marked.replace(b"7777", value))
