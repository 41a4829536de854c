"""Frames that are decoded in a process of their own."""

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.encaps import generate_frames

from tests.transforms.pixels.images import declared
from transforms.pixels import isolated
from transforms.pixels.isolated import DecoderFailed, decode_isolated
from transforms.pixels.read_image import read_image

LOSSLESS = Path(pydicom.__file__).parent / "data" / "test_files" / "SC_rgb_jpeg_gdcm.dcm"
OPTIONS = {
    "rows": 100,
    "columns": 100,
    "samples_per_pixel": 3,
    "bits_allocated": 8,
    "bits_stored": 8,
    "pixel_representation": 0,
    "photometric_interpretation": "RGB",
    "planar_configuration": 0,
    "number_of_frames": 1,
    "pixel_keyword": "PixelData",
}


def frame_of(dataset: pydicom.Dataset) -> bytes:
    return next(generate_frames(dataset.PixelData, number_of_frames=1))


def test_a_lossless_jpeg() -> None:
    dataset = pydicom.dcmread(LOSSLESS)
    array, photometric = decode_isolated(dataset.file_meta.TransferSyntaxUID, frame_of(dataset), OPTIONS)
    assert photometric == "RGB"
    assert (array == dataset.pixel_array).all()


def test_a_helper_that_ends_is_started_anew() -> None:
    dataset = pydicom.dcmread(LOSSLESS)
    syntax, frame = dataset.file_meta.TransferSyntaxUID, frame_of(dataset)
    decode_isolated(syntax, frame, OPTIONS)
    assert isolated._helper is not None
    isolated._helper.kill()
    isolated._helper.wait()
    assert decode_isolated(syntax, frame, OPTIONS)[0].shape == (100, 100, 3)


def test_a_helper_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolated, "_PATIENCE", 0.2)
    monkeypatch.setattr(isolated, "_START", "import time; time.sleep(60)")
    monkeypatch.setattr(isolated, "_helper", None)
    with pytest.raises(DecoderFailed):
        decode_isolated("1.2.840.10008.1.2.4.70", b"\xff\xd8", OPTIONS)


def test_damaged_frames_do_not_end_it() -> None:
    dataset = pydicom.dcmread(LOSSLESS)
    syntax, frame = dataset.file_meta.TransferSyntaxUID, frame_of(dataset)
    for damaged in (b"\xff\xd8", frame[:50], b"", b"\0" * 1000):
        with pytest.raises(DecoderFailed):
            decode_isolated(syntax, damaged, OPTIONS)
    content = LOSSLESS.read_bytes()
    assert read_image(content, declared(channels=3), None).pictures
    assert np.asarray(decode_isolated(syntax, frame, OPTIONS)[0]).any()
