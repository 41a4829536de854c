"""From a header and its pixels to the bytes of a DICOM file (PS3.10)."""

from io import BytesIO
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

__all__ = ["EXPLICIT", "IMPLICIT", "RLE", "dicom_file"]

IMPLICIT = "1.2.840.10008.1.2"
"""Transfer syntax Implicit VR Little Endian."""

EXPLICIT = "1.2.840.10008.1.2.1"
"""Transfer syntax Explicit VR Little Endian."""

RLE = "1.2.840.10008.1.2.5"
"""Transfer syntax RLE Lossless."""

_IMPLEMENTATION = "2.25.301770133540126834206127351428713262463"


def dicom_file(dataset: "Dataset", pixels: NDArray[Any], photometric: str, bits: int, syntax: str) -> bytes:
    """Puts the pixels in and returns the file; the same bytes whatever else is installed.

    Args:
        dataset: The header, with its SOP class and instance; it is changed.
        pixels: uint8 or uint16, [rows, columns] or [frames, rows, columns].
        photometric: Photometric interpretation.
        bits: Bits stored of each pixel.
        syntax: UID of the transfer syntax.
    """
    from pydicom.dataset import FileMetaDataset
    from pydicom.pixels.utils import set_pixel_data
    from pydicom.uid import UID

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = UID(EXPLICIT if syntax == RLE else syntax)
    meta.ImplementationClassUID = UID(_IMPLEMENTATION)
    meta.ImplementationVersionName = "COHORT"
    dataset.file_meta = meta
    set_pixel_data(dataset, pixels, photometric, bits, generate_instance_uid=False)
    if syntax == RLE:
        dataset.compress(RLE, encoding_plugin="pydicom", generate_instance_uid=False)
    stream = BytesIO()
    dataset.save_as(stream, implicit_vr=syntax == IMPLICIT, little_endian=True, enforce_file_format=True)
    return stream.getvalue()
