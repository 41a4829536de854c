"""TFRecord files hold up to the format's definition."""

import gzip
from pathlib import Path

import google_crc32c
import pytest

from components.ingest.tfrecord import RecordWriter, framed
from tests.components.ingest.helpers import rows_of


def test_framing_of_a_known_record() -> None:
    """The bytes that tf.io.TFRecordWriter writes for b"abc"."""
    assert framed([b"abc"]).to_pybytes().hex() == "0300000000000000b099490e6162636e57f121"


@pytest.mark.parametrize("compress", [False, True])
def test_what_is_written_is_read_back(tmp_path: Path, compress: bool) -> None:
    records = [b"", b"x", bytes(range(256)), b"y" * 100_000]
    file = tmp_path / ("a.tfrecord.gz" if compress else "a.tfrecord")
    writer = RecordWriter(file.open("wb"), compress)
    writer.write(records[:2])
    writer.write([])
    writer.write(records[2:])
    writer.close()
    assert rows_of(file) == records
    assert writer.size == file.stat().st_size


def test_compressed_files_hold_neither_time_nor_name(tmp_path: Path) -> None:
    for name in ("a", "b"):
        writer = RecordWriter((tmp_path / name).open("wb"), True)
        writer.write([b"record"] * 100)
        writer.close()
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert len(gzip.decompress((tmp_path / "a").read_bytes())) == 100 * (16 + 6)


def test_crc_is_computed_in_c() -> None:
    """In pure Python it would take a hundred times as long."""
    assert google_crc32c.implementation == "c"
