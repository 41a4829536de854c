"""How a task declares an image: where it is, the size it is stored at, and what is refused."""

from typing import Annotated, Literal

from pydantic import Field

from pipeline_configs.feature_base import FeatureBase

__all__ = ["Image"]

Side = Annotated[int, Field(ge=8, le=2048)]


class Image(FeatureBase):
    """The pixels; stored as bytes, `height * width * channels` unsigned bytes row by row, always there."""

    kind: Literal["image"]
    size: tuple[Side, Side]
    """Height and width at which it is stored and shown to the model, in pixels."""
    channels: Literal[1, 3] = 1
    """1 for grey, 3 for RGB."""
    fit: Literal["pad", "stretch", "crop"] = "pad"
    """How another shape is brought to `size`: black bars, stretched, or cut to the middle."""
    window: Literal["file", "full"] = "file"
    """file: the VOI LUT or the first window that the file brings, else its full range; full: always the full range."""
    frames: Literal["refuse", "first", "middle", "each"] = "first"
    """Which frames of a multi-frame file are taken; with `each` every frame is an example of its own."""
    max_side: Annotated[int, Field(ge=64)] = 16_384
    """Longest side of the original, in pixels; larger ones go to quarantine unread."""
    max_pixels: Annotated[int, Field(ge=64)] = 100_000_000
    """Most pixels of the original, all frames together; larger ones go to quarantine unread."""
    max_bytes: Annotated[int, Field(ge=64)] = 1 << 29
    """Largest file, in bytes."""
