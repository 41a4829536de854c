"""DICOM files as they come: detection, limits, frames, colours, odd and hostile ones."""

import io
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt
import pydicom
import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from pipeline_configs.privacy import Privacy
from privacy.dicom.deidentifier import Deidentifier
from privacy.pseudonyms import pseudonym
from tests.transforms.pixels.images import declared, dicom, gradient, pixels, saved
from transforms.pixels.read_image import read_image
from transforms.pixels.reasons import ImageReason
from transforms.pixels.unreadable import Unreadable

KEY = b"a key for tests, used nowhere"
VALUES = gradient()
LARGE = gradient(64, 64)
FRAMES = np.stack([np.full((16, 16), 50 * number, np.uint8) for number in range(5)])


def reason(content: bytes, deidentifier: Deidentifier | None = None, **changes: Any) -> ImageReason:
    with pytest.raises(Unreadable) as caught:
        read_image(content, declared(**changes), deidentifier)
    assert "Quillfeather" not in str(caught.value)
    assert "MRN-1" not in repr(caught.value)
    assert caught.value.__cause__ is None
    return caught.value.reason


def compressed(syntax: str, array: npt.NDArray[Any] = LARGE) -> pydicom.Dataset:
    dataset = pydicom.dcmread(io.BytesIO(dicom(array)))
    dataset.compress(syntax)
    return dataset


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
def test_native_syntaxes(syntax: str) -> None:
    assert (pixels(dicom(VALUES, syntax)) == pixels(dicom(VALUES))).all()


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless, JPEGLSLossless])
def test_compressed_syntaxes(syntax: str) -> None:
    assert (pixels(saved(compressed(syntax))) == pixels(dicom(LARGE))).all()


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian])
def test_files_without_preamble(syntax: str) -> None:
    whole = dicom(VALUES, syntax)
    with_meta, without_meta = whole[132:], whole[whole.index(b"\x08\0\x16\0") :]
    assert (pixels(with_meta) == pixels(whole)).all()
    assert (pixels(without_meta) == pixels(whole)).all()


def test_big_endian() -> None:
    content = dicom(VALUES.astype(">u2"), ExplicitVRBigEndian)
    assert (pixels(content) == pixels(dicom(VALUES))).all()
    assert (pixels(content[content.index(b"\0\x08\0\x16UI") :]) == pixels(dicom(VALUES))).all()


def test_planar_configuration() -> None:
    colours = np.random.default_rng(1).integers(0, 256, (16, 16, 3)).astype(np.uint8)
    plain = pixels(dicom(colours), channels=3)
    assert (plain == colours).all()
    planes = dicom(colours, PlanarConfiguration=1, PixelData=colours.transpose(2, 0, 1).tobytes())
    assert (pixels(planes, channels=3) == colours).all()


def test_grey_for_three_channels_and_colour_for_one() -> None:
    grey = pixels(dicom(VALUES), channels=3)
    assert (grey == grey[:, :, :1]).all()
    red = np.zeros((16, 16, 3), np.uint8)
    red[..., 0] = 255
    assert (pixels(dicom(red)) == 76).all()  # .299 * 255


@pytest.mark.parametrize(("rule", "expected"), [("first", [1]), ("middle", [3]), ("each", [1, 2, 3, 4, 5])])
def test_frames(rule: str, expected: list[int]) -> None:
    content = dicom(FRAMES, WindowCenter="128", WindowWidth="256")
    pictures = read_image(content, declared(frames=rule), None).pictures
    assert [picture.frame for picture in pictures] == expected
    assert [int(picture.pixels[0, 0, 0]) for picture in pictures] == [50 * (number - 1) for number in expected]
    dataset = pydicom.dcmread(io.BytesIO(content))
    dataset.compress(RLELossless)
    again = read_image(saved(dataset), declared(frames=rule), None).pictures
    assert all((one.pixels == other.pixels).all() for one, other in zip(pictures, again, strict=True))


def test_several_frames_may_be_refused() -> None:
    assert reason(dicom(FRAMES), frames="refuse") == ImageReason.SEVERAL_FRAMES
    assert pixels(dicom(FRAMES[:1]), frames="refuse").shape == (16, 16)


def test_acquisition_patient_and_counts() -> None:
    content = dicom(
        VALUES,
        BitsStored=12,
        HighBit=11,
        Manufacturer="Acme ",
        ManufacturerModelName="Ray 2",
        ViewPosition="PA",
        StudyDate="20240229",
        ImagerPixelSpacing=["0.2", "0.3"],
        InstitutionName="Grauwacke Hospital",
    )
    image = read_image(content, declared(), Deidentifier(KEY, Privacy()))
    assert image.acquisition == {
        "modality": "DX",
        "manufacturer": "Acme",
        "device": "Ray 2",
        "view": "PA",
        "height": 16,
        "width": 16,
        "bits": 12,
        "channels": 1,
        "spacing": 0.2,
        "site": pseudonym(KEY, "Grauwacke Hospital"),
        "year": 2024,
        "photometric": "MONOCHROME2",
    }
    assert image.patient == "MRN-1"
    assert "MRN-1" not in repr(image)
    # Three UIDs, name, id, date and institution; the SOP instance stands in the meta information, too.
    assert image.removed.total == 7
    assert read_image(content, declared(), None).acquisition["site"] is None


def test_pixel_spacing_comes_first() -> None:
    content = dicom(VALUES, PixelSpacing=["0.5", "0.5"], ImagerPixelSpacing=["0.2", "0.2"])
    assert read_image(content, declared(), None).acquisition["spacing"] == 0.5


def test_burned_in_text() -> None:
    us = dicom(VALUES, Modality="US")
    assert reason(us, Deidentifier(KEY, Privacy())) == ImageReason.BURNED_IN
    assert read_image(us, declared(), Deidentifier(KEY, Privacy(burned_in_text="accept"))).pictures
    assert read_image(dicom(VALUES, Modality="US", BurnedInAnnotation="NO"), declared(), Deidentifier(KEY, Privacy()))
    assert reason(dicom(VALUES, BurnedInAnnotation="YES"), Deidentifier(KEY, Privacy())) == ImageReason.BURNED_IN


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", ImageReason.EMPTY),
        (b"hello, this is text called .dcm" * 9, ImageReason.NOT_AN_IMAGE),
        (b"\0" * 128 + b"DICM", ImageReason.BROKEN),
        (b"\0" * 200, ImageReason.NOT_AN_IMAGE),
        (dicom(None), ImageReason.NO_PIXELS),
        (dicom(None)[:-3], ImageReason.BROKEN),
        (dicom(VALUES)[:250], ImageReason.BROKEN),
        (dicom(VALUES)[:-1], ImageReason.SHORT_PIXELS),
        (dicom(VALUES, PixelData=b"\0\0"), ImageReason.SHORT_PIXELS),
        (dicom(VALUES, PixelData=b""), ImageReason.SHORT_PIXELS),
        (dicom(FRAMES, NumberOfFrames=6), ImageReason.SHORT_PIXELS),
        (dicom(VALUES, Rows=0), ImageReason.BAD_HEADER),
        (dicom(VALUES, Columns=None), ImageReason.BAD_HEADER),
        (dicom(VALUES, BitsStored=17), ImageReason.BAD_HEADER),
        (dicom(VALUES, PixelRepresentation=2), ImageReason.BAD_HEADER),
        (dicom(VALUES, PhotometricInterpretation=None), ImageReason.BAD_HEADER),
        (dicom(VALUES, PhotometricInterpretation="HSV"), ImageReason.PIXEL_FORMAT),
        (dicom(VALUES, PhotometricInterpretation="RGB"), ImageReason.PIXEL_FORMAT),
        (dicom(VALUES, PhotometricInterpretation="PALETTE COLOR"), ImageReason.BAD_HEADER),
        (dicom(VALUES, BitsAllocated=12, BitsStored=12), ImageReason.PIXEL_FORMAT),
        (dicom(FRAMES, NumberOfFrames=12345).replace(b"12345 ", b"1A    "), ImageReason.BAD_HEADER),
        (dicom(VALUES, NumberOfFrames=-1), ImageReason.BAD_HEADER),
        (dicom(VALUES, SOPClassUID="1.2.840.10008.1.3.10"), ImageReason.DIRECTORY),
    ],
)
def test_odd_files(content: bytes, expected: ImageReason) -> None:
    assert reason(content) == expected


def test_transfer_syntaxes_that_cannot_be_decoded() -> None:
    dataset = compressed(RLELossless)
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.102"
    with pytest.raises(Unreadable, match=r"not supported \(1.2.840.10008.1.2.4.102 MPEG-4") as caught:
        read_image(saved(dataset), declared(), None)
    assert caught.value.reason == ImageReason.SYNTAX


def test_a_missing_decoder_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from pydicom.pixels.decoders import JPEG2000LosslessDecoder

    monkeypatch.setattr(JPEG2000LosslessDecoder, "_available", {})
    monkeypatch.setattr(
        JPEG2000LosslessDecoder, "_unavailable", {"pylibjpeg": ("pylibjpeg>=2.0", "pylibjpeg-openjpeg>=2.0")}
    )
    with pytest.raises(Unreadable, match=r"1\.2\.840\.10008\.1\.2\.4\.90 .*pylibjpeg-openjpeg") as caught:
        read_image(saved(compressed(JPEG2000Lossless)), declared(), None)
    assert caught.value.reason == ImageReason.DECODER


def test_limits_hold_before_pixels_are_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    def decode(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("transforms.pixels.read_image.dicom_pictures", decode)
    wide = dicom(np.zeros((2, 300), np.uint8))
    assert reason(wide, max_side=256) == ImageReason.TOO_WIDE
    assert reason(dicom(VALUES, Rows=65535, Columns=65535), max_side=65535) == ImageReason.TOO_MANY_PIXELS
    assert reason(dicom(FRAMES), max_pixels=16 * 16 * 4) == ImageReason.TOO_MANY_PIXELS
    assert reason(dicom(VALUES, NumberOfFrames=2**31 - 1)) == ImageReason.TOO_MANY_PIXELS
    assert reason(wide, max_bytes=500) == ImageReason.TOO_LARGE


def test_a_deflated_bomb_is_not_inflated() -> None:
    whole = dicom(VALUES, DeflatedExplicitVRLittleEndian)
    start = 144 + int.from_bytes(whole[140:144], "little")  # behind the group's length, PS3.10 7.1
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    bomb = whole[:start] + squeezer.compress(bytes(1 << 25)) + squeezer.flush()
    assert len(bomb) < 1 << 16
    assert reason(bomb, max_bytes=1 << 20) == ImageReason.TOO_LARGE_INFLATED
    assert reason(whole[:-20]) == ImageReason.BROKEN
    assert reason(whole[:start] + b"\xff" * 50) == ImageReason.BROKEN


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, JPEGLSLossless])
def test_a_frame_of_another_size_is_not_decoded(syntax: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few bytes can say 65,535 x 65,535."""

    def decode(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("transforms.pixels.dicom_frames._as_array", decode)
    for rows, columns in ((32, 64), (128, 128)):
        dataset = compressed(syntax)
        dataset.Rows, dataset.Columns = rows, columns
        assert reason(saved(dataset)) == ImageReason.OTHER_SIZE


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, JPEGLSLossless, RLELossless])
def test_damaged_frames(syntax: str) -> None:
    noise = np.random.default_rng(2).integers(0, 4096, (64, 64)).astype(np.uint16)
    dataset = compressed(syntax, noise)
    frame = next(pydicom.encaps.generate_frames(dataset.PixelData, number_of_frames=1))
    dataset.PixelData = encapsulate([b"\xff\xd8" + b"\0" * 100])
    assert reason(saved(dataset)) == ImageReason.BROKEN
    dataset.PixelData = encapsulate([frame[:40]])
    assert reason(saved(dataset)) == ImageReason.BROKEN


def test_any_cut_and_any_flipped_byte_is_read_or_has_a_reason() -> None:
    random = np.random.default_rng(3)
    contents = [dicom(VALUES), saved(compressed(RLELossless)), saved(compressed(JPEGLSLossless))]
    contents += [dicom(VALUES, ImplicitVRLittleEndian), dicom(VALUES, DeflatedExplicitVRLittleEndian)]
    deidentifier = Deidentifier(KEY, Privacy())
    for content in contents:
        for _ in range(60):
            broken = bytearray(content)
            for _ in range(int(random.integers(1, 6))):
                broken[int(random.integers(len(broken)))] = int(random.integers(256))
            if random.random() < 0.3:
                broken = broken[: int(random.integers(len(broken)))]
            try:
                image = read_image(bytes(broken), declared(), deidentifier)
            except Unreadable:
                continue
            assert image.pictures[0].pixels.shape == (16, 16, 1)


def test_float_pixels() -> None:
    content = pydicom.dcmread(io.BytesIO(dicom(VALUES)))
    del content.PixelData, content.BitsStored, content.HighBit, content.PixelRepresentation
    values = np.linspace(0, 1, 256, dtype=np.float32).reshape(16, 16)
    values[0, 0] = np.nan
    content.BitsAllocated = 32
    content.FloatPixelData = values.tobytes()
    shown = pixels(saved(content))
    assert (shown[0, 0], shown[-1, -1]) == (0, 255)
