"""Image files that lie beside those of a manifest, and that no row of it names."""

from collections.abc import Sequence

from components.image_example_gen.manifest import paths_of
from components.storage import StoredFile, join, list_files, matches
from pipeline_configs.errors import DataProblem, RunFailed
from pipeline_configs.task import Task

__all__ = ["files_without_row"]

_IMAGES = ("*.dcm", "*.dicom", "*.ima", "*.png", "*.jpg", "*.jpeg", "*.tif", "*.tiff")
_FOLDERS = 1000
"""Most folders that are listed: the number is worth little, and listing may be slow."""


def files_without_row(task: Task, manifests: Sequence[StoredFile]) -> int | None:
    """Counts them by listing the folders of those that are named.

    Args:
        task: The declaration.
        manifests: All manifests of the span.

    Returns:
        The number; None where there are too many folders to look, or one cannot be listed.
    """
    named: set[int] = set()
    folders: set[str] = set()
    for paths in paths_of(task, manifests):
        named.update(map(hash, paths))
        folders.update(path.rpartition("/")[0] for path in paths)
    if len(folders) > _FOLDERS:
        return None
    try:
        return sum(
            matches(file.name, _IMAGES) and hash(file.path) not in named
            for folder in folders
            for file in list_files(join(folder or "/", "*"))
        )
    except (DataProblem, RunFailed):
        return None
