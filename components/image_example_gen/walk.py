"""Which files of a folder should be images."""

from collections.abc import Sequence

from components.storage import StoredFile

__all__ = ["images_in"]

_DIRECTORY = "DICOMDIR"


def images_in(files: Sequence[StoredFile], table: StoredFile) -> list[StoredFile]:
    """Returns the files of a folder that should be images: all but the table of labels and directories of media."""
    return [file for file in files if file.path != table.path and file.name.upper() != _DIRECTORY]
