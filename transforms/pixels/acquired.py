"""How an image was made, from its header."""

from typing import TYPE_CHECKING

from privacy.dicom.deidentifier import Deidentifier
from privacy.pseudonyms import pseudonym
from transforms.pixels.dicom_header import PixelHeader, value_of
from transforms.pixels.image_file import Acquired
from transforms.pixels.unreadable import Unreadable

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

__all__ = ["acquired", "patient_of"]


def acquired(dataset: "Dataset", header: PixelHeader, deidentifier: Deidentifier | None) -> Acquired:
    """Returns the values by the keys of `ACQUISITION`; None for what the file does not say, or not in its type.

    Args:
        dataset: The header, before it is de-identified.
        header: What it says about the pixels.
        deidentifier: Whose key makes the site's pseudonym; without one the site is None.
    """
    institution = _text(dataset, "InstitutionName")
    date = _text(dataset, "StudyDate")
    return {
        "modality": _text(dataset, "Modality"),
        "manufacturer": _text(dataset, "Manufacturer"),
        "device": _text(dataset, "ManufacturerModelName"),
        "view": _text(dataset, "ViewPosition"),
        "height": float(header.rows),
        "width": float(header.columns),
        "bits": float(header.bits),
        "channels": float(3 if header.photometric == "PALETTE COLOR" else header.samples),
        "spacing": _spacing(dataset),
        "site": pseudonym(deidentifier.key, institution) if deidentifier and institution else None,
        "year": float(date[:4]) if date and date[:4].isascii() and date[:4].isdigit() else None,
        "photometric": header.photometric,
    }


def patient_of(dataset: "Dataset") -> str | None:
    """Returns PatientID without surrounding spaces, or None."""
    return _text(dataset, "PatientID")


def _text(dataset: "Dataset", keyword: str) -> str | None:
    try:
        value = value_of(dataset, keyword)
    except Unreadable:
        return None
    return str(value).strip(" \0") or None if value is not None else None


def _spacing(dataset: "Dataset") -> float | None:
    """Distance of rows in mm: PixelSpacing, for enhanced images that of the first frame, else ImagerPixelSpacing."""
    places = [dataset]
    for name in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        if name in dataset:
            try:
                places += value_of(value_of(dataset, name)[0], "PixelMeasuresSequence") or []
            except (Unreadable, TypeError, IndexError):
                continue
    for place, keyword in [*((place, "PixelSpacing") for place in places), (dataset, "ImagerPixelSpacing")]:
        try:
            return float(value_of(place, keyword)[0])
        except (Unreadable, TypeError, ValueError, IndexError):
            continue
    return None
