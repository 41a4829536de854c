"""Copies of files and folders, and checksums of what was copied."""

import hashlib
import itertools
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO

from components.storage.files import create, is_file, names_below, open_file, write
from pipeline_configs.paths import is_remote

__all__ = ["at_home", "copy", "copy_tree", "digest", "homes"]

CHUNK = 4 * 2**20
"""Bytes copied at a time."""

COPIES = 8
"""Files copied at a time."""


homes: dict[str, str] = {}
"""Folders of copies that a node works on, and where they come from or go to."""


def at_home(text: str) -> str:
    """Returns a path, or a text, in which copies are named as what they are copies of."""
    for here, home in homes.items():
        text = text.replace(here, home)
    return text


def copy_tree(source: str, target: str) -> int:
    """Copies a file, or all files below a folder, several at a time; a local copy is to be used, and not to last.

    Returns:
        Bytes copied.

    Raises:
        OSError: A file cannot be read or written.
        GalenError: The storage does not say whether the source is there.
    """
    names = names_below(source)
    if not names:
        return sum(map(len, _copying(source, target))) if is_file(source) else 0
    pairs = [(f"{source.rstrip('/')}/{name}", f"{target.rstrip('/')}/{name}") for name in names]
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
    with open_file(path, unpack=False) as reading:
        return _digest(_chunks(reading))


def _digest(chunks: Iterable[bytes]) -> tuple[str, int]:
    found, size = hashlib.sha256(), 0
    for chunk in chunks:
        found.update(chunk)
        size += len(chunk)
    return found.hexdigest(), size


def _copying(source: str, target: str, lasting: bool = False) -> Iterator[bytes]:
    """Copies a file and yields what it copied, piece by piece; with `lasting` it is on the disk afterwards."""
    with open_file(source, unpack=False) as reading:
        first = reading.read(1)
        if not first:
            write(target, b"")
            return
        with create(target) as writing:
            for chunk in itertools.chain([first], _chunks(reading)):
                writing.write(chunk)
                yield chunk
            if lasting:
                writing.flush()
                os.fsync(writing.fileno())


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk
