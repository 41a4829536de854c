"""A quick look at the images of a task, before anything runs: are they where the task says, and can they be joined?

No pixels are read, and neither Beam nor TensorFlow is imported for local files.
"""

from collections.abc import Sequence
from itertools import chain, islice

from components.image_example_gen.labels import inspect_labels, label_file
from components.image_example_gen.manifest import image_root, paths_of
from components.image_example_gen.problems import no_file_problem, no_key_problem
from components.image_example_gen.walk import images_in
from components.ingest.header import inspect_files
from components.ingest.source import find, locate
from components.storage import StoredFile, is_file, open_file, reading
from pipeline_configs.errors import ConfigError, DataProblem, Problem
from pipeline_configs.task import Task

__all__ = ["inspect_images"]

_FIRST = 20
"""Images that are looked at."""

_HEADER = 1 << 20
"""Bytes of each; what comes before the pixels is far less."""


def inspect_images(task: Task, span: int | None = None) -> list[Problem]:
    """Returns what is wrong with a task's newest (or given) span; an empty list where nothing is found.

    Args:
        task: A task on images.
        span: Number of the span.

    Raises:
        RunFailed: The storage does not answer.
    """
    try:
        files = find(locate(task.data.path), task.data.format, span).files
        return _folder(task, files) if task.data.format == "dicom" else _manifests(task, files)
    except (ConfigError, DataProblem) as error:
        return list(error.problems)


def _manifests(task: Task, files: Sequence[StoredFile]) -> list[Problem]:
    """The header of each manifest; and whether any of the first images is there."""
    problems = inspect_files(task, files)
    if problems:
        return problems
    first = list(islice(chain.from_iterable(paths_of(task, files)), _FIRST))
    if not first or any(map(is_file, first)):
        return []
    roots = sorted({image_root(task, file.path) for file in files})
    return [no_file_problem(len(first), task.data.path, roots)]


def _folder(task: Task, files: Sequence[StoredFile]) -> list[Problem]:
    """The header of the table of labels; and whether any of the first files has the element that joins them."""
    assert task.data.labels
    table = label_file(task)
    images = images_in(files, table)
    problems = inspect_labels(task, table)
    if problems:
        return problems
    if not images:
        return [Problem("the folder holds no images", task.data.path, "DICOM files")]
    first = images[:_FIRST]
    if any(_has(file, task.data.labels.tag) for file in first):
        return []
    return [no_key_problem(task.data.labels.tag, len(first), task.data.path)]


def _has(file: StoredFile, tag: str) -> bool:
    from transforms.pixels.peek import peek

    with reading("the images"), open_file(file.path) as stream:
        return peek(stream.read(_HEADER), tag) is not None
