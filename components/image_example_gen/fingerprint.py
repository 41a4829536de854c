"""What tells whether images have changed since they were ingested: of each its path, size and time of change.

Manifests and tables of labels are told by their content. Images are too large to be read for it: a hundred thousand of
them are looked at in about a second on a disk, and listed folder by folder in a storage. An image that is copied again
counts as changed, which costs an ingest; an image that is changed never counts as the same.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from components.image_example_gen.labels import label_file
from components.image_example_gen.manifest import paths_of
from components.ingest.source import Found, fingerprint
from components.storage import file_systems, is_remote, join, knock_each, reading
from pipeline_configs.task import Task

__all__ = ["images_fingerprint"]

_FOLDERS = 200
"""Patterns that a storage is asked for at once."""


def images_fingerprint(task: Task, found: Found) -> str:
    """Returns a text that changes with the images of a task, and with its table of labels.

    Args:
        task: A task on images.
        found: Its manifests, or its folder's files.

    Raises:
        DataProblem: A manifest or the table of labels cannot be read, or a folder cannot be listed.
    """
    total = hashlib.blake2b(digest_size=16)
    if task.data.format == "dicom":
        table = label_file(task)
        total.update(fingerprint(Found(0, None, "", (table,))).encode())
        blocks: Iterable[Sequence[str]] = ([file.path for file in found.files],)
    else:
        blocks = paths_of(task, found.files)
    count = 0
    for paths in blocks:
        count += len(paths)
        for path, stamp in _stamps(paths):
            total.update(f"{path}\0{stamp}\n".encode("utf-8", "surrogatepass"))
    return f"images:{count},digest:{total.hexdigest()}"


def _stamps(paths: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yields each path with size and time of change; "" for what is not there."""
    remote = _remote([path for path in paths if is_remote(path)])
    for path in paths:
        yield path, remote.get(path, "") if is_remote(path) else _local(path)


def _local(path: str) -> str:
    try:
        status = Path(path).stat()
    except (OSError, ValueError):
        return ""
    return f"{status.st_size} {status.st_mtime_ns}"


def _remote(paths: Sequence[str]) -> dict[str, str]:
    """Sizes and times from listings of the folders that the paths are in: one question a folder, not one a file."""
    if not paths:
        return {}
    folders: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        folders[path.partition("://")[0]].append(path.rpartition("/")[0])
    knock_each(paths)
    stamps = {}
    for scheme in folders.values():
        patterns = [join(folder.replace("[", "[[]"), "*") for folder in sorted(set(scheme))]
        for start in range(0, len(patterns), _FOLDERS):
            with reading(patterns[start].rpartition("/")[0]):
                for match in file_systems().match(patterns[start : start + _FOLDERS]):
                    for file in match.metadata_list:
                        stamps[file.path] = f"{file.size_in_bytes} {file.last_updated_in_seconds}"
    return stamps
