"""Text files that a manifest names: their bytes, up to what a note may be long."""

import errno
import gzip
import zlib

from components.ingest.reasons import Reason
from components.storage import is_file, is_remote, join, open_file, reading
from pipeline_configs.errors import DataProblem
from transforms.text.reasons import NoteReason, Unread

__all__ = ["full_path", "read_text_file"]

_WIDEST = 4
"""Most bytes of a character."""


def full_path(root: str, path: str) -> str:
    """Returns where a path of a manifest leads; absolute paths and addresses of storage stay as they are."""
    return path if is_remote(path) or path.startswith("/") else join(root, path)


def read_text_file(path: str, max_characters: int) -> bytes:
    """Reads a text file, packed (.gz) or not.

    Args:
        path: The file, local or remote.
        max_characters: Longest note.

    Raises:
        Unread: It is not there, cannot be read, or is too long for a note in any encoding; then it is not read to its
            end.
        DataProblem: The storage does not answer, or gives no access.
    """
    most = _WIDEST * (max_characters + 1)
    try:
        data = _remote(path, most + 1) if is_remote(path) else _local(path, most + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise Unread(NoteReason.CUT_OFF) from None
    if len(data) > most:
        raise Unread(NoteReason.TOO_LONG)
    return data


def _local(path: str, size: int) -> bytes:
    try:
        with open_file(path) as file:
            return file.read(size)
    except (gzip.BadGzipFile, EOFError):
        raise
    except PermissionError:
        raise Unread(Reason.FILE_DENIED) from None
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError, ValueError):
        raise Unread(Reason.NO_FILE) from None
    except OSError as error:
        gone = error.errno in (errno.ENAMETOOLONG, errno.ELOOP)
        raise Unread(Reason.NO_FILE if gone else Reason.FILE_FAILED) from None


def _remote(path: str, size: int) -> bytes:
    try:
        # Beam unpacks a packed file that is cut off without a word.
        with reading(path), open_file(path, unpack=False) as file:
            try:
                return gzip.GzipFile(fileobj=file).read(size) if path.endswith(".gz") else bytes(file.read(size))
            except (EOFError, gzip.BadGzipFile, zlib.error):
                raise Unread(NoteReason.CUT_OFF) from None
    except DataProblem:
        if is_file(path):
            raise
        raise Unread(Reason.NO_FILE) from None
