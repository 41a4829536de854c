"""Files that are local, or wherever Beam's file systems reach (gs://, s3://, Azure)."""

import errno
import hashlib
import itertools
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, cast

from components.ingest.files import delete_tree, file_systems, s3_client

__all__ = [
    "at_home",
    "copy",
    "copy_tree",
    "delete",
    "digest",
    "exists",
    "folders",
    "homes",
    "is_remote",
    "list_files",
    "make_folder",
    "open_read",
    "open_write",
    "read",
    "write",
]

CHUNK = 4 * 2**20
"""Bytes copied at a time."""

COPIES = 8
"""Files copied at a time."""


def is_remote(path: str) -> bool:
    """Whether a path is a URL of an object store."""
    return "://" in path


homes: dict[str, str] = {}
"""Folders of copies that a node works on, and where they come from or go to."""


def at_home(text: str) -> str:
    """Returns a path, or a text, in which copies are named as what they are copies of."""
    for here, home in homes.items():
        text = text.replace(here, home)
    return text


def open_read(path: str) -> BinaryIO:
    """Opens a file as it is: nothing is decompressed because of its name."""
    if is_remote(path):
        return cast(BinaryIO, file_systems().open(path, compression_type="uncompressed"))
    return Path(path).open("rb")


def open_write(path: str) -> BinaryIO:
    """Creates a file; the folder must be there, where the store has folders."""
    if is_remote(path):
        return cast(BinaryIO, file_systems().create(path, compression_type="uncompressed"))
    return Path(path).open("wb")


def list_files(folder: str) -> list[str]:
    """Returns the files below a folder, relative to it, sorted; [] where there is no such folder."""
    if not is_remote(folder):
        root = Path(folder)
        return sorted(str(file.relative_to(root)) for file in root.rglob("*") if not file.is_dir())
    prefix = folder.rstrip("/") + "/"
    found = file_systems().match([prefix + "**"])[0].metadata_list
    return sorted(file.path.removeprefix(prefix) for file in found if not file.path.endswith("/"))


def folders(folder: str) -> list[str]:
    """Returns the names of the folders in a folder, sorted; [] where there is no such folder."""
    if not is_remote(folder):
        root = Path(folder)
        return sorted(entry.name for entry in root.iterdir() if entry.is_dir()) if root.is_dir() else []
    return sorted({name.partition("/")[0] for name in list_files(folder) if "/" in name})


def exists(path: str) -> bool:
    """Whether there is a file, or a folder with anything in it."""
    if not is_remote(path):
        return Path(path).exists()
    beam = file_systems()
    return bool(beam.exists(path)) or bool(beam.match([path.rstrip("/") + "/**"], limits=[1])[0].metadata_list)


def read(path: str) -> bytes:
    """Returns what a file holds.

    Raises:
        FileNotFoundError: There is no such file.
        OSError: It cannot be read.
    """
    if is_remote(path) and not file_systems().exists(path):
        raise FileNotFoundError(errno.ENOENT, "no such object", path)
    with open_read(path) as file:
        return file.read()


def write(path: str, content: bytes) -> None:
    """Writes a small file, with the folders above it.

    Raises:
        OSError: It cannot be written.
    """
    if not content and path.startswith("s3://"):
        # Beam uploads in parts, and S3 refuses an upload without any.
        bucket, _, key = path.removeprefix("s3://").partition("/")
        s3_client(path).put_object(Bucket=bucket, Key=key, Body=b"")
        return
    if not is_remote(path):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    with open_write(path) as file:
        file.write(content)


def make_folder(path: str) -> None:
    """Makes a folder in which nothing is; in a storage, an empty object whose name ends in a slash."""
    if is_remote(path):
        write(f"{path.rstrip('/')}/", b"")
    else:
        Path(path).mkdir(parents=True, exist_ok=True)


def delete(path: str) -> None:
    """Deletes a file, or a folder with all in it; nothing where there is neither."""
    if is_remote(path):
        if file_systems().exists(path):
            file_systems().delete([path])
    elif Path(path).is_file():
        Path(path).unlink()
        return
    delete_tree(path)


def copy_tree(source: str, target: str) -> int:
    """Copies a file, or all files below a folder, several at a time; a local copy is to be used, and not to last.

    Returns:
        Bytes copied.

    Raises:
        OSError: A file cannot be read or written.
    """
    names = list_files(source)
    if not names:
        single = file_systems().exists(source) if is_remote(source) else Path(source).is_file()
        return sum(map(len, _copying(source, target))) if single else 0
    pairs = [(f"{source.rstrip('/')}/{name}", f"{target.rstrip('/')}/{name}") for name in names]
    if not is_remote(target):
        for folder in {Path(path).parent for _, path in pairs}:
            folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(COPIES) as pool:
        return sum(pool.map(lambda pair: sum(map(len, _copying(*pair))), pairs))


def copy(source: str, target: str) -> tuple[str, int]:
    """Copies a file; a local copy is on the disk when this returns.

    Returns:
        SHA-256 of what was read, in hex, and its number of bytes.

    Raises:
        OSError: The file cannot be read or written.
    """
    return _digest(_copying(source, target, lasting=not is_remote(target)))


def digest(path: str) -> tuple[str, int]:
    """Returns the SHA-256 of a file, in hex, and its number of bytes."""
    with open_read(path) as reading:
        return _digest(_chunks(reading))


def _digest(chunks: Iterable[bytes]) -> tuple[str, int]:
    found, size = hashlib.sha256(), 0
    for chunk in chunks:
        found.update(chunk)
        size += len(chunk)
    return found.hexdigest(), size


def _copying(source: str, target: str, lasting: bool = False) -> Iterator[bytes]:
    """Copies a file and yields what it copied, piece by piece; with `lasting` it is on the disk afterwards."""
    with open_read(source) as reading:
        first = reading.read(1)
        if not first:
            write(target, b"")
            return
        with open_write(target) as writing:
            for chunk in itertools.chain([first], _chunks(reading)):
                writing.write(chunk)
                yield chunk
            if lasting:
                writing.flush()
                os.fsync(writing.fileno())


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk
