"""What each kind of data asks of a task."""

from collections.abc import Iterator, Mapping

from pipeline_configs.data import Data
from pipeline_configs.feature import Categorical, Feature, Flag, Image, Numeric, Text

__all__ = ["FORMATS", "modality_problems"]

FORMATS = {
    "records": ("csv", "parquet", "fhir"),
    "images": ("csv", "parquet", "dicom"),
    "notes": ("csv", "parquet", "jsonl", "fhir"),
}
"""The formats of data that each modality reads."""


def modality_problems(modality: str, data: Data, features: Mapping[str, Feature]) -> Iterator[str]:
    """Yields what does not go with a modality, in one sentence each."""
    if data.format not in FORMATS[modality]:
        yield f"{modality} are not read from data.format: {data.format}; there are: {', '.join(FORMATS[modality])}"
    images = [name for name, feature in features.items() if isinstance(feature, Image)]
    texts = [name for name, feature in features.items() if isinstance(feature, Text)]
    for kind, found, wanted in (("image", images, modality == "images"), ("text", texts, modality == "notes")):
        if wanted and len(found) != 1:
            yield f"a task on {modality} has exactly one feature of kind {kind}, here are {len(found)}"
        if found and not wanted:
            yield f"features.{found[0]} is of kind {kind}, which does not go with modality: {modality}"
    for name, feature in features.items():
        if isinstance(feature, Image | Text):
            yield from _input_problems(name, feature)
        elif not isinstance(feature, Flag):
            yield from _value_problems(name, feature, modality)


def _input_problems(name: str, feature: Image | Text) -> Iterator[str]:
    if not feature.model_input:
        yield f"features.{name} is what the model sees; model_input: false does not go with it"
    if feature.missing or feature.max_missing != 1.0:
        yield f"features.{name} is always there; missing and max_missing do not go with it"


def _value_problems(name: str, feature: Numeric | Categorical, modality: str) -> Iterator[str]:
    if feature.acquisition and modality != "images":
        yield f"features.{name}.acquisition goes with modality: images"
    if feature.acquisition and feature.column:
        yield f"features.{name} is read from the image file; column does not go with acquisition"
    if feature.acquisition and feature.model_input and not feature.acquisition_input:
        yield (
            f"features.{name} says how the image was made, and a model that sees it may learn the source instead of "
            "the disease; set model_input: false, or acquisition_input: true if it is meant"
        )
    if isinstance(feature, Numeric) and feature.date and (feature.replace or feature.acquisition):
        yield f"features.{name}.date does not go with replace or acquisition"
