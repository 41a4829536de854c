"""Whether the pixels of a DICOM image may show text, such as the patient's name, or a face."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

__all__ = ["burned_in"]

_MODALITIES = frozenset(["US", "IVUS", "ES", "SC", "OT", "DOC", "XC", "DMS", "GM"])
"""Ultrasound and endoscopy write the patient onto the frame; SC, OT and DOC hold captured screens and scanned paper;
cameras (XC, DMS) see faces, and microscopes (GM) the label of the slide."""

_CONVERSIONS = frozenset(["DV", "DI", "DF", "WSD", "SD", "SI", "DRW"])
"""Captured video, digitised film with its label, workstation, scanner, drawing (PS3.3 C.8.6.1); not SYN, synthetic."""

_TYPES = ("SCREEN", "LABEL", "OVERVIEW")
"""Screens, and of a whole slide the pictures that show its label (PS3.3 C.8.12.4.1.1)."""

_CLASSES = (
    "1.2.840.10008.5.1.4.1.1.7",  # Secondary Capture, and the multi-frame ones below it.
    "1.2.840.10008.5.1.4.1.1.3",  # Ultrasound Multi-frame, old and new.
    "1.2.840.10008.5.1.4.1.1.6",  # Ultrasound, old and new.
    "1.2.840.10008.5.1.4.1.1.77.1.1",  # Endoscopic images and video.
    "1.2.840.10008.5.1.4.1.1.77.1.2",  # Microscopic images and video.
    "1.2.840.10008.5.1.4.1.1.77.1.3",  # Slide-coordinates microscopic images.
    "1.2.840.10008.5.1.4.1.1.77.1.4",  # Photographs and video.
    "1.2.840.10008.5.1.4.1.1.77.1.7",  # Dermoscopic photographs.
)


def burned_in(dataset: "Dataset") -> bool:
    """Returns whether the image may show text that identifies, or recognizable features.

    BurnedInAnnotation is believed where it is there. Where it is not, the kind of image decides: for ultrasound,
    endoscopy, photographs (45 CFR 164.514(b)(2)(i)(Q)), secondary captures and screens its absence proves nothing.
    Other images, such as CR, DX, CT and MR, are let through without it, which is no proof either.

    Args:
        dataset: The header, before it is de-identified.
    """
    if _text(dataset, "RecognizableVisualFeatures") == "YES":
        return True
    annotation = _text(dataset, "BurnedInAnnotation")
    if annotation:
        return annotation != "NO"
    sop_class = _text(dataset, "SOPClassUID")
    return (
        _text(dataset, "Modality") in _MODALITIES
        or _text(dataset, "ConversionType") in _CONVERSIONS
        or any(sop_class == name or sop_class.startswith(f"{name}.") for name in _CLASSES)
        or any(part.startswith(_TYPES) for part in _text(dataset, "ImageType").split("\\"))
    )


def _text(dataset: "Dataset", keyword: str) -> str:
    """A value in capitals, several joined as in the file; empty where there is none or it cannot be decoded."""
    try:
        value = dataset.get(keyword)
    except Exception:  # noqa: BLE001 - an element that cannot be decoded says nothing
        return ""
    if value is None:
        return ""
    parts = [value] if isinstance(value, str) or not hasattr(value, "__iter__") else value
    return "\\".join(str(part).strip(" \0").upper() for part in parts)
