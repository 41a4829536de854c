"""Deals the examples of one piece of work out to the splits."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from components.ingest.ingest import SHARD_BYTES
from components.ingest.job import Settings
from components.ingest.splits import SPLITS
from components.ingest.tfrecord import RecordWriter
from components.storage import create, join, open_file, reading, writing

__all__ = ["Shards", "write_splits"]

_BATCH_BYTES = 4 << 20
_HEAD, _TAIL = 12, 4
"""Bytes of a TFRecord before and after its content."""


@dataclass(frozen=True)
class Shards:
    """The shards written.

    Attributes:
        by_split: Files by split, relative to the work folder.
        size: Their bytes.
    """

    by_split: dict[str, list[str]]
    size: int


def write_splits(settings: Settings, notes: str, chosen: str, folder: str) -> Shards:
    """Writes the examples of a file into shards by split, in their order; memory stays small.

    Args:
        settings: What all jobs share.
        notes: TFRecord file of the examples.
        chosen: File of int8[examples]: the number of each one's split, negative for those that are left out.
        folder: Folder of the shards, below `settings.work` and relative to it.
    """
    with reading(chosen), open_file(chosen) as file:
        splits = np.frombuffer(file.read(), np.int8)
    out = _Shards(settings, folder)
    with reading(notes), open_file(notes) as file:
        for split, record in zip(splits, _records(file), strict=True):
            if split >= 0:
                out.add(SPLITS[split], record)
    return out.close()


def _records(file: BinaryIO) -> Iterator[bytes]:
    while head := file.read(_HEAD):
        size = int.from_bytes(head[:8], "little")
        yield file.read(size)
        file.read(_TAIL)


class _Shards:
    """Shards on their way."""

    def __init__(self, settings: Settings, folder: str) -> None:
        self._settings, self._folder = settings, folder
        self._waiting: dict[str, list[bytes]] = {}
        self._sizes: dict[str, int] = {}
        self._writers: dict[str, RecordWriter] = {}
        self._by_split: dict[str, list[str]] = {}
        self._size = 0

    def add(self, split: str, record: bytes) -> None:
        self._waiting.setdefault(split, []).append(record)
        self._sizes[split] = self._sizes.get(split, 0) + len(record)
        if self._sizes[split] >= _BATCH_BYTES:
            self._flush(split)

    def close(self) -> Shards:
        for split in list(self._waiting):
            self._flush(split)
        for split in list(self._writers):
            self._end(split)
        return Shards(self._by_split, self._size)

    def _flush(self, split: str) -> None:
        with writing(self._settings.work):
            if split not in self._writers:
                shards = self._by_split.setdefault(split, [])
                name = f"{self._folder}/{split}/{len(shards):05d}.tfrecord" + (".gz" if self._settings.gzip else "")
                shards.append(name)
                self._writers[split] = RecordWriter(create(join(self._settings.work, name)), self._settings.gzip)
            self._writers[split].write(self._waiting.pop(split, []))
            self._sizes[split] = 0
        if self._writers[split].size >= SHARD_BYTES:
            self._end(split)

    def _end(self, split: str) -> None:
        writer = self._writers.pop(split)
        with writing(self._settings.work):
            writer.close()
        self._size += writer.size
