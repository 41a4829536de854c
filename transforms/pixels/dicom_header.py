"""What a DICOM header says about its pixels, checked before any of them is decoded."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from transforms.pixels.dicom_source import PIXELS
from transforms.pixels.reasons import ImageReason
from transforms.pixels.unreadable import Unreadable

if TYPE_CHECKING:
    from pydicom.dataset import Dataset
    from pydicom.uid import UID

__all__ = ["PixelHeader", "pixel_header", "value_of"]

_DIRECTORY = "1.2.840.10008.1.3.10"
_PIXELS = dict(zip(PIXELS, (0, 32, 64), strict=True))
_GREY = ("MONOCHROME1", "MONOCHROME2")
_COLOURS = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT")


@dataclass(frozen=True)
class PixelHeader:
    """The Image Pixel module (PS3.3 C.7.6.3), as far as it is needed.

    Attributes:
        syntax: Transfer syntax.
        keyword: PixelData, FloatPixelData or DoubleFloatPixelData.
        rows: Height of the image, in pixels.
        columns: Width of the image, in pixels.
        frames: Number of frames.
        samples: Samples of each pixel, 1 or 3.
        bits: Bits stored of each sample.
        allocated: Bits allocated for each sample.
        signed: Whether samples may be negative.
        photometric: Photometric interpretation.
    """

    syntax: "UID"
    keyword: str
    rows: int
    columns: int
    frames: int
    samples: int
    bits: int
    allocated: int
    signed: bool
    photometric: str

    @property
    def is_grey(self) -> bool:
        """Whether pixels are grey levels, and not colours or places in a palette."""
        return self.photometric in _GREY

    @property
    def native_bytes(self) -> int:
        """Bytes of all frames where they are not compressed (PS3.5 8.1.1; YBR_FULL_422: PS3.3 C.7.6.3.1.2)."""
        samples = self.rows * self.columns * self.samples * self.frames
        if self.photometric == "YBR_FULL_422":
            samples = samples // 3 * 2
        return (samples * self.allocated + 7) // 8


def value_of(dataset: Any, keyword: str) -> Any:
    """Returns the value of an attribute of a dataset, None where it is absent or empty.

    Raises:
        Unreadable: The value breaks its type, such as a NumberOfFrames of 1A; `detail` names the attribute.
    """
    try:
        value = dataset.get(keyword)
    except Exception:  # noqa: BLE001 - pydicom decodes here, and its message would quote the value
        raise Unreadable(ImageReason.BAD_HEADER, keyword) from None
    return None if value is None or (hasattr(value, "__len__") and not len(value)) else value


def pixel_header(dataset: "Dataset") -> PixelHeader:
    """Returns what the header says about the pixels.

    Raises:
        Unreadable: There are no pixels, or the header does not describe them.
    """
    meta = getattr(dataset, "file_meta", {})
    if str(value_of(meta, "MediaStorageSOPClassUID") or "") == _DIRECTORY or "DirectoryRecordSequence" in dataset:
        raise Unreadable(ImageReason.DIRECTORY)
    keyword = next((name for name in _PIXELS if name in dataset), None)
    if keyword is None:
        raise Unreadable(ImageReason.NO_PIXELS)
    photometric = str(value_of(dataset, "PhotometricInterpretation") or "").strip(" \0")
    if not photometric:
        raise Unreadable(ImageReason.BAD_HEADER, "PhotometricInterpretation")
    samples = _whole(dataset, "SamplesPerPixel", 1, 4, 3 if photometric in _COLOURS else 1)
    allocated = _whole(dataset, "BitsAllocated", 1, 64, _PIXELS[keyword])
    colour = photometric in _COLOURS
    if (
        not (colour or photometric in _GREY or photometric == "PALETTE COLOR")
        or samples != (3 if colour else 1)
        or (allocated != 1 and allocated % 8)
    ):
        raise Unreadable(ImageReason.PIXEL_FORMAT)
    if colour:
        _whole(dataset, "PlanarConfiguration", 0, 1)
    return PixelHeader(
        syntax=_syntax(dataset, meta),
        keyword=keyword,
        rows=_whole(dataset, "Rows", 1, 65535),
        columns=_whole(dataset, "Columns", 1, 65535),
        frames=_whole(dataset, "NumberOfFrames", 0, 2**31 - 1, 1) or 1,
        samples=samples,
        bits=_whole(dataset, "BitsStored", 1, allocated, _PIXELS[keyword]),
        allocated=allocated,
        signed=bool(_whole(dataset, "PixelRepresentation", 0, 1, None if keyword == "PixelData" else 1)),
        photometric=photometric,
    )


def _whole(dataset: "Dataset", keyword: str, least: int, most: int, default: int | None = None) -> int:
    """A whole number within bounds; the default, unless 0 or None, where it is absent."""
    value = value_of(dataset, keyword)
    if value is None and default:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise Unreadable(ImageReason.BAD_HEADER, keyword)
    return int(value)


def _syntax(dataset: "Dataset", meta: Any) -> "UID":
    """Transfer syntax; where the file does not name it, the one by which it could be parsed."""
    from pydicom import uid

    named = value_of(meta, "TransferSyntaxUID")
    if named is not None:
        return uid.UID(str(named))
    implicit, little = dataset.original_encoding
    if implicit:
        return uid.ImplicitVRLittleEndian
    return uid.ExplicitVRLittleEndian if little else uid.ExplicitVRBigEndian
