"""How much there is to read, and how the direct runner works best on it; docs/scaling.md has the figures."""

import os
from dataclasses import dataclass

from pipeline_configs.errors import GalenError
from pipeline_configs.task import Task

__all__ = ["Workload", "choose", "workload_of"]

_MANY_IMAGES = 400
"""Images from which threads gain more than Beam's second thread costs."""

_MANY_NOTES = 16 << 20
"""Bytes of notes from which processes gain more than their start costs: some six thousand notes of 400 words."""

_LINE_OF_MANIFEST = 40
"""Bytes of a line of a manifest, about: a path, a patient and an outcome."""

_ALONE = ("in_memory", 1)


@dataclass(frozen=True)
class Workload:
    """What a run is to read.

    Attributes:
        modality: records, images or notes.
        format: `data.format` of the task.
        files: Number of files, as the path names them: manifests count, the images in them do not.
        bytes: Their size together.
    """

    modality: str
    format: str
    files: int
    bytes: int


def workload_of(task: Task, span: int | str | None = None) -> Workload | None:
    """Looks up how much there is to read; None where it cannot be seen from here, or not yet.

    Args:
        task: The task.
        span: The span asked for; the newest where it is None.
    """
    from components.ingest.source import find, locate, span_number

    try:
        found = find(locate(task.data.path), task.data.format, span_number(span))
    except GalenError:
        return None  # whoever reads the data says what is wrong with it
    return Workload(task.modality, task.data.format, len(found.files), sum(file.size for file in found.files))


def choose(workload: Workload | None, most: int = 0) -> tuple[str, int]:
    """Returns the mode of the direct runner and the number of its workers.

    Args:
        workload: What there is to read.
        most: Most workers; one a core where it is 0.
    """
    cores = os.cpu_count() or 1
    workers = min(most, cores) if most else cores
    if workload is None or workers == 1:
        return _ALONE
    if workload.modality == "images":
        # Decoders let go of the interpreter's lock; of DICOM, processes of the ingest's own do the rest.
        listed = workload.files if workload.format == "dicom" else workload.bytes // _LINE_OF_MANIFEST
        return ("multi_threading", workers) if listed >= _MANY_IMAGES else _ALONE
    if workload.modality == "notes":
        # Regular expressions hold the lock.
        return ("multi_processing", workers) if workload.bytes >= _MANY_NOTES else _ALONE
    return _ALONE
