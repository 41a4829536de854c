"""Which frames of a file are taken."""

from pipeline_configs.image import Image
from transforms.pixels.reasons import ImageReason
from transforms.pixels.unreadable import Unreadable

__all__ = ["check_size", "chosen"]


def chosen(frames: int, declared: Image) -> range:
    """Returns the positions of the frames that the task takes, from 0 on.

    Raises:
        Unreadable: There are several, and the task refuses them.
    """
    if frames > 1 and declared.frames == "refuse":
        raise Unreadable(ImageReason.SEVERAL_FRAMES)
    if declared.frames == "each":
        return range(frames)
    first = frames // 2 if declared.frames == "middle" else 0
    return range(first, first + 1)


def check_size(height: int, width: int, frames: int, declared: Image) -> None:
    """Raises `Unreadable` where the header says that an image is larger than the task allows."""
    if max(height, width) > declared.max_side:
        raise Unreadable(ImageReason.TOO_WIDE)
    if height * width * frames > declared.max_pixels:
        raise Unreadable(ImageReason.TOO_MANY_PIXELS)
