"""Pushes files as a new version of a model in TensorFlow Serving's layout, `<folder>/<version>/`, whole or not at all.

Local: the files are written into a hidden folder beside the versions, flushed to the disk, read back and compared,
checked by the caller, and then renamed, which is atomic. A push that is killed leaves only the hidden folder, which
TensorFlow Serving does not look at (its name is no number) and which the next push removes. A lock file keeps two
pushes apart.

Object stores have no renaming of folders: the files go to their place one by one and `saved_model.pb`, without which
TensorFlow Serving loads nothing, goes last. A push that is killed leaves a version without it.

A version is the time of the push in seconds since 1970, as TFX's Pusher has it, and always above every other; an
existing version is never written to.
"""

import contextlib
import errno
import fcntl
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from components.storage import copy, create, digest, is_remote, names_below
from pipeline_configs.errors import GalenError, Problem, RunFailed

__all__ = ["DESCRIPTION", "Checksum", "Item", "Published", "existing_versions", "publish"]

DESCRIPTION = "model_metadata.json"
"""Name of the file that describes a version."""

LAST = "saved_model.pb"
"""The file that makes a version visible in an object store."""

HIDDEN = ".push-"
"""Beginning of the names of unfinished pushes."""


@dataclass(frozen=True)
class Item:
    """A file to push.

    Attributes:
        source: Path of the file.
        target: Its place in the version, such as variables/variables.index.
    """

    source: str
    target: str


@dataclass(frozen=True)
class Checksum:
    """What a file holds.

    Attributes:
        sha256: In hex.
        bytes: Number of bytes.
    """

    sha256: str
    bytes: int


@dataclass(frozen=True)
class Published:
    """A pushed version.

    Attributes:
        version: Its number.
        path: Its folder.
        files: Checksum of each file but the description, by place.
    """

    version: int
    path: str
    files: dict[str, Checksum]


def existing_versions(folder: str) -> list[int]:
    """Returns the versions in a model's folder, the oldest first."""
    if is_remote(folder):
        names = {file.partition("/")[0] for file in names_below(folder)}
    else:
        names = {entry.name for entry in Path(folder).iterdir()} if Path(folder).is_dir() else set()
    return sorted(int(name) for name in names if name.isascii() and name.isdigit())


def publish(
    items: Sequence[Item],
    folder: str,
    describe: Callable[[int, dict[str, Checksum]], bytes],
    check: Callable[[str], None] = lambda path: None,
) -> Published:
    """Pushes a new version.

    Args:
        items: The files, with `saved_model.pb` among them.
        folder: The model's folder.
        describe: Makes the description from the version and the checksums.
        check: Called with the folder that holds the files before they become visible (in an object store: after all but
            the last); whatever it raises stops the push.

    Returns:
        The version.

    Raises:
        RunFailed: The files cannot be written, or are not what was read; nothing is left behind.
    """
    push = _publish_remote if is_remote(folder) else _publish_local
    try:
        return push(items, folder, describe, check)
    except GalenError:
        raise
    except OSError as error:
        fix = "free some space" if error.errno == errno.ENOSPC else "look at the folder and its permissions"
        found = error.strerror or type(error).__name__
        raise RunFailed(Problem("the model cannot be pushed", folder, found=found, fix=fix)) from error
    except Exception as error:
        if not is_remote(folder):
            raise
        # Each store's client has errors of its own.
        fix = "look at the address, the credentials and the permissions"
        raise RunFailed(Problem("the model cannot be pushed", folder, found=type(error).__name__, fix=fix)) from error


def _publish_local(
    items: Sequence[Item],
    folder: str,
    describe: Callable[[int, dict[str, Checksum]], bytes],
    check: Callable[[str], None],
) -> Published:
    root = Path(folder)
    root.mkdir(parents=True, exist_ok=True)
    with _locked(root):
        for stale in root.glob(f"{HIDDEN}*"):
            if stale.is_dir():
                shutil.rmtree(stale)
        version = _next_version(folder)
        hidden = root / f"{HIDDEN}{version}-{uuid.uuid4().hex[:8]}"
        try:
            hidden.mkdir()
            files = {item.target: _copied(item, hidden) for item in items}
            with (hidden / DESCRIPTION).open("wb") as writing:
                writing.write(describe(version, files))
                writing.flush()
                os.fsync(writing.fileno())
            _compare(str(hidden), files)
            check(str(hidden))
            for sub in [*(path for path in hidden.rglob("*") if path.is_dir()), hidden]:
                _sync(sub)
            hidden.rename(root / str(version))
        except BaseException:
            shutil.rmtree(hidden, ignore_errors=True)
            raise
        _sync(root)
    return Published(version, str(root / str(version)), files)


def _copied(item: Item, hidden: Path) -> Checksum:
    target = hidden / item.target
    target.parent.mkdir(parents=True, exist_ok=True)
    return Checksum(*copy(item.source, str(target)))


def _publish_remote(
    items: Sequence[Item],
    folder: str,
    describe: Callable[[int, dict[str, Checksum]], bytes],
    check: Callable[[str], None],
) -> Published:
    version = _next_version(folder)
    path = f"{folder.rstrip('/')}/{version}"
    last = [item for item in items if item.target == LAST]
    files: dict[str, Checksum] = {}
    for item in [item for item in items if item.target != LAST]:
        files[item.target] = Checksum(*copy(item.source, f"{path}/{item.target}"))
    expected = files | {item.target: Checksum(*digest(item.source)) for item in last}
    with create(f"{path}/{DESCRIPTION}") as writing:
        writing.write(describe(version, expected))
    _compare(path, files)
    check(path)
    for item in last:
        files[item.target] = Checksum(*copy(item.source, f"{path}/{item.target}"))
    _compare(path, files)
    return Published(version, path, files)


def _next_version(folder: str) -> int:
    return max([int(time.time()), *(version + 1 for version in existing_versions(folder))])


def _compare(folder: str, files: dict[str, Checksum]) -> None:
    there = set(names_below(folder)) - {DESCRIPTION}
    wrong = sorted(there ^ set(files)) or [
        name for name in files if digest(f"{folder}/{name}") != (files[name].sha256, files[name].bytes)
    ]
    if wrong:
        raise RunFailed(
            Problem(
                "the pushed files are not those of the model",
                folder,
                "the same files with the same checksums",
                f"differences in {', '.join(wrong[:5])}",
                "look at the disk or the store; nothing was pushed",
            )
        )


def _sync(folder: Path) -> None:
    """Flushes the entries of a folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _locked(root: Path) -> Iterator[None]:
    """Holds the folder's lock; the system lets go of it when the process ends, however it ends."""
    with (root / f"{HIDDEN}lock").open("a") as file:
        with contextlib.suppress(OSError):
            # A file system without locks (some network ones) is used without.
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
