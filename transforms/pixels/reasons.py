"""Why an image cannot be used: fixed sentences that hold no value, and what to do about each."""

from enum import StrEnum

__all__ = ["ImageReason", "advice"]


class ImageReason(StrEnum):
    """The reasons, as they stand in `quarantine.csv` and in the ingest report."""

    EMPTY = "the file is empty"
    NOT_AN_IMAGE = "neither DICOM, PNG, JPEG nor TIFF"
    BROKEN = "the file is damaged or ends too early"
    BAD_HEADER = "a value of the header is missing or breaks its type"
    DIRECTORY = "a DICOM directory (DICOMDIR), not an image"
    NO_PIXELS = "a DICOM file without pixels"
    SHORT_PIXELS = "there are fewer pixels than the header says"
    OTHER_SIZE = "the compressed image has another size than the header says"
    TOO_LARGE = "the file has more bytes than max_bytes"
    TOO_LARGE_INFLATED = "the file has more bytes than max_bytes when it is inflated"
    TOO_WIDE = "a side is longer than max_side"
    TOO_MANY_PIXELS = "there are more pixels than max_pixels, all frames together"
    SEVERAL_FRAMES = "there are several frames"
    SYNTAX = "the transfer syntax is not supported"
    DECODER = "a decoder for the transfer syntax is not installed"
    PIXEL_FORMAT = "this form of pixels is not supported"
    BURNED_IN = "the pixels may show text that identifies the patient, or a face"


_ADVICE = {
    ImageReason.NOT_AN_IMAGE: "leave these files out of the data, or convert them to PNG",
    ImageReason.BROKEN: "fetch these files again from where they came",
    ImageReason.BAD_HEADER: "look at these files with a DICOM validator, and mend them where they come from",
    ImageReason.DIRECTORY: "leave DICOMDIR files out; the images that they list are read by themselves",
    ImageReason.NO_PIXELS: "leave reports, plans and waveforms out of the data",
    ImageReason.SHORT_PIXELS: "fetch these files again from where they came",
    ImageReason.OTHER_SIZE: "look at these files: pixels or header come from another image",
    ImageReason.TOO_LARGE: "set features.{feature}.max_bytes higher if they are real",
    ImageReason.TOO_LARGE_INFLATED: "set features.{feature}.max_bytes higher if they are real",
    ImageReason.TOO_WIDE: "set features.{feature}.max_side higher if they are real",
    ImageReason.TOO_MANY_PIXELS: "set features.{feature}.max_pixels higher if they are real",
    ImageReason.SEVERAL_FRAMES: "set features.{feature}.frames to first, middle or each",
    ImageReason.SYNTAX: "convert these files to an image transfer syntax; video is not read",
    ImageReason.DECODER: "install the packages that are named beside it",
    ImageReason.PIXEL_FORMAT: "convert these files to grey or RGB with 8 or 16 bits",
    ImageReason.BURNED_IN: (
        "have a person look at them: set BurnedInAnnotation to NO in those that show no text, or, where that holds for "
        "all of the data, privacy.burned_in_text: accept"
    ),
}


def advice(reason: str, key: str) -> str:
    """Returns what a user can do about a reason.

    Args:
        reason: One of `ImageReason`; for any other text the advice is empty.
        key: Key of the task that declares the image, such as `features.image`.
    """
    text = _ADVICE.get(reason, "")  # type: ignore[call-overload]
    return str(text).replace("features.{feature}", key)
