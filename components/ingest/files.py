"""Files wherever they are: local ones opened directly, gs://, s3://, Azure and HDFS through Beam's file systems.

Beam is imported only for remote paths, so that looking at a local file stays quick. What goes wrong is told as one
`Problem`; the text of a cause is kept only where it comes from the storage and not from the data.
"""

import errno
import fnmatch
import glob
import gzip
import os
import shutil
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, cast

from pipeline_configs.data import SCHEMES
from pipeline_configs.errors import DataProblem, GalenError, Problem, RunFailed

__all__ = [
    "StoredFile",
    "create",
    "delete_tree",
    "is_remote",
    "join",
    "knock_each",
    "list_files",
    "open_file",
    "reading",
    "rename",
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


def use_options(options: Sequence[str]) -> None:
    """Sets Beam's options for remote storage (--s3_endpoint_url=..., --azure_connection_string=...) in this process."""
    from apache_beam.io.filesystems import FileSystems
    from apache_beam.options.pipeline_options import PipelineOptions

    FileSystems.set_options(PipelineOptions(list(options)))


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
    """
    escaped = pattern.replace("[", "[[]")
    with reading(pattern):
        if is_remote(pattern):
            from apache_beam.io.filesystems import FileSystems

            _knock(pattern)
            found = [StoredFile(m.path, m.size_in_bytes) for m in FileSystems.match([escaped])[0].metadata_list]
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
        from apache_beam.io.filesystems import FileSystems

        return cast(BinaryIO, FileSystems.open(path))
    kind = Path(path).stat().st_mode
    if not stat.S_ISREG(kind) and not stat.S_ISDIR(kind):  # A pipe would be waited for, a device read for ever.
        raise FileNotFoundError(errno.ENOENT, "this is no regular file")
    if path.endswith(".gz"):
        return cast(BinaryIO, gzip.open(path, "rb"))
    return Path(path).open("rb", buffering=_BUFFER)


def create(path: str) -> BinaryIO:
    """Opens a new file for writing, with the folders above it; use within `writing`."""
    if is_remote(path):
        from apache_beam.io.filesystem import CompressionTypes
        from apache_beam.io.filesystems import FileSystems

        return cast(BinaryIO, FileSystems.create(path, compression_type=CompressionTypes.UNCOMPRESSED))
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    return Path(path).open("wb", buffering=_BUFFER)


def rename(moves: Sequence[tuple[str, str]]) -> None:
    """Renames files, each at once; use within `writing`."""
    if not moves:
        return
    if is_remote(moves[0][0]):
        from apache_beam.io.filesystems import FileSystems

        FileSystems.rename([source for source, _ in moves], [target for _, target in moves])
        return
    for source, target in moves:
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        Path(source).replace(target)


def delete_tree(folder: str) -> None:
    """Deletes a folder with all in it, if there is one."""
    if is_remote(folder):
        from apache_beam.io.filesystems import FileSystems

        found = [m.path for m in FileSystems.match([join(folder, "**")])[0].metadata_list]
        if found:
            FileSystems.delete(found)
    else:
        shutil.rmtree(folder, ignore_errors=True)


def _knock(path: str) -> None:
    """Asks S3 for one name where a path is in S3, so that what cannot work fails at once; use within `reading`.

    Beam tries again for ten minutes where an answer has no HTTP status: without credentials, and where nothing answers.
    """
    if not path.startswith("s3://"):
        return
    from apache_beam.io.aws.clients.s3.boto3_client import Client
    from apache_beam.io.filesystems import FileSystems

    bucket = path.removeprefix("s3://").split("/")[0]
    Client(FileSystems.get_filesystem(path)._options).client.list_objects_v2(Bucket=bucket, MaxKeys=1)


def knock_each(paths: Iterable[str]) -> None:
    """Asks at each bucket of S3 once whether it can be read at all.

    Raises:
        DataProblem: One cannot.
    """
    for bucket in sorted({"/".join(path.split("/")[:3]) for path in paths if path.startswith("s3://")}):
        with reading(bucket):
            _knock(bucket)


@contextmanager
def reading(path: str) -> Iterator[None]:
    """Turns what storage raises while `path` is read into a DataProblem, and names the file in those of its reader."""
    try:
        yield
    except DataProblem as error:
        raise DataProblem(*(_in_file(problem, path) for problem in error.problems)) from None
    except GalenError:
        raise
    except (EOFError, gzip.BadGzipFile):
        raise DataProblem(Problem("the compressed file is broken or cut off", path, fix="copy it again")) from None
    except Exception as error:
        problem = _reading_problem(error, path)
        if problem is None:
            raise
        raise DataProblem(problem) from None


@contextmanager
def writing(path: str) -> Iterator[None]:
    """Turns what storage raises while something below `path` is written into a RunFailed."""
    try:
        yield
    except GalenError:
        raise
    except Exception as error:
        problem = _writing_problem(error, path)
        if problem is None:
            raise
        raise RunFailed(problem) from None


def _in_file(problem: Problem, path: str) -> Problem:
    if path in problem.where:
        return problem
    return replace(problem, where=f"{path}, {problem.where}" if problem.where else path)


def _reading_problem(error: BaseException, path: str) -> Problem | None:
    if isinstance(error, FileNotFoundError):
        return Problem("there is no such file", path)
    if isinstance(error, IsADirectoryError):
        return Problem("this is a folder, not a file", path)
    if isinstance(error, PermissionError):
        return Problem("no permission to read", path, fix="give this user the right to read it")
    if isinstance(error, OSError) and not is_remote(path):
        return Problem("the file cannot be read", path, found=os.strerror(error.errno) if error.errno else "")
    return _remote_problem(error, path) if is_remote(path) else None


def _writing_problem(error: BaseException, path: str) -> Problem | None:
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Problem("the disk is full", path, fix="free some space and start the run again; it continues from here")
    if isinstance(error, PermissionError) or (isinstance(error, OSError) and error.errno == errno.EROFS):
        return Problem("no permission to write", path, fix="give this user the right to write there")
    if isinstance(error, OSError) and not is_remote(path):
        return Problem("cannot be written", path, found=os.strerror(error.errno) if error.errno else "")
    return _remote_problem(error, path) if is_remote(path) else None


def _remote_problem(error: BaseException, path: str) -> Problem | None:
    """Reads an error of boto3, google-cloud-storage or azure, as Beam passes it on."""
    causes = list(_causes(error))
    names = " ".join(type(cause).__name__ for cause in causes)
    text = " ".join(str(cause) for cause in causes)
    codes = {code for cause in causes for code in (_code(cause),) if code}
    where = path
    if "redential" in names or "redentials" in text or 401 in codes:
        return Problem(
            "there are no credentials for the storage",
            where,
            fix="set them as for its own tools: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
            "GOOGLE_APPLICATION_CREDENTIALS, or --azure_connection_string among beam.options",
        )
    if "NoSuchBucket" in text or "ContainerNotFound" in text or "bucket does not exist" in text:
        return Problem("there is no such bucket", where)
    if 403 in codes or "AccessDenied" in text or "Forbidden" in text:
        return Problem("no permission for the storage", where, fix="give these credentials the right to it")
    if 404 in codes or isinstance(error, FileNotFoundError):
        return Problem("there is no such file", where)
    if "ndpoint" in names or "onnect" in names or "imeout" in names or "ndpoint" in text:
        return Problem(
            "the storage does not answer", where, fix="check the network and the address of the storage (endpoint)"
        )
    origins = {type(cause).__module__.split(".")[0] for cause in causes}
    if isinstance(error, OSError) or origins & {"apache_beam", "botocore", "boto3", "google", "azure"}:
        return Problem("the storage reports an error", where, found=names)
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting: list[Any] = [error]
    while waiting:
        cause = waiting.pop()
        if not isinstance(cause, BaseException) or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        details = getattr(cause, "exception_details", None)
        waiting += [cause.__cause__, cause.__context__, *(details.values() if isinstance(details, dict) else [])]


def _code(error: BaseException) -> int | None:
    for name in ("code", "status_code"):
        code = getattr(error, name, None)
        code = getattr(code, "value", code)
        if isinstance(code, int):
            return code
    return None


def matches(name: str, patterns: Sequence[str]) -> bool:
    """Whether a file name has one of these forms, whatever its upper and lower case."""
    return any(fnmatch.fnmatchcase(name.lower(), pattern) for pattern in patterns)
