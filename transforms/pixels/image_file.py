"""What is read from one image file."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from privacy.dicom.removed import Removed

__all__ = ["Acquired", "ImageFile", "Picture", "Pixels"]

Pixels = npt.NDArray[np.uint8]
"""uint8 of shape `[height, width, channels]`."""

Acquired = dict[str, str | float | None]
"""By the keys of `ACQUISITION`; none where the file does not say."""


@dataclass(frozen=True)
class Picture:
    """One frame, at the declared size.

    Attributes:
        pixels: uint8 `[height, width, channels]`, 0 black, 255 white.
        frame: Number of the frame, or of a TIFF's page, from 1 on (PS3.3 C.7.6.6).
    """

    pixels: Pixels
    frame: int


@dataclass(frozen=True)
class ImageFile:
    """All that leaves the reader.

    Attributes:
        pictures: The frames that the task takes, in order; at least one.
        acquisition: How the image was made, by the keys of `ACQUISITION`; the site as a pseudonym.
        patient: PatientID, to be joined with a table and to become a pseudonym; it must not be written anywhere.
        removed: What was found in the header that identifies, and does not leave the reader.
    """

    pictures: tuple[Picture, ...]
    acquisition: Acquired
    patient: str | None = field(repr=False)
    removed: Removed
