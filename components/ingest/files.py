"""Files wherever they are: local ones opened directly, gs://, s3://, Azure and HDFS through Beam's file systems.

Beam is imported only for remote paths, so that looking at a local file stays quick. What goes wrong is told as one
`Problem` (storage_errors.py).
"""

import errno
import fnmatch
import glob
import gzip
import shutil
import stat
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, cast

from components.ingest.storage_errors import reading_error, writing_problem
from pipeline_configs.data import SCHEMES
from pipeline_configs.errors import DataProblem, GalenError, Problem, RunFailed

__all__ = [
    "StoredFile",
    "create",
    "delete_tree",
    "file_systems",
    "is_remote",
    "join",
    "knock_each",
    "list_files",
    "open_file",
    "reading",
    "rename",
    "s3_client",
    "use_options",
    "writing",
]

_BUFFER = 1 << 20


@dataclass(frozen=True)
class StoredFile:
    """A file and its size in bytes."""

    path: str
    size: int

    @property
    def name(self) -> str:
        """Last part of the path."""
        return self.path.rsplit("/", 1)[-1]


_options: list[str] = []


def use_options(options: Sequence[str]) -> None:
    """Sets Beam's options for remote storage (--s3_endpoint_url=..., --s3_region_name=...) in this process."""
    _options[:] = options
    if sys.modules.get("apache_beam"):
        file_systems(anew=True)


def file_systems(anew: bool = False) -> Any:
    """Returns Beam's FileSystems; they have the options of `use_options` unless a pipeline has set its own.

    Args:
        anew: Sets the options again.
    """
    from apache_beam.io.filesystems import FileSystems
    from apache_beam.options.pipeline_options import PipelineOptions

    if anew or FileSystems._pipeline_options is None:  # S3 refuses to work without any
        FileSystems.set_options(PipelineOptions(list(_options)))
    return FileSystems


def is_remote(path: str) -> bool:
    """Whether a path names a storage that can be read, such as s3://bucket/key; others are no more than odd names."""
    scheme, separator, _ = path.partition("://")
    return bool(separator) and scheme in SCHEMES


def join(base: str, *parts: str) -> str:
    """Joins parts of a path with slashes."""
    return "/".join([base.rstrip("/") if base != "/" else "", *parts])


def list_files(pattern: str) -> list[StoredFile]:
    """Lists files by a pattern in which `*` and `?` stand for anything but a slash.

    Returns:
        The files, sorted by path; hidden ones and those that begin with `_` (markers of other tools) are left out
        unless the pattern names them.

    Raises:
        DataProblem: The storage cannot be listed.
        RunFailed: It does not answer.
    """
    escaped = pattern.replace("[", "[[]")
    with reading(pattern):
        if is_remote(pattern):
            _knock(pattern)
            found = [StoredFile(m.path, m.size_in_bytes) for m in file_systems().match([escaped])[0].metadata_list]
        else:
            paths = map(Path, glob.glob(escaped))  # noqa: PTH207 - the pattern may be absolute
            found = [StoredFile(str(path), path.stat().st_size) for path in paths if path.is_file()]
    named = pattern.rsplit("/", 1)[-1][:1] in "._"
    return sorted((f for f in found if named or f.name[:1] not in "._"), key=lambda f: f.path)


def open_file(path: str) -> BinaryIO:
    """Opens a file for reading; one whose name ends in .gz is unpacked on the way.

    Raises:
        OSError: As the storage says it; use within `reading`.
    """
    if is_remote(path):
        return cast(BinaryIO, file_systems().open(path))
    kind = Path(path).stat().st_mode
    if not stat.S_ISREG(kind) and not stat.S_ISDIR(kind):  # A pipe would be waited for, a device read for ever.
        raise FileNotFoundError(errno.ENOENT, "this is no regular file")
    if path.endswith(".gz"):
        return cast(BinaryIO, gzip.open(path, "rb"))
    return Path(path).open("rb", buffering=_BUFFER)


def create(path: str) -> BinaryIO:
    """Opens a new file for writing, with the folders above it; use within `writing`."""
    if is_remote(path):
        return cast(BinaryIO, file_systems().create(path, compression_type="uncompressed"))
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    return Path(path).open("wb", buffering=_BUFFER)


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


def delete_tree(folder: str) -> None:
    """Deletes a folder with all in it, if there is one."""
    if is_remote(folder):
        found = [m.path for m in file_systems().match([join(folder, "**")])[0].metadata_list]
        if found:
            file_systems().delete(found)
    else:
        shutil.rmtree(folder, ignore_errors=True)


def _knock(path: str) -> None:
    """Asks S3 for one name where a path is in S3, so that what cannot work fails at once; use within `reading`.

    Beam tries again for ten minutes where an answer has no HTTP status: without credentials, and where nothing answers.
    """
    if not path.startswith("s3://"):
        return
    s3_client(path).list_objects_v2(Bucket=path.removeprefix("s3://").split("/")[0], MaxKeys=1)


def s3_client(path: str) -> Any:
    """Returns boto3's client as Beam's options and the environment set it up, for what Beam does not do."""
    from apache_beam.io.aws.clients.s3.boto3_client import Client

    return Client(file_systems().get_filesystem(path)._options).client


def knock_each(paths: Iterable[str]) -> None:
    """Asks at each bucket of S3 once whether it can be read at all.

    Raises:
        DataProblem: One cannot.
        RunFailed: One does not answer.
    """
    for bucket in sorted({"/".join(path.split("/")[:3]) for path in paths if path.startswith("s3://")}):
        with reading(bucket):
            _knock(bucket)


@contextmanager
def reading(path: str) -> Iterator[None]:
    """Turns what storage raises while `path` is read into a DataProblem, and names the file in those of its reader.

    Raises:
        DataProblem: The file is not there, may not be read, or is broken: another attempt finds the same.
        RunFailed: The storage does not answer, is overloaded or has failed: another attempt may be luckier. It names
            the bucket or volume, not the file, which has no part in it and may be called after a patient.
    """
    try:
        yield
    except DataProblem as error:
        raise DataProblem(*(_in_file(problem, path) for problem in error.problems)) from None
    except GalenError:
        raise
    except (EOFError, gzip.BadGzipFile):
        raise DataProblem(Problem("the compressed file is broken or cut off", path, fix="copy it again")) from None
    except Exception as error:
        told = reading_error(error, path, remote=is_remote(path))
        if told is None:
            raise
        raise told from None


@contextmanager
def writing(path: str) -> Iterator[None]:
    """Turns what storage raises while something below `path` is written into a RunFailed."""
    try:
        yield
    except GalenError:
        raise
    except Exception as error:
        problem = writing_problem(error, path, remote=is_remote(path))
        if problem is None:
            raise
        raise RunFailed(problem) from None


def _in_file(problem: Problem, path: str) -> Problem:
    if path in problem.where:
        return problem
    return replace(problem, where=f"{path}, {problem.where}" if problem.where else path)


def matches(name: str, patterns: Sequence[str]) -> bool:
    """Whether a file name has one of these forms, whatever its upper and lower case."""
    return any(fnmatch.fnmatchcase(name.lower(), pattern) for pattern in patterns)
