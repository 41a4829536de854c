"""The bytes of an image file, wherever it is; and why there are none, without its path, which may be a patient's."""

import os
import zlib
from typing import Any

from components.ingest.reasons import Reason
from components.storage import is_remote, open_file, reading, s3_client, split_s3
from pipeline_configs.errors import DataProblem, Problem
from transforms.pixels.reasons import ImageReason

__all__ = ["ContentReader", "NotGiven"]

_REASONS: dict[str, Reason | ImageReason] = {
    "there is no such file": Reason.NO_FILE,
    "this is a folder, not a file": Reason.NO_FILE,
    "no permission to read": Reason.FILE_DENIED,
    "the compressed file is broken or cut off": ImageReason.BROKEN,
    "the file cannot be read": Reason.FILE_FAILED,
    "the storage reports an error": Reason.FILE_FAILED,
}
"""By what `reading` says. All else is about the storage as a whole, and no image can be read then."""


class NotGiven(Exception):
    """One file cannot be had.

    Attributes:
        reason: The fixed sentence.
    """

    def __init__(self, reason: Reason | ImageReason) -> None:
        super().__init__(reason)
        self.reason = reason


class ContentReader:
    """Reads image files. It keeps its connection to S3: Beam makes a new one for each file, which takes longer.

    Args:
        most: Largest size in bytes.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._s3: Any = None

    def __call__(self, path: str) -> bytes:
        """Returns the content of a file.

        Args:
            path: The file, local or remote; unpacked where its name ends in .gz.

        Raises:
            NotGiven: This file cannot be had.
            DataProblem: The storage as a whole does not answer.
        """
        try:
            with reading(path):
                content = self._content(path)
        except zlib.error:
            raise NotGiven(ImageReason.BROKEN) from None
        except ValueError:  # A path with a null byte.
            raise NotGiven(Reason.NO_FILE) from None
        except DataProblem as error:
            problem = error.problems[0]
            if problem.what in _REASONS:
                raise NotGiven(_REASONS[problem.what]) from None
            where = "/".join(path.split("/")[:3]) if is_remote(path) else "the images"
            raise DataProblem(Problem(problem.what, where, fix=problem.fix)) from None
        if len(content) > self._most:
            raise NotGiven(ImageReason.TOO_LARGE)
        return content

    def _content(self, path: str) -> bytes:
        """The whole file; a byte more than the limit of one that is larger."""
        packed = path.endswith(".gz")
        if path.startswith("s3://") and not packed:
            return self._from_s3(path)
        with open_file(path) as file:
            # A file on disk says how large it is, so that no room is made for the limit.
            if not packed and not is_remote(path) and os.fstat(file.fileno()).st_size <= self._most:
                return file.read()
            return file.read(self._most + 1)

    def _from_s3(self, path: str) -> bytes:
        if self._s3 is None:
            self._s3 = s3_client(path)
        bucket, key = split_s3(path)
        try:
            content: bytes = self._s3.get_object(Bucket=bucket, Key=key)["Body"].read(self._most + 1)
        except self._s3.exceptions.NoSuchKey:
            raise FileNotFoundError from None
        return content
