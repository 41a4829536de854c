"""What errors of disks, volumes and storages mean, told as one `Problem`.

What may go away by itself (a storage that does not answer, a volume that was lost) is a RunFailed, after which a node
is tried again; what stays (no such file, no permission, broken content) is a DataProblem, after which it is not. The
text of a cause is kept only where it comes from the storage and not from the data.
"""

import errno
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline_configs.errors import DataProblem, GalenError, Problem, RunFailed
from pipeline_configs.paths import is_remote

__all__ = ["reading_error", "writing_problem"]

_PASSING_ERRNO = frozenset(
    getattr(errno, name)
    for name in (
        *("EIO", "ESTALE", "EREMOTEIO", "EAGAIN", "EINTR", "EBUSY", "ETIMEDOUT", "ENOLCK"),
        *("ENOMEM", "EMFILE", "ENFILE", "EPIPE", "ENOTCONN", "ESHUTDOWN", "ENETDOWN", "ENETUNREACH", "ENETRESET"),
        *("ECONNABORTED", "ECONNREFUSED", "ECONNRESET", "EHOSTDOWN", "EHOSTUNREACH"),
    )
    if hasattr(errno, name)  # not every system has all of them
)
"""What the system says where a disk, a volume or the network is at fault, and not the file."""
_PASSING_CODES = frozenset([408, 425, 429])
"""HTTP codes below 500 that ask to come again; all from 500 on do."""
_PASSING_TEXTS = ("SlowDown", "Throttl", "RequestTimeout", "RequestLimitExceeded", "ateLimitExceeded", "ServerBusy")
"""Codes of S3, Google and Azure that say the same, whatever the HTTP code: S3 has 400 with some of them."""
_NO_ANSWER = re.compile(
    "ndpoint|onnect|imeout|Incomplete|Protocol|Streaming|SSL|Transport|ServiceRe(quest|sponse)Error|HTTPClientError|"
    "ChunkedEncoding|RetryError|NameResolution|Proxy"
)
"""Names of exceptions of boto3, google-cloud-storage, azure, requests and urllib3 where there was no whole answer."""
_CLIENTS = frozenset(["apache_beam", "botocore", "boto3", "google", "azure", "requests", "urllib3"])
"""Packages whose exceptions are about the storage."""


def reading_error(error: BaseException, path: str, *, remote: bool) -> GalenError | None:
    """Returns what an error is that somebody met who read a file; None where it is not about files.

    Args:
        error: What was raised.
        path: The file, or what it is called in reports, such as `file 3 of 12`.
        remote: Whether it is in a storage that Beam reads.
    """
    if isinstance(error, FileNotFoundError):
        return DataProblem(Problem("there is no such file", path))
    if isinstance(error, IsADirectoryError):
        return DataProblem(Problem("this is a folder, not a file", path))
    if isinstance(error, PermissionError):
        return DataProblem(Problem("no permission to read", path, fix="give this user the right to read it"))
    if remote or (_is_label(path) and _origins(error) & _CLIENTS):
        problem = _remote_problem(error, path)
        if problem is None or not _may_pass(error):
            return DataProblem(problem) if problem else None
        return RunFailed(replace(problem, where=_storage_of(path)))
    if not isinstance(error, OSError):
        return None
    found = os.strerror(error.errno) if error.errno else ""
    if _may_pass(error):
        fix = "look at the disk or the network volume, and start the run again; it continues from here"
        return RunFailed(Problem("the volume does not give a file", _storage_of(path), found=found, fix=fix))
    return DataProblem(Problem("the file cannot be read", path, found=found))


def _may_pass(error: BaseException) -> bool:
    """Whether an error is one of a storage that may be well again a little later; not of credentials or permission."""
    causes = list(_causes(error))
    names, text, codes = _said(causes)
    if _no_credentials(names, text, codes):
        return False
    if _overloaded(text, codes):
        return True
    if codes:  # the storage has answered, and means it
        return False
    passing = (ConnectionError, TimeoutError, BlockingIOError, InterruptedError)
    if any(isinstance(c, passing) or (isinstance(c, OSError) and c.errno in _PASSING_ERRNO) for c in causes):
        return True
    return bool(_origins(error) & _CLIENTS and (_NO_ANSWER.search(names) or "ndpoint URL" in text))


def _is_label(path: str) -> bool:
    """Whether it is no path but what its file is called in reports, such as `file 3 of 12`."""
    return "/" not in path


def _storage_of(path: str) -> str:
    """The bucket or the volume that a file is in; the text itself where it is no path."""
    if is_remote(path):
        return "/".join(path.split("/")[:3])
    if _is_label(path):
        return path
    return next((str(folder) for folder in Path(path).absolute().parents if os.path.ismount(folder)), "/")


def writing_problem(error: BaseException, path: str, *, remote: bool) -> Problem | None:
    """Returns what is wrong where something could not be written; None where it is not about files, or about others.

    What is copied from a storage to a disk is written there within this and read within `reading_error`.
    """
    if not remote and (_origins(error) & _CLIENTS or isinstance(error, ConnectionError | TimeoutError)):
        return None
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Problem("the disk is full", path, fix="free some space and start the run again; it continues from here")
    if isinstance(error, PermissionError) or (isinstance(error, OSError) and error.errno == errno.EROFS):
        return Problem("no permission to write", path, fix="give this user the right to write there")
    if isinstance(error, OSError) and not remote:
        return Problem("cannot be written", path, found=os.strerror(error.errno) if error.errno else "")
    return _remote_problem(error, path) if remote else None


def _remote_problem(error: BaseException, path: str) -> Problem | None:
    """Reads an error of boto3, google-cloud-storage or azure, as Beam passes it on."""
    names, text, codes = _said(list(_causes(error)))
    where = path
    if _no_credentials(names, text, codes):
        return Problem(
            "there are no credentials for the storage",
            where,
            fix="set them as for its own tools: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
            "GOOGLE_APPLICATION_CREDENTIALS, or AZURE_STORAGE_CONNECTION_STRING; on Kubernetes from a secret",
        )
    if "NoSuchBucket" in text or "ContainerNotFound" in text or "bucket does not exist" in text:
        return Problem("there is no such bucket", where)
    if _overloaded(text, codes):
        found = f"HTTP {', '.join(map(str, sorted(codes)))}" if codes else names
        fix = "start the run again later; it continues from here"
        return Problem("the storage is overloaded or has failed", where, found=found, fix=fix)
    if 403 in codes or "AccessDenied" in text or "Forbidden" in text:
        return Problem("no permission for the storage", where, fix="give these credentials the right to it")
    if 404 in codes or isinstance(error, FileNotFoundError):
        return Problem("there is no such file", where)
    if not codes and (_NO_ANSWER.search(names) or "ndpoint" in text or _may_pass(error)):
        return Problem(
            "the storage does not answer", where, fix="check the network and the address of the storage (endpoint)"
        )
    if isinstance(error, OSError) or _origins(error) & _CLIENTS:
        return Problem("the storage reports an error", where, found=names)
    return None


def _no_credentials(names: str, text: str, codes: set[int]) -> bool:
    return "redential" in names or "redentials" in text or 401 in codes


def _overloaded(text: str, codes: set[int]) -> bool:
    return any(code in _PASSING_CODES or code >= 500 for code in codes) or any(one in text for one in _PASSING_TEXTS)


def _said(causes: Sequence[BaseException]) -> tuple[str, str, set[int]]:
    """The names of exceptions, their texts and their HTTP codes."""
    names = " ".join(type(cause).__name__ for cause in causes)
    codes = {code for cause in causes for code in (_code(cause),) if code}
    return names, " ".join(str(cause) for cause in causes), codes


def _origins(error: BaseException) -> set[str]:
    """The packages that an exception and its causes come from."""
    return {type(cause).__module__.split(".")[0] for cause in _causes(error)}


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
    """The HTTP code: boto3 keeps it in a `response`, the others in the exception."""
    response = getattr(error, "response", None)
    metadata = response.get("ResponseMetadata") if isinstance(response, dict) else None
    codes = [getattr(error, name, None) for name in ("code", "status_code")]
    codes.append(metadata.get("HTTPStatusCode") if isinstance(metadata, dict) else None)
    return next((code for code in (getattr(code, "value", code) for code in codes) if isinstance(code, int)), None)
