"""Reads an image file: DICOM, PNG, JPEG or TIFF in, pixels of the declared size and how it was made out."""

from pipeline_configs.image import Image
from privacy.dicom.burned_in import burned_in
from privacy.dicom.deidentifier import Deidentifier
from privacy.dicom.removed import Removed
from transforms.pixels.acquired import acquired, patient_of
from transforms.pixels.dicom_frames import dicom_pictures
from transforms.pixels.dicom_header import pixel_header
from transforms.pixels.dicom_source import dataset_of, is_dicom
from transforms.pixels.frames import check_size, chosen
from transforms.pixels.image_file import ImageFile
from transforms.pixels.quiet import quiet
from transforms.pixels.raster import raster_file
from transforms.pixels.reasons import ImageReason
from transforms.pixels.unreadable import Unreadable

__all__ = ["read_image"]


def read_image(content: bytes, declared: Image, deidentifier: Deidentifier | None) -> ImageFile:
    """Reads one image file.

    What kind of file it is, its content says, not its name. The limits of `declared` are checked on the header, before
    pixels are decoded. Nothing that identifies leaves this function but `patient`.

    Args:
        content: The whole file.
        declared: The task's declaration of the image.
        deidentifier: De-identifies the header, and refuses pixels that may show text where the task says so; None for
            images that hold no identifiers.

    Returns:
        The frames that the task takes, how the image was made, and what was found in the header.

    Raises:
        Unreadable: The image cannot be used, with a reason that holds no value of the file. No other exception comes
            from what a file holds.
    """
    if not content:
        raise Unreadable(ImageReason.EMPTY)
    if len(content) > declared.max_bytes:
        raise Unreadable(ImageReason.TOO_LARGE)
    with quiet():
        try:
            return _dicom(content, declared, deidentifier) if is_dicom(content) else raster_file(content, declared)
        except (Unreadable, MemoryError):
            raise
        except Exception:  # noqa: BLE001 - the libraries' exceptions quote what they could not read
            raise Unreadable(ImageReason.BROKEN) from None


def _dicom(content: bytes, declared: Image, deidentifier: Deidentifier | None) -> ImageFile:
    dataset = dataset_of(content, declared.max_bytes)
    header = pixel_header(dataset)
    check_size(header.rows, header.columns, header.frames, declared)
    positions = chosen(header.frames, declared)
    if deidentifier and deidentifier.privacy.burned_in_text == "quarantine" and burned_in(dataset):
        raise Unreadable(ImageReason.BURNED_IN)
    pictures = dicom_pictures(dataset, header, positions, declared)
    return ImageFile(
        pictures=pictures,
        acquisition=acquired(dataset, header, deidentifier),
        patient=patient_of(dataset),
        removed=deidentifier.found(dataset) if deidentifier else Removed(),
    )
