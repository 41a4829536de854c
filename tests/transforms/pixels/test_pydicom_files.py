"""All files that pydicom ships for its own tests: each is read, or unreadable with a reason."""

import logging
import warnings
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image as Pillow
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi_lut

from pipeline_configs.acquisition import ACQUISITION
from pipeline_configs.privacy import Privacy
from privacy.dicom.deidentifier import Deidentifier
from tests.transforms.pixels.images import declared
from transforms.pixels.read_image import read_image
from transforms.pixels.reasons import ImageReason
from transforms.pixels.unreadable import Unreadable

FOLDER = Path(pydicom.__file__).parent / "data" / "test_files"
FILES = sorted(path for path in FOLDER.rglob("*") if path.is_file())
DEIDENTIFIER = Deidentifier(b"a key for tests, used nowhere", Privacy(burned_in_text="accept"))

UNREADABLE = {
    "JPEG-lossy.dcm": ImageReason.DECODER,
    "JPGExtended.dcm": ImageReason.DECODER,
    "JPEG2000-embedded-sequence-delimiter.dcm": ImageReason.OTHER_SIZE,
    "MR_truncated.dcm": ImageReason.SHORT_PIXELS,
    "badVR.dcm": ImageReason.BAD_HEADER,
    "DICOMDIR": ImageReason.DIRECTORY,
    "DICOMDIR-bigEnd": ImageReason.DIRECTORY,
    "README.txt": ImageReason.NOT_AN_IMAGE,
    "zipMR.gz": ImageReason.NOT_AN_IMAGE,
    "rtplan.dcm": ImageReason.NO_PIXELS,
    "rtplan_truncated.dcm": ImageReason.BROKEN,
    "rtstruct.dcm": ImageReason.NO_PIXELS,
    "test-SR.dcm": ImageReason.NO_PIXELS,
    "waveform_ecg.dcm": ImageReason.NO_PIXELS,
    "meta_missing_tsyntax.dcm": ImageReason.BAD_HEADER,
}


@pytest.mark.parametrize("channels", [1, 3])
def test_each_is_read_or_has_a_reason(
    channels: int, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    read, reasons = 0, {}
    with warnings.catch_warnings(record=True) as warned, caplog.at_level(logging.WARNING):
        warnings.simplefilter("always")
        for path in FILES:
            try:
                image = read_image(path.read_bytes(), declared(channels=channels, frames="each"), DEIDENTIFIER)
            except Unreadable as error:
                reasons[path.name] = error.reason
                continue
            read += 1
            assert image.acquisition.keys() == ACQUISITION.keys()
            for number, picture in enumerate(image.pictures, 1):
                assert picture.frame == number
                assert picture.pixels.shape == (16, 16, channels)
                assert picture.pixels.dtype == np.uint8
    assert read == 88
    assert {name: reasons.get(name) for name in UNREADABLE} == UNREADABLE
    assert not warned
    assert not caplog.records
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "name",
    [
        *("CT_small.dcm", "MR_small.dcm", "MR_small_RLE.dcm", "MR_small_bigendian.dcm", "MR_small_implicit.dcm"),
        *("MR_small_jp2klossless.dcm", "MR_small_jpeg_ls_lossless.dcm", "693_J2KI.dcm", "JPEG2000.dcm"),
        *("image_dfl.dcm", "liver_1frame.dcm", "rtdose_1frame.dcm", "J2K_pixelrep_mismatch.dcm"),
    ],
)
def test_grey_images_as_pydicom_and_pillow_show_them(name: str) -> None:
    path = FOLDER / name
    with warnings.catch_warnings(action="ignore"):
        dataset = pydicom.dcmread(path)
        values = apply_voi_lut(apply_modality_lut(dataset.pixel_array, dataset), dataset).astype(float)
    low, high = values.min(), values.max()
    if "WindowCenter" in dataset:
        bits, signed = dataset.BitsStored, dataset.PixelRepresentation
        low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
        slope, intercept = dataset.get("RescaleSlope", 1), dataset.get("RescaleIntercept", 0)
        low, high = low * slope + intercept, high * slope + intercept
    expected = Pillow.fromarray(((values - low) / (high - low) * 255).astype(np.float32))
    size = (min(dataset.Rows, 64), min(dataset.Columns, 64))
    got = read_image(path.read_bytes(), declared(size=size), None).pictures[0].pixels[:, :, 0]
    assert np.abs(got - np.asarray(expected.resize(size[::-1], Pillow.Resampling.BOX))).max() <= 0.51


@pytest.mark.parametrize(
    "name",
    [
        *("SC_rgb_rle.dcm", "SC_rgb_dcmtk_+eb+cr.dcm", "SC_rgb_dcmtk_+eb+cy+np.dcm", "SC_rgb_dcmtk_+eb+cy+s2.dcm"),
        *("SC_rgb_jpeg_gdcm.dcm", "SC_rgb_rle_16bit.dcm", "SC_rgb_rle_32bit.dcm", "ExplVR_BigEnd.dcm"),
        *("examples_rgb_color.dcm", "examples_jpeg2k.dcm", "examples_ybr_color.dcm", "examples_palette.dcm"),
    ],
)
def test_colour_images_as_pydicom_and_pillow_show_them(name: str) -> None:
    path = FOLDER / name
    with warnings.catch_warnings(action="ignore"):
        dataset = pydicom.dcmread(path)
        values = pydicom.pixels.pixel_array(path, index=0)
        if dataset.PhotometricInterpretation == "PALETTE COLOR":
            values = apply_color_lut(values, dataset)
    values = (values >> (values.dtype.itemsize * 8 - 8)).astype(np.uint8)
    size = values.shape[:2]  # not scaled: the numbers themselves
    got = read_image(path.read_bytes(), declared(size=size, channels=3, max_side=4096), None).pictures[0].pixels
    assert (got == values).all()
