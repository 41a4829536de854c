"""TFRecord files, framed block by block.

A record is its length (uint64), the masked CRC-32C of the length, the bytes, and their masked CRC-32C, all
little-endian (tensorflow/core/lib/io/record_writer.h). Arrow joins the pieces; no loop here is over records in Python.
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import google_crc32c
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["RecordWriter", "framed", "records_in"]

_GZIP = 31
_GZIP_LEVEL = 1
"""The lowest level: three times as fast as the usual one, for files a sixth larger."""


def framed(records: Sequence[bytes]) -> pa.Buffer:
    """Returns records as they stand in a TFRecord file.

    Args:
        records: At least one record; not more than 2 GB in all.
    """
    sizes = np.fromiter(map(len, records), np.uint64, len(records))
    unique, where = np.unique(sizes, return_inverse=True)
    headers = np.empty(len(records), np.dtype([("size", "<u8"), ("crc", "<u4")]))
    headers["size"] = sizes
    headers["crc"] = _masked([size.tobytes() for size in unique.astype("<u8")])[where]
    joined = pc.binary_join_element_wise(
        _fixed(headers.tobytes(), 12), pa.array(records, pa.binary()), _fixed(_masked(records).tobytes(), 4), b""
    )
    _, _, data = joined.buffers()
    return data.slice(0, int(sizes.sum()) + 16 * len(records))


def records_in(content: bytes) -> Iterator[bytes]:
    """Yields the records of a small TFRecord file without compression, each checked.

    Args:
        content: The whole file.

    Raises:
        ValueError: It is cut off, or a checksum does not fit.
    """
    position = 0
    while position < len(content):
        header = content[position : position + 12]
        if len(header) < 12:
            raise ValueError("a TFRecord file is cut off")
        size, crc = struct.unpack("<QI", header)
        record = content[position + 12 : position + 12 + size]
        end = content[position + 12 + size : position + 16 + size]
        if len(end) < 4:
            raise ValueError("a TFRecord file is cut off")
        if [crc, *struct.unpack("<I", end)] != _masked([header[:8], record]).tolist():
            raise ValueError("a TFRecord file is damaged")
        yield record
        position += 16 + size


def _masked(pieces: Sequence[bytes]) -> npt.NDArray[np.uint32]:
    crc = np.fromiter(map(google_crc32c.value, pieces), np.uint32, len(pieces))
    return (((crc >> np.uint32(15)) | (crc << np.uint32(17))) + np.uint32(0xA282EAD8)).astype("<u4")


def _fixed(data: bytes, width: int) -> pa.BinaryArray:
    fixed = pa.Array.from_buffers(pa.binary(width), len(data) // width, [None, pa.py_buffer(data)])
    return fixed.cast(pa.binary())


class RecordWriter:
    """Writes records to a file, plain or gzip.

    Args:
        file: Where to write; closed by `close`.
        gzip: Whether to compress. The same records give the same bytes: no time and no name is in the header.
    """

    def __init__(self, file: BinaryIO, gzip: bool) -> None:
        self._file = file
        self._compressor = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP) if gzip else None
        self.size = 0
        """Bytes written so far."""

    def write(self, records: Sequence[bytes]) -> None:
        """Writes records in their order."""
        if records:
            data = framed(records)
            self._put(self._compressor.compress(data) if self._compressor else data)

    def close(self) -> None:
        """Ends the file."""
        try:
            if self._compressor:
                self._put(self._compressor.flush())
        finally:
            self._file.close()

    def _put(self, data: bytes | pa.Buffer) -> None:
        self._file.write(data)
        self.size += len(data)
