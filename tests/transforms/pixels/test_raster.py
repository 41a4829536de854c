"""PNG, JPEG and TIFF: every mode, orientation, pages, limits, odd and hostile ones."""

import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageOps
from PIL.PngImagePlugin import PngInfo

from privacy.dicom.removed import Kind
from tests.transforms.pixels.images import declared, gradient, pixels, png
from transforms.pixels.read_image import read_image
from transforms.pixels.reasons import ImageReason
from transforms.pixels.unreadable import Unreadable

GREY = np.arange(256, dtype=np.uint8).reshape(16, 16)
COLOURS = np.random.default_rng(1).integers(0, 256, (16, 16, 3)).astype(np.uint8)
FORMATS = ["PNG", "TIFF"]


def saved(image: Pillow.Image, name: str = "PNG", **options: Any) -> bytes:
    stream = BytesIO()
    image.save(stream, name, **options)
    return stream.getvalue()


def reason(content: bytes, **changes: Any) -> ImageReason:
    with pytest.raises(Unreadable) as caught:
        read_image(content, declared(**changes), None)
    return caught.value.reason


@pytest.mark.parametrize("name", FORMATS)
def test_8_bits_are_shown_as_they_are(name: str) -> None:
    assert (pixels(png(GREY, name)) == GREY).all()
    assert (pixels(png(GREY // 2, name)) == GREY // 2).all()
    assert (pixels(png(COLOURS, name), channels=3) == COLOURS).all()
    luma = np.asarray(Pillow.fromarray(COLOURS).convert("L"))
    assert (pixels(png(COLOURS, name)) == luma).all()
    assert (pixels(png(GREY, name), channels=3) == GREY[:, :, None]).all()


@pytest.mark.parametrize("name", FORMATS)
def test_16_bits_are_shown_from_their_least_to_their_greatest(name: str) -> None:
    values = gradient() + np.uint16(300)
    shown = pixels(png(values, name))
    assert np.abs(shown - gradient() / 4095 * 255).max() <= 0.51
    assert (pixels(png(np.full((16, 16), 9000, np.uint16), name)) == 0).all()


def test_32_bits_and_floats() -> None:
    values = gradient().astype(np.int32) - 2000
    assert np.abs(pixels(png(values, "TIFF")) - gradient() / 4095 * 255).max() <= 0.51
    floats = (gradient() / 4095).astype(np.float32)
    floats[0] = np.nan
    assert np.abs(pixels(png(floats, "TIFF"))[1:] - floats[1:] * 255).max() <= 0.51


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_white_is_zero(dtype: type[np.unsignedinteger]) -> None:
    values = GREY if dtype is np.uint8 else gradient()
    black_is_zero, white_is_zero = (struct.pack("<HHIHH", 262, 3, 1, value, 0) for value in (1, 0))
    content = png(values, "TIFF")
    assert content.count(black_is_zero) == 1
    shown = pixels(content.replace(black_is_zero, white_is_zero))
    assert (shown[0, 0], shown[-1, -1]) == (255, 0)


@pytest.mark.parametrize("name", FORMATS)
def test_one_bit(name: str) -> None:
    image = Pillow.fromarray(GREY > 99)
    assert (pixels(saved(image, name)) == np.where(GREY > 99, 255, 0)).all()


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_what_is_transparent_is_black(mode: str) -> None:
    image = Pillow.new(mode, (16, 16), (200, 200, 200, 255) if mode == "RGBA" else (200, 255))
    alpha = Pillow.fromarray(np.where(np.arange(16) < 8, 0, 255).astype(np.uint8)[None].repeat(16, 0))
    image.putalpha(alpha)
    shown = pixels(saved(image))
    assert (shown[:, :8] == 0).all()
    assert (shown[:, 8:] == 200).all()


def test_palettes_with_and_without_transparency() -> None:
    image = Pillow.fromarray(COLOURS).quantize(64)
    assert (pixels(saved(image), channels=3) == np.asarray(image.convert("RGB"))).all()
    shown = pixels(saved(image, transparency=0), channels=3)
    assert (shown[np.asarray(image) == 0] == 0).all()


def test_cmyk() -> None:
    image = Pillow.fromarray(COLOURS).convert("CMYK")
    assert (pixels(saved(image, "TIFF"), channels=3) == np.asarray(image.convert("RGB"))).all()
    assert np.abs(pixels(saved(image, "JPEG", quality=100), channels=3).astype(int) - COLOURS).mean() < 40


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["PNG", "JPEG", "TIFF"])
@pytest.mark.parametrize("size", [16, 12, 256])
def test_orientation_is_applied_once(orientation: int, name: str, size: int) -> None:
    values = np.zeros((size, 2 * size), np.uint8)
    values[: size // 4, : size // 2] = 255
    image = Pillow.fromarray(values)
    exif = image.getexif()
    exif[0x0112] = orientation
    content = saved(image, name, exif=exif)
    tagged = Pillow.fromarray(values)
    tagged.getexif()[0x0112] = orientation
    turned = np.asarray(ImageOps.exif_transpose(tagged).resize((16, 16), Pillow.Resampling.BOX)).astype(int)
    assert np.abs(pixels(content) - turned).mean() < 12
    for fit in ("pad", "crop"):
        assert pixels(content, fit=fit).shape == (16, 16)


@pytest.mark.parametrize(("rule", "expected"), [("first", [1]), ("middle", [2]), ("each", [1, 2, 3])])
def test_pages_of_a_tiff(rule: str, expected: list[int]) -> None:
    pages = [Pillow.fromarray(np.full((16, 16), 60 * number, np.uint8)) for number in (1, 2, 3)]
    content = saved(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    pictures = read_image(content, declared(frames=rule), None).pictures
    assert [picture.frame for picture in pictures] == expected
    assert [picture.pixels[0, 0, 0] for picture in pictures] == [60 * number for number in expected]
    assert reason(content, frames="refuse") == ImageReason.SEVERAL_FRAMES
    assert reason(content, max_pixels=700) == ImageReason.TOO_MANY_PIXELS


def test_a_jpeg_is_nearly_the_same_whether_the_decoder_shrinks_it_or_not(shared_data: Path) -> None:
    source = next((shared_data / "nih_chest_xray" / "images").glob("*.png"))
    large = Pillow.open(source).convert("L").resize((1024, 1024))
    shown = pixels(saved(large, "JPEG", quality=95), size=(128, 128)).astype(int)
    exact = np.asarray(large.reduce(8)).astype(int)
    assert np.abs(shown - exact).mean() < 0.7
    assert np.abs(shown - exact).max() <= 8
    colour = pixels(saved(large.convert("RGB"), "JPEG", quality=95), size=(128, 128), channels=3)
    assert np.abs(colour[:, :, 0] - exact).mean() < 0.7


def test_what_acquisition_is_known() -> None:
    image = read_image(png(gradient(16, 20)), declared(), None)
    known = {key: value for key, value in image.acquisition.items() if value is not None}
    assert known == {"modality": "PNG", "height": 16, "width": 20, "bits": 16, "channels": 1, "photometric": "I;16"}
    assert image.patient is None
    jpeg = read_image(png(COLOURS, "JPEG"), declared(), None).acquisition
    assert (jpeg["modality"], jpeg["bits"], jpeg["channels"], jpeg["photometric"]) == ("JPEG", 8, 3, "RGB")


def test_texts_and_exif_stay_behind_and_are_counted() -> None:
    texts = PngInfo()
    texts.add_text("Patient", "Quillfeather")
    exif = Pillow.Exif()
    exif[315], exif[306] = "Quillfeather", "2024:02:29 10:11:12"
    image = read_image(saved(Pillow.fromarray(GREY), pnginfo=texts, exif=exif), declared(), None)
    assert image.removed.by_kind() == {Kind.NAME: 1, Kind.DATE: 1, Kind.TEXT: 1}
    assert "Quillfeather" not in repr(image)
    assert read_image(png(GREY), declared(), None).removed.total == 0


def header_only(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says what size it has."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    ihdr = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", ihdr) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")


def wide(name: str) -> bytes:
    """The same for JPEG and TIFF."""
    content = png(GREY, name)
    if name == "JPEG":
        at = content.index(b"\xff\xc0") + 5
        return content[:at] + struct.pack(">HH", 30_000, 30_000) + content[at + 4 :]
    at = content.index(struct.pack("<HHI", 256, 4, 1)) + 8
    return content[:at] + struct.pack("<I", 30_000) + content[at + 4 :]


def test_limits_hold_before_pixels_are_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    def decode(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", decode)
    assert reason(header_only(30_000, 30_000)) == ImageReason.TOO_WIDE
    assert reason(header_only(16_000, 16_000)) == ImageReason.TOO_MANY_PIXELS
    assert reason(header_only(2**31 - 1, 2**31 - 1), max_side=2**31) == ImageReason.TOO_MANY_PIXELS
    assert reason(wide("JPEG")) == ImageReason.TOO_WIDE
    assert reason(wide("TIFF")) == ImageReason.TOO_WIDE
    assert reason(png(GREY), max_bytes=64) == ImageReason.TOO_LARGE


@pytest.mark.parametrize("name", ["PNG", "JPEG", "TIFF"])
def test_files_that_end_too_early(name: str) -> None:
    content = png(np.random.default_rng(2).integers(0, 256, (64, 64)).astype(np.uint8), name)
    for end in (len(content) // 2, len(content) // 4, 30, 12):
        assert reason(content[:end]) == ImageReason.BROKEN
    assert reason(header_only(64, 64)) == ImageReason.BROKEN


def test_other_formats() -> None:
    for name in ("BMP", "GIF", "WEBP"):
        assert reason(png(GREY, name)) == ImageReason.NOT_AN_IMAGE


def test_any_cut_and_any_flipped_byte_is_read_or_has_a_reason() -> None:
    random = np.random.default_rng(4)
    contents = [
        png(COLOURS),
        png(COLOURS, "JPEG"),
        png(gradient(), "TIFF"),
        png(COLOURS, "TIFF", compression="tiff_lzw"),
    ]
    for content in contents:
        for _ in range(100):
            broken = bytearray(content)
            for _ in range(int(random.integers(1, 6))):
                broken[int(random.integers(len(broken)))] = int(random.integers(256))
            if random.random() < 0.3:
                broken = broken[: int(random.integers(len(broken)))]
            try:
                image = read_image(bytes(broken), declared(), None)
            except Unreadable:
                continue
            assert image.pictures[0].pixels.shape == (16, 16, 1)


def test_real_radiographs(shared_data: Path) -> None:
    paths = sorted((shared_data / "nih_chest_xray" / "images").glob("*.png"))[:20]
    for path in paths:
        shown = pixels(path.read_bytes(), size=(64, 64), fit="pad")
        reference = Pillow.open(path).convert("L")
        assert abs(shown.mean() - np.asarray(reference).mean()) < 2
