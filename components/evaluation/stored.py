"""Reads files of an evaluation or a report, on this machine or in a storage."""

import json
from collections.abc import Iterator
from typing import Any

from components import storage
from components.ingest.tfrecord import records_in

__all__ = ["stored_json", "stored_records"]


def stored_json(uri: str, name: str) -> Any:
    """Returns the content of a file.

    Args:
        uri: Folder of the artifact.
        name: Name of the file.

    Raises:
        FileNotFoundError: There is no such file.
        OSError: It cannot be read.
        ValueError: It is no JSON.
    """
    return json.loads(storage.read(f"{uri.rstrip('/')}/{name}"))


def stored_records(uri: str, name: str) -> Iterator[bytes]:
    """Yields the records of a set of TFRecord files.

    Args:
        uri: Folder of the artifact.
        name: What the files' names begin with.

    Raises:
        OSError: A file cannot be read.
        ValueError: A file is damaged.
    """
    for file in storage.names_below(uri):
        if "/" not in file and file.startswith(name) and file.endswith(".tfrecord"):
            yield from records_in(storage.read(f"{uri.rstrip('/')}/{file}"))
