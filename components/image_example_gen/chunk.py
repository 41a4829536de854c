"""Chunk: some images that one worker reads one after the other."""

from collections.abc import Iterator
from typing import NamedTuple

import pyarrow as pa

__all__ = ["LINE", "PATH", "Chunk", "order_of", "sizes"]

LINE, PATH = "#line", "#path"
"""Columns of a chunk besides those of `Attributes`; names that no feature can have."""

_SMALL, _LARGE, _SMALL_ONES = 64, 512, 100
_LINES = 1 << 40


class Chunk(NamedTuple):
    """What a worker is given.

    Attributes:
        source: Number of the manifest among those of the span; 0 for a folder.
        number: Number of the chunk within its source.
        name: Name of the source in the quarantine.
        rows: Arrow IPC stream of one batch: `LINE` (int64; line of the manifest, or number of the file), `PATH`, and
            those of `Attributes` where the source is a manifest. Paths are not written anywhere.
    """

    source: int
    number: int
    name: str
    rows: bytes

    @classmethod
    def of(cls, source: int, number: int, name: str, batch: pa.RecordBatch) -> "Chunk":
        """Returns a chunk of these rows."""
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
        return cls(source, number, name, sink.getvalue().to_pybytes())

    @property
    def batch(self) -> pa.RecordBatch:
        """The rows."""
        return pa.ipc.open_stream(self.rows).read_next_batch()

    def has(self, images: frozenset[int]) -> bool:
        """Whether one of these images, by order, is in it."""
        return not images.isdisjoint(order_of(self.source, line) for line in self.batch.column(LINE).to_pylist())

    @property
    def order(self) -> str:
        """By which results are put in order."""
        return f"{self.source:08d}-{self.number:08d}"


def order_of(source: int, line: int) -> int:
    """Returns the place of an image in the whole data; rising in the order of sources and lines."""
    return source * _LINES + line


def sizes() -> Iterator[int]:
    """Yields how many images the chunks of a source have: small ones first, so that little data has many chunks.

    A chunk becomes a shard a split; of large data there are not too many then.
    """
    number = 0
    while True:
        yield _SMALL if number < _SMALL_ONES else _LARGE
        number += 1
