"""PNG, JPEG and TIFF to pixels of the declared size."""

import math
from collections import Counter
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline_configs.acquisition import ACQUISITION
from pipeline_configs.image import Image
from privacy.dicom.removed import Action, Kind, Removed
from transforms.pixels.fit import fitted, geometry
from transforms.pixels.frames import check_size, chosen
from transforms.pixels.grey import range_pixels
from transforms.pixels.image_file import Acquired, ImageFile, Picture, Pixels
from transforms.pixels.reasons import ImageReason
from transforms.pixels.unreadable import Unreadable

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile as Opened

__all__ = ["raster_file"]

_FORMATS = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    *((start, "TIFF") for start in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")),
)
_DEEP = ("I", "I;16", "I;16L", "I;16B", "I;16N", "F")
_CHANNELS = {"1": 1, "L": 1, "LA": 1, "La": 1, **dict.fromkeys(_DEEP, 1)}
_WITH_ALPHA = ("RGBA", "RGBa", "LA", "La", "PA")
_COLOURS = ("P", "RGBX", "CMYK", "YCbCr", "LAB", "HSV")

_ORIENTATION = 0x0112
_SIDEWAYS = (5, 6, 7, 8)
_PHOTOMETRIC, _BITS, _WHITE_IS_ZERO = 262, 258, 0
_EXIF = {270: Kind.TEXT, 306: Kind.DATE, 315: Kind.NAME, 316: Kind.DEVICE, 0x8825: Kind.PLACE, 33432: Kind.TEXT}
"""Description, time, artist, host computer, GPS, copyright (TIFF 6.0, Exif 2.3)."""


def raster_file(content: bytes, declared: Image) -> ImageFile:
    """Reads a PNG, JPEG or TIFF file; what else it holds (Exif, texts, thumbnails) does not leave this function.

    8 bits are shown as they are. Deeper ones carry no window, so their least value becomes black and their greatest
    white. What is transparent becomes black; Exif orientation is applied; of a multi-page TIFF those pages are taken
    that `frames` says.

    Raises:
        Unreadable: It is no such file, damaged, or beyond the limits of `declared`.
    """
    from PIL.Image import DecompressionBombError

    try:
        image = _opened(content)
        original = (image.height, image.width)
        check_size(*original, 1, declared)
        pages = getattr(image, "n_frames", 1) if image.format == "TIFF" else 1
        check_size(*original, pages, declared)
        acquisition = _acquired(image, content)
        pictures = tuple(Picture(_page(image, place, declared), place + 1) for place in chosen(pages, declared))
        return ImageFile(pictures, acquisition, None, _removed(image))
    except DecompressionBombError:
        raise Unreadable(ImageReason.TOO_MANY_PIXELS) from None


def _opened(content: bytes) -> "Opened":
    """The file's header. Pillow's own `open` would try other formats, and apply limits that are not the task's."""
    from PIL import JpegImagePlugin, PngImagePlugin, TiffImagePlugin

    name = next((name for start, name in _FORMATS if content.startswith(start)), None)
    if name == "PNG":
        return PngImagePlugin.PngImageFile(BytesIO(content))
    if name == "JPEG":
        return JpegImagePlugin.JpegImageFile(BytesIO(content))
    if name == "TIFF":
        return TiffImagePlugin.TiffImageFile(BytesIO(content))
    raise Unreadable(ImageReason.NOT_AN_IMAGE)


def _page(image: "Opened", place: int, declared: Image) -> Pixels:
    from PIL import ImageOps

    if place:
        image.seek(place)
        check_size(image.height, image.width, 1, declared)
    # Pillow turns 8 bits of a TIFF where white is 0 around, but not deeper ones.
    invert = getattr(image, "tag_v2", {}).get(_PHOTOMETRIC) == _WHITE_IS_ZERO
    if image.format == "JPEG":
        _draft(image, declared)
    picture = ImageOps.exif_transpose(image)
    if picture.mode in _DEEP:
        return range_pixels(np.asarray(picture), declared, invert)
    return fitted(_without_alpha(picture), declared)


def _draft(image: Any, declared: Image) -> None:
    """Has the JPEG decoder shrink by 2, 4 or 8, to no less than twice the size that is wanted.

    The decoder then computes only the averages of parts of its blocks: the picture differs by a level or two, and takes
    a third of the time.
    """
    sideways = image.getexif().get(_ORIENTATION) in _SIDEWAYS
    shape = (image.width, image.height) if sideways else (image.height, image.width)
    box, height, width = geometry(*shape, declared)
    scale = 2 * max(height / (box[3] - box[1]), width / (box[2] - box[0]))
    size = (math.ceil(image.width * scale), math.ceil(image.height * scale))
    image.draft("L" if declared.channels == 1 and image.mode == "RGB" else None, size)


def _without_alpha(picture: Any) -> Any:
    """A picture in mode L or RGB; what is transparent is black."""
    from PIL import Image as Pillow

    if picture.mode in _WITH_ALPHA or "transparency" in picture.info:
        over = picture.convert("RGBA")
        return Pillow.alpha_composite(Pillow.new("RGBA", over.size, (0, 0, 0, 255)), over).convert("RGB")
    if picture.mode in ("L", "RGB"):
        return picture
    if picture.mode == "1":
        return picture.convert("L")
    if picture.mode in _COLOURS:
        return picture.convert("RGB")
    raise Unreadable(ImageReason.PIXEL_FORMAT)


def _acquired(image: Any, content: bytes) -> Acquired:
    acquisition: Acquired = dict.fromkeys(ACQUISITION)
    bits = 8
    if image.format == "PNG":
        bits = content[24]  # IHDR: PNG specification, 11.2.1.
    elif image.format == "TIFF":
        bits = image.tag_v2.get(_BITS, (1,))[0]
    return acquisition | {
        "modality": image.format,
        "height": float(image.height),
        "width": float(image.width),
        "bits": float(bits),
        "channels": float(_CHANNELS.get(image.mode, 3)),
        "photometric": image.mode,
    }


def _removed(image: Any) -> Removed:
    """What is left behind: texts of a PNG, the comment of a JPEG, and what Exif or TIFF tell."""
    counts: Counter[tuple[Kind, Action]] = Counter()
    texts = sum(isinstance(value, str) for value in image.info.values()) + ("comment" in image.info)
    if texts:
        counts[Kind.TEXT, Action.REMOVED] = texts
    exif = image.getexif()
    for tag, kind in _EXIF.items():
        if tag in exif:
            counts[kind, Action.REMOVED] += 1
    return Removed(counts)
