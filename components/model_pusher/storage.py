"""Files that are local, or wherever Beam's file systems reach (gs://, s3://, Azure)."""

import errno
import hashlib
import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

__all__ = ["copy", "digest", "is_remote", "list_files", "open_read", "open_write"]

CHUNK = 4 * 2**20
"""Bytes copied at a time."""


def is_remote(path: str) -> bool:
    """Whether a path is a URL of an object store."""
    return "://" in path


def _beam() -> Any:
    from apache_beam.io.filesystems import FileSystems
    from apache_beam.options.pipeline_options import PipelineOptions

    if FileSystems._pipeline_options is None:
        # Outside a pipeline nothing has set them, and S3 refuses to work without any. The stores' own variables
        # (AWS_ENDPOINT_URL, AZURE_STORAGE_CONNECTION_STRING ...) say the rest.
        FileSystems.set_options(PipelineOptions([]))
    return FileSystems


def open_read(path: str) -> BinaryIO:
    """Opens a file as it is: nothing is decompressed because of its name."""
    if is_remote(path):
        return cast(BinaryIO, _beam().open(path, compression_type="uncompressed"))
    return Path(path).open("rb")


def open_write(path: str) -> BinaryIO:
    """Creates a file; the folder must be there, where the store has folders."""
    if is_remote(path):
        return cast(BinaryIO, _beam().create(path, compression_type="uncompressed"))
    return Path(path).open("wb")


def list_files(folder: str) -> list[str]:
    """Returns the files below a folder, relative to it, sorted; [] where there is no such folder."""
    if not is_remote(folder):
        root = Path(folder)
        return sorted(str(file.relative_to(root)) for file in root.rglob("*") if not file.is_dir())
    prefix = folder.rstrip("/") + "/"
    found = _beam().match([prefix + "**"])[0].metadata_list
    return sorted(file.path.removeprefix(prefix) for file in found if not file.path.endswith("/"))


def copy(source: str, target: str) -> tuple[str, int]:
    """Copies a file; a local copy is on the disk when this returns.

    Returns:
        SHA-256 of what was read, in hex, and its number of bytes.

    Raises:
        OSError: The file cannot be read or written.
    """
    found, size = hashlib.sha256(), 0
    with open_read(source) as reading:
        first = reading.read(1)
        if not first and target.startswith("s3://"):
            # Beam uploads in parts, and S3 refuses an upload without any.
            raise OSError(errno.EINVAL, "an empty file cannot be written to S3", target)
        with open_write(target) as writing:
            for chunk in itertools.chain([first], _chunks(reading)):
                found.update(chunk)
                size += len(chunk)
                writing.write(chunk)
            if not is_remote(target):
                writing.flush()
                os.fsync(writing.fileno())
    return found.hexdigest(), size


def digest(path: str) -> tuple[str, int]:
    """Returns the SHA-256 of a file, in hex, and its number of bytes."""
    found, size = hashlib.sha256(), 0
    with open_read(path) as reading:
        for chunk in _chunks(reading):
            found.update(chunk)
            size += len(chunk)
    return found.hexdigest(), size


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk
