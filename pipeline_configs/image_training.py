"""How a model of images is trained."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from pipeline_configs.declaration import Declaration, Share

__all__ = ["Augmentation", "ImageTraining"]


class Augmentation(Declaration):
    """Random changes of each training image, anew in each epoch."""

    rotation: Annotated[float, Field(ge=0, le=180)] = 7.0
    """Largest rotation either way, in degrees."""
    shift: Share = 0.05
    """Largest shift either way, as a share of height and width."""
    zoom: Share = 0.08
    """Largest change of scale either way."""
    contrast: Share = 0.15
    """Largest change of contrast either way."""
    brightness: Share = 0.1
    """Largest change of brightness either way."""
    flip: bool = False
    """Whether left and right may change places; wrong where the side matters, as it does in the chest."""


class ImageTraining(Declaration):
    """Network and training data of a task on images."""

    backbone: Literal[
        "small", "DenseNet121", "EfficientNetV2B0", "EfficientNetV2S", "MobileNetV3Small", "ResNet50V2", "ConvNeXtTiny"
    ] = "small"
    """small: a convolutional network of some 200,000 weights that trains on a CPU; else one of keras.applications."""
    weights: str = ""
    """Local file with the backbone's weights (.weights.h5, .h5 or .keras); drawn at random where it is left out."""
    fine_tune_epochs: Annotated[int, Field(ge=0)] = 0
    """Epochs in which the upper part of a backbone learns too, after those in which it is frozen."""
    fine_tune_share: Share = 0.3
    """Share of the backbone's layers, from the top, that learn then."""
    fine_tune_rate: Annotated[float, Field(gt=0)] = 1e-5
    """Step size of the optimiser then."""
    augmentation: Augmentation = Augmentation()
    """Random changes of training images."""
    cache: Literal["none", "memory", "disk"] = "none"
    """Where the stored examples are kept between epochs: useful where reading them again is slow (cloud storage)."""

    @model_validator(mode="after")
    def _weights_need_a_backbone(self) -> Self:
        if self.backbone == "small" and (self.weights or self.fine_tune_epochs):
            raise ValueError("weights and fine_tune_epochs go with a backbone of keras.applications")
        if self.fine_tune_epochs and not self.weights:
            raise ValueError("fine_tune_epochs needs weights: a backbone drawn at random is trained as a whole")
        return self
