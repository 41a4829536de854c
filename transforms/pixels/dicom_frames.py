"""Decodes the wanted frames of a DICOM image, and only those."""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pipeline_configs.image import Image
from transforms.pixels.codestream import frame_size
from transforms.pixels.dicom_header import PixelHeader, value_of
from transforms.pixels.fit import fitted
from transforms.pixels.grey import grey_pixels
from transforms.pixels.image_file import Picture, Pixels
from transforms.pixels.isolated import decode_isolated
from transforms.pixels.reasons import ImageReason
from transforms.pixels.unreadable import Unreadable

if TYPE_CHECKING:
    from pydicom.dataset import Dataset
    from pydicom.pixels.decoders.base import Decoder

__all__ = ["dicom_pictures"]

_JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"
_JPEG_2000 = ("1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.4.20")
"""Lossless, lossy, and those of High-Throughput JPEG 2000."""


def dicom_pictures(dataset: "Dataset", header: PixelHeader, positions: range, declared: Image) -> tuple[Picture, ...]:
    """Returns frames at the declared size.

    Args:
        dataset: The image.
        header: Its pixels, checked against the limits.
        positions: Which frames, from 0 on.
        declared: Size, channels, fit and window.

    Raises:
        Unreadable: The transfer syntax cannot be decoded here, or the pixels are not as the header says.
    """
    decoder = _decoder(header)
    if decoder.is_native and len(_raw(dataset, header)) < header.native_bytes:
        raise Unreadable(ImageReason.SHORT_PIXELS)
    return tuple(
        Picture(_picture(_decoded(decoder, dataset, header, place), dataset, header, place, declared), place + 1)
        for place in positions
    )


def _decoder(header: PixelHeader) -> "Decoder":
    from pydicom.pixels.decoders.base import get_decoder

    syntax = f"{header.syntax} {header.syntax.name}" if header.syntax.is_transfer_syntax else "private"
    try:
        decoder = get_decoder(header.syntax)
    except NotImplementedError:
        raise Unreadable(ImageReason.SYNTAX, syntax) from None
    if not decoder.is_available:
        packages = "; or ".join(decoder.missing_dependencies)
        raise Unreadable(ImageReason.DECODER, f"{syntax}; {packages}")
    return decoder


def _raw(dataset: "Dataset", header: PixelHeader) -> Any:
    raw = value_of(dataset, header.keyword)
    if raw is None:
        raise Unreadable(ImageReason.SHORT_PIXELS)
    return raw


def _decoded(decoder: "Decoder", dataset: "Dataset", header: PixelHeader, place: int) -> npt.NDArray[Any]:
    """One frame as `[rows, columns]` or `[rows, columns, 3]`; colours as RGB."""
    frame = _frame(dataset, header, place) if decoder.is_encapsulated else b""
    bits = _check_size(frame, header) if frame else 0
    plugins = [plugin for plugin in _order(header) if plugin in decoder.available_plugins]
    for plugin in plugins if decoder.is_encapsulated else [""]:
        try:
            if plugin == "gdcm":
                array, photometric = decode_isolated(
                    header.syntax, frame, _options(header) | {"decoding_plugin": plugin}
                )
            else:
                array, properties = _as_array(decoder, dataset, header, place, plugin)
                photometric = properties["photometric_interpretation"]
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException:  # noqa: BLE001 - as many ways as bytes can be wrong; a panic in Rust is no Exception
            continue
        if array.shape[:2] != (header.rows, header.columns):
            raise Unreadable(ImageReason.OTHER_SIZE)
        if header.samples == 3 and photometric != "RGB":
            raise Unreadable(ImageReason.PIXEL_FORMAT)
        return array
    if bits > 8 and header.syntax == _JPEG_EXTENDED:
        raise Unreadable(ImageReason.DECODER, f"{header.syntax} with {bits} bits: pylibjpeg-libjpeg, under the GPL")
    raise Unreadable(ImageReason.BROKEN)


def _order(header: PixelHeader) -> tuple[str, ...]:
    """Plugins in the order in which they are tried, faster ones first.

    JPEG-LS is twice, RLE fifteen times as fast as with those that pydicom tries first. GDCM comes last, and runs in a
    process of its own, as it may end the one that it runs in.
    """
    if header.syntax.startswith(_JPEG_2000):
        return ("pylibjpeg", "pillow", "gdcm")
    return ("pyjpegls", "pillow", "pylibjpeg", "pydicom", "gdcm")


def _options(header: PixelHeader) -> dict[str, Any]:
    """What pydicom's decoders want to know where they are given no dataset."""
    return {
        "rows": header.rows,
        "columns": header.columns,
        "samples_per_pixel": header.samples,
        "bits_allocated": header.allocated,
        "bits_stored": header.bits,
        "pixel_representation": int(header.signed),
        "photometric_interpretation": header.photometric,
        "planar_configuration": 0,
        "number_of_frames": 1,
        "pixel_keyword": header.keyword,
    }


def _as_array(
    decoder: "Decoder", dataset: "Dataset", header: PixelHeader, place: int, plugin: str
) -> tuple[npt.NDArray[Any], dict[str, Any]]:
    """Decodes without a copy where the bits that are not stored need no correction (PS3.5 8.1.1): nearly always."""
    options: Any = {"index": place, "decoding_plugin": plugin}
    if decoder.is_native and header.is_grey and header.allocated > 1:
        as_view: Any = options | {"view_only": True, "correct_unused_bits": False}
        array, properties = decoder.as_array(dataset, **as_view)
        least, most = (-(1 << header.bits - 1), 1 << header.bits - 1) if header.signed else (0, 1 << header.bits)
        if header.keyword != "PixelData" or (array.min() >= least and array.max() < most):
            return array, properties
    return decoder.as_array(dataset, **options)


def _frame(dataset: "Dataset", header: PixelHeader, place: int) -> bytes:
    """The codestream of one frame."""
    from pydicom.encaps import get_frame

    raw = _raw(dataset, header)
    offsets = value_of(dataset, "ExtendedOffsetTable"), value_of(dataset, "ExtendedOffsetTableLengths")
    try:
        frame = get_frame(
            raw, place, extended_offsets=offsets if all(offsets) else None, number_of_frames=header.frames
        )
    except Exception:  # noqa: BLE001 - the fragments may be cut anywhere
        raise Unreadable(ImageReason.BROKEN) from None
    if not frame:
        raise Unreadable(ImageReason.BROKEN)
    return frame


def _check_size(frame: bytes, header: PixelHeader) -> int:
    """Refuses a compressed frame of another size than the header says, before memory is taken for it.

    Returns:
        Bits of a sample by the frame's own header, 0 where it does not say.
    """
    size = frame_size(frame)
    if size is None:
        if "RLE" in header.syntax.name:  # Its header has no size: the decoder makes as many pixels as it is told.
            return 0
        raise Unreadable(ImageReason.BROKEN)
    if size[:3] != (header.rows, header.columns, header.samples):
        raise Unreadable(ImageReason.OTHER_SIZE)
    return size.bits


def _picture(array: npt.NDArray[Any], dataset: "Dataset", header: PixelHeader, place: int, declared: Image) -> Pixels:
    from PIL import Image as Pillow

    if header.is_grey:
        return grey_pixels(array, dataset, header, place, declared)
    bits = header.bits
    if header.photometric == "PALETTE COLOR":
        array, bits = _from_palette(array, dataset)
    if array.dtype.kind == "f":
        raise Unreadable(ImageReason.PIXEL_FORMAT)
    if bits > 8:
        array = array >> (bits - 8)
    return fitted(Pillow.fromarray(np.ascontiguousarray(array[..., :3]).astype(np.uint8)), declared)


def _from_palette(array: npt.NDArray[Any], dataset: "Dataset") -> tuple[npt.NDArray[Any], int]:
    """Colours by the palette (PS3.3 C.7.6.3.1.5), and their bits; many files fill only the lower byte of 16 bits."""
    from pydicom.pixels.processing import apply_color_lut

    try:
        colours = apply_color_lut(array, dataset)
    except Exception:  # noqa: BLE001 - palettes may be missing, too short or of a wrong type
        raise Unreadable(ImageReason.BAD_HEADER, "PaletteColorLookupTable") from None
    return colours, 16 if colours.dtype.itemsize > 1 and colours.max(initial=0) > 255 else 8
