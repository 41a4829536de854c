"""Listing, reading, writing and deleting files of any storage."""

import errno
import fnmatch
import glob
import gzip
import hashlib
import os
import re
import shutil
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from components.storage.guard import reading
from components.storage.remote import file_systems, knock, literal, s3_client, split_s3
from pipeline_configs.paths import is_remote

__all__ = [
    "StoredFile",
    "checksum",
    "create",
    "delete",
    "exists",
    "folders",
    "is_file",
    "join",
    "list_files",
    "make_folder",
    "matches",
    "names_below",
    "open_file",
    "read",
    "rename",
    "write",
]

_BUFFER = 1 << 20
_AS_IT_IS = "uncompressed"
"""Beam's word for a file that is not packed, whatever its name says."""


@dataclass(frozen=True)
class StoredFile:
    """A file and its size in bytes."""

    path: str
    size: int

    @property
    def name(self) -> str:
        """Last part of the path."""
        return self.path.rsplit("/", 1)[-1]


def join(base: str, *parts: str) -> str:
    """Joins parts of a path with slashes."""
    return "/".join([base.rstrip("/") if base != "/" else "", *parts])


def matches(name: str, patterns: Sequence[str]) -> bool:
    """Whether a file name has one of these forms, whatever its upper and lower case."""
    return any(fnmatch.fnmatchcase(name.lower(), pattern) for pattern in patterns)


def list_files(pattern: str) -> list[StoredFile]:
    """Lists files by a pattern in which `*` and `?` stand for anything but a slash; `/**` at its end for all below.

    Returns:
        The files, sorted by path; hidden ones and those that begin with `_` (markers of other tools) are left out
        unless the pattern names them.

    Raises:
        DataProblem: The storage cannot be listed.
        RunFailed: It does not answer.
    """
    head, deep = pattern.removesuffix("/**"), pattern.endswith("/**")
    escaped = re.sub(r"\*+", "*", head.replace("[", "[[]")) + "/**" * deep
    with reading(head):
        if is_remote(pattern):
            knock(pattern)
            found = [StoredFile(m.path, m.size_in_bytes) for m in file_systems().match([escaped])[0].metadata_list]
        else:
            paths = map(Path, glob.glob(escaped, recursive=deep))  # noqa: PTH207 - the pattern may be absolute
            found = [StoredFile(str(path), path.stat().st_size) for path in paths if path.is_file()]
    named = pattern.rsplit("/", 1)[-1][:1] in "._"
    return sorted((f for f in found if named or f.name[:1] not in "._"), key=lambda f: f.path)


def names_below(folder: str) -> list[str]:
    """Returns all files below a folder, relative to it, sorted; [] where there is no such folder."""
    if not is_remote(folder):
        root = Path(folder)
        return sorted(str(file.relative_to(root)) for file in root.rglob("*") if not file.is_dir())
    prefix = folder.rstrip("/") + "/"
    return sorted(path.removeprefix(prefix) for path in _below(folder) if not path.endswith("/"))


def _below(folder: str) -> list[str]:
    """All objects of a storage below a folder, those that stand for folders among them."""
    pattern = join(literal(folder), "**")
    return [match.path for match in file_systems().match([pattern])[0].metadata_list]


def folders(folder: str) -> list[str]:
    """Returns the names of the folders in a folder, sorted; [] where there is no such folder."""
    if not is_remote(folder):
        root = Path(folder)
        return sorted(entry.name for entry in root.iterdir() if entry.is_dir()) if root.is_dir() else []
    return sorted({name.partition("/")[0] for name in names_below(folder) if "/" in name})


def is_file(path: str) -> bool:
    """Whether there is a file, which is not so where nobody may look.

    Raises:
        DataProblem: The storage gives no access; it, and not the file, is named.
        RunFailed: It does not answer.
    """
    if is_remote(path):
        with reading("/".join(path.split("/")[:3])):
            return bool(file_systems().exists(path))
    try:
        return Path(path).is_file()
    except (OSError, ValueError):
        return False


def exists(path: str) -> bool:
    """Whether there is a file, or a folder with anything in it."""
    if not is_remote(path):
        return Path(path).exists()
    beam = file_systems()
    return bool(beam.exists(path)) or bool(beam.match([join(literal(path), "**")], limits=[1])[0].metadata_list)


def checksum(path: str) -> str:
    """Returns a text that changes with what a file holds: a local one is read, a storage is asked for its own."""
    if is_remote(path):
        return str(file_systems().checksum(path))
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def open_file(path: str, *, unpack: bool = True) -> BinaryIO:
    """Opens a file for reading.

    Args:
        path: The file.
        unpack: Whether one whose name ends in .gz is unpacked on the way.

    Raises:
        OSError: As the storage says it; use within `reading`.
    """
    if is_remote(path):
        compression = {} if unpack else {"compression_type": _AS_IT_IS}
        return cast(BinaryIO, file_systems().open(path, **compression))
    kind = Path(path).stat().st_mode
    if not stat.S_ISREG(kind) and not stat.S_ISDIR(kind):  # A pipe would be waited for, a device read for ever.
        raise FileNotFoundError(errno.ENOENT, "this is no regular file")
    if unpack and path.endswith(".gz"):
        return cast(BinaryIO, gzip.open(path, "rb"))
    return Path(path).open("rb", buffering=_BUFFER)


def read(path: str) -> bytes:
    """Returns what a file holds.

    Raises:
        FileNotFoundError: There is no such file.
        OSError: It cannot be read.
    """
    if is_remote(path) and not file_systems().exists(path):
        raise FileNotFoundError(errno.ENOENT, "no such object", path)
    with open_file(path, unpack=False) as file:
        return file.read()


def create(path: str) -> BinaryIO:
    """Opens a new file for writing, with the folders above it; use within `writing`."""
    if is_remote(path):
        return cast(BinaryIO, file_systems().create(path, compression_type=_AS_IT_IS))
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    return Path(path).open("wb", buffering=_BUFFER)


def write(path: str, content: bytes) -> None:
    """Writes a small file, with the folders above it.

    Raises:
        OSError: It cannot be written.
    """
    if not content and path.startswith("s3://"):
        # Beam uploads in parts, and S3 refuses an upload without any.
        bucket, key = split_s3(path)
        s3_client(path).put_object(Bucket=bucket, Key=key, Body=b"")
        return
    with create(path) as file:
        file.write(content)


def rename(moves: Sequence[tuple[str, str]]) -> None:
    """Renames files, each at once; use within `writing`."""
    if not moves:
        return
    if is_remote(moves[0][0]):
        file_systems().rename([source for source, _ in moves], [target for _, target in moves])
        return
    for source, target in moves:
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        Path(source).replace(target)


def make_folder(path: str) -> None:
    """Makes a folder in which nothing is; in a storage, an empty object whose name ends in a slash."""
    if is_remote(path):
        write(f"{path.rstrip('/')}/", b"")
    else:
        Path(path).mkdir(parents=True, exist_ok=True)


def delete(path: str) -> None:
    """Deletes a file, or a folder with all in it; nothing where there is neither."""
    if is_remote(path):
        beam = file_systems()
        found = [*_below(path), *([path] if beam.exists(path) else [])]
        if path.startswith("gs://"):  # Beam takes these names, and no others, for patterns.
            found = [each if each.endswith("/") else literal(each) for each in found]
        if found:
            beam.delete(found)
    elif os.path.isfile(path):  # noqa: PTH113 - which says no where a volume is gone
        Path(path).unlink()
    else:
        shutil.rmtree(path, ignore_errors=True)
