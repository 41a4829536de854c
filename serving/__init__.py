"""Asking a pushed model: one call from an image, or from clinical notes, to probabilities and their reasons."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from serving.image_classification import perform_image_classification
    from serving.medical_diagnosis import perform_medical_diagnosis

__all__ = ["perform_image_classification", "perform_medical_diagnosis"]

_MODULES = {
    "perform_image_classification": "serving.image_classification",
    "perform_medical_diagnosis": "serving.medical_diagnosis",
}


def __getattr__(name: str) -> Any:
    """Imports a function when it is first asked for, so that notes wait for nothing that images need."""
    if name not in _MODULES:
        raise AttributeError(f"module 'serving' has no attribute '{name}'")
    return getattr(import_module(_MODULES[name]), name)
