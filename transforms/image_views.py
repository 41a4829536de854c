"""What the transform graph of images gives, by name."""

__all__ = ["IMAGE", "THUMBNAIL", "THUMBNAIL_SIDE"]

IMAGE = "image"
"""Pixels, mean 0 and variance 1 over the training split, float32 `[batch, height, width, channels]`."""

THUMBNAIL = "thumbnail"
"""Grey means of 16 by 16 equal areas of the image, row by row, float32 `[batch, 256]`: what simple models see."""

THUMBNAIL_SIDE = 16
"""Height and width of the thumbnail, in pixels."""
