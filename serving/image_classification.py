"""Asks a pushed model about images: calibrated probabilities, and where in the image the model found them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.image_example_gen.read_content import ContentReader, NotGiven
from pipeline_configs.errors import DataProblem, Problem
from pipeline_configs.task import Task
from serving.heat_map import at_size, overlay
from serving.named_values import named_values
from serving.pushed_model import PushedModel, load_pushed
from transforms.pixels.image_array import image_array
from transforms.pixels.image_file import Acquired, Pixels
from transforms.pixels.read_image import read_image
from transforms.pixels.reasons import advice
from transforms.pixels.unreadable import Unreadable

__all__ = ["Classification", "ImageData", "perform_image_classification"]

ImageData = NDArray[Any] | bytes | bytearray | memoryview | str | PathLike[str]
"""One image: pixels, a file's content, or its path."""

BATCH = 32
"""Images that the model is asked about at a time."""


@dataclass(frozen=True)
class Classification:
    """What the model says about one image.

    Attributes:
        probabilities: Calibrated, by class: the label's name, and "no " before it; they add up to 1.
        positive: Whether the label's probability reaches the task's decision threshold.
        threshold: That threshold.
        image: Place of the image among those given, from 0 on.
        frame: Number of the frame in a multi-frame file, from 1 on.
        task: Name of the task.
        version: Version of the model.
        heat_map: Where the model found what speaks for the label: float32 `[height, width]` at the task's size, 0 to 1,
            by Grad-CAM; all 0 where nothing speaks for it. It shows where the model looked, not why it is right.
        overlay: A PNG file of the image with the heat map in colour and its scale.
    """

    probabilities: Mapping[str, float]
    positive: bool
    threshold: float
    image: int
    frame: int
    task: str
    version: int
    heat_map: NDArray[np.float32] | None = field(default=None, repr=False)
    overlay: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class _Frame:
    pixels: Pixels
    image: int
    frame: int
    values: Mapping[str, Any]


def perform_image_classification(
    image_data: ImageData | Sequence[ImageData],
    model: str | PathLike[str] | PushedModel,
    *,
    values: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    heat_maps: bool = False,
    overlay: bool = False,
) -> Classification | list[Classification]:
    """Asks a pushed model about one image or several.

    An image goes through the same reader and the same graph as in training. Nothing is written: the image stays in
    memory for the call, and its header is left behind but for what the model was declared to see of it (`acquisition`
    with `acquisition_input`). For that reason text in the pixels is no ground for refusal here, as it is when data is
    ingested; an overlay shows it to whoever sent the image. The pseudonym of a site, which needs the ingest's key,
    counts as missing.

        >>> found = perform_image_classification(Path("chest.dcm"), "serving/chest_xray", overlay=True)
        >>> found.probabilities
        {'pneumonia': 0.31, 'no pneumonia': 0.69}
        >>> Path("chest.png").write_bytes(found.overlay)

    Args:
        image_data: One image or a sequence of them. An image is an array `[height, width]` or `[height, width, 1 or 3]`
            of uint8, uint16, or floats from 0 to 1; or the content of a DICOM, PNG, JPEG or TIFF file; or its path. An
            array `[batch, height, width, 1 or 3]` is several images.
        model: A pushed model, the folder of one of its versions, or the task's folder, of which the newest is taken.
        values: For each image, the other features that the model sees, by name; written as in the task's source. What
            is left out is missing. A single mapping goes with a single image.
        heat_maps: Whether `heat_map` is filled in.
        overlay: Whether `overlay` is filled in.

    Returns:
        One classification for one image, else a list in the order of the images. Of a multi-frame file each frame that
        the task takes has its own; with `frames: each` the answer is a list for that reason, even for one image.

    Raises:
        ConfigError: There is no such model, or it is no model of images.
        DataProblem: An image cannot be read, or a value is not as declared; it says which image by its place, and why,
            and quotes nothing of it.
    """
    pushed = model if isinstance(model, PushedModel) else load_pushed(model)
    if pushed.task.modality != "images":
        pushed = load_pushed(pushed.path, "images")
    single = _is_one(image_data)
    images: Sequence[Any] = [image_data] if single else list(image_data)  # type: ignore[arg-type]
    given = _values(values, len(images), single)
    found: list[Classification] = []
    waiting: list[_Frame] = []
    for place, image in enumerate(images):
        waiting += _frames(image, place, given[place], pushed.task)
        while len(waiting) >= BATCH:
            found += _answers(waiting[:BATCH], pushed, heat_maps, overlay)
            waiting = waiting[BATCH:]
    if waiting:
        found += _answers(waiting, pushed, heat_maps, overlay)
    return found[0] if single and pushed.task.image[1].frames != "each" else found


def _is_one(image_data: Any) -> bool:
    if isinstance(image_data, np.ndarray):
        return image_data.ndim != 4
    return isinstance(image_data, bytes | bytearray | memoryview | str) or not isinstance(image_data, Sequence)


def _values(values: Any, images: int, single: bool) -> Sequence[Mapping[str, Any]]:
    if values is None:
        return [{}] * images
    given = [values] if single and isinstance(values, Mapping) else values
    if isinstance(given, Mapping) or not isinstance(given, Sequence) or len(given) != images:
        fix = "give one mapping from feature to value for each image"
        expected = f"{images} mappings"
        raise DataProblem(Problem("the values do not go with the images", "values", expected, fix=fix))
    if not all(isinstance(row, Mapping) for row in given):
        raise DataProblem(Problem("the values do not go with the images", "values", "mappings from feature to value"))
    return given


def _frames(image: Any, place: int, values: Mapping[str, Any], task: Task) -> Iterator[_Frame]:
    """The frames of one image at the size of the task."""
    name, declared = task.image
    where = f"image {place + 1}"
    if isinstance(image, np.ndarray):
        try:
            pixels = image_array(image, declared)
        except DataProblem as error:
            raise DataProblem(*(Problem(p.what, where, p.expected, p.found, p.fix) for p in error.problems)) from None
        yield _Frame(pixels, place, 1, values)
        return
    if isinstance(image, str | PathLike):
        content = _content(str(image), declared.max_bytes, where)
    elif isinstance(image, bytes | bytearray | memoryview):
        content = bytes(image)
    else:
        expected = "an array, bytes, or a path"
        raise DataProblem(Problem("this is no image", where, expected, type(image).__name__))
    try:
        file = read_image(content, declared, None)
    except Unreadable as error:
        raise DataProblem(Problem(str(error), where, fix=advice(error.reason, f"features.{name}"))) from None
    for picture in file.pictures:
        yield _Frame(picture.pixels, place, picture.frame, {**_acquired(task, file.acquisition), **values})


def _content(path: str, most: int, where: str) -> bytes:
    """A file's content; one that is too large is not read to its end."""
    try:
        return ContentReader(most)(path)
    except NotGiven as error:
        # The path may be made of a patient's identifier.
        raise DataProblem(Problem("the image's file cannot be read", where, "a file", str(error.reason))) from None


def _acquired(task: Task, acquisition: Acquired) -> dict[str, Any]:
    """What the model sees of how the image was made."""
    return {name: acquisition.get(str(f.acquisition)) for name, f in task.acquired.items() if name in task.input_values}


def _answers(frames: Sequence[_Frame], pushed: PushedModel, heat_maps: bool, overlays: bool) -> list[Classification]:
    import tensorflow as tf

    task, (name, declared) = pushed.task, pushed.task.image
    pixels = np.stack([frame.pixels for frame in frames])
    others = named_values(task, [frame.values for frame in frames])
    inputs = {name: tf.constant(pixels), **{key: tf.constant(value) for key, value in others.items()}}
    probability = np.asarray(pushed.signatures["predict"](**inputs)["probability"], np.float64)[:, 0]
    heat: list[NDArray[np.float32] | None] = [None] * len(frames)
    if heat_maps or overlays:
        found = np.asarray(pushed.signatures["explain"](**inputs)["heat_map"])
        heat = [at_size(one, declared.size) for one in found]
    threshold, label = task.evaluation.decision_threshold, task.label.name
    return [
        Classification(
            probabilities={label: float(p), f"no {label}": float(1 - p)},
            positive=bool(p >= threshold),
            threshold=threshold,
            image=frame.image,
            frame=frame.frame,
            task=task.name,
            version=pushed.version,
            heat_map=one if heat_maps else None,
            overlay=overlay(frame.pixels, one) if overlays and one is not None else None,
        )
        for frame, p, one in zip(frames, probability, heat, strict=True)
    ]
