"""What an image file tells about how the image was made: kept for slices and probes."""

from typing import Literal

__all__ = ["ACQUISITION", "Acquisition"]

ACQUISITION = {
    "modality": "kind of device: CR, DX, CT, MR, US ... (DICOM Modality; the file's format where it is no DICOM)",
    "manufacturer": "maker of the device (DICOM Manufacturer)",
    "device": "model of the device (DICOM ManufacturerModelName)",
    "view": "direction of the beam: AP, PA, LL ... (DICOM ViewPosition)",
    "height": "rows of the original image, in pixels",
    "width": "columns of the original image, in pixels",
    "bits": "bits stored of each original pixel",
    "channels": "channels of the original image",
    "spacing": "distance between pixel centres, in mm (DICOM PixelSpacing, else ImagerPixelSpacing)",
    "site": "keyed pseudonym of the institution (DICOM InstitutionName)",
    "year": "year of the study (DICOM StudyDate)",
    "photometric": "photometric interpretation (DICOM) or mode of the original pixels",
}
"""Each with where it comes from."""

Acquisition = Literal[
    "modality",
    "manufacturer",
    "device",
    "view",
    "height",
    "width",
    "bits",
    "channels",
    "spacing",
    "site",
    "year",
    "photometric",
]
