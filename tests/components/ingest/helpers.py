"""What the tests of the ingest share: a small task, and reading back what was written."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from components.ingest.block import Block
from components.ingest.job import Result
from components.ingest.read import read_blocks
from pipeline_configs.task import Task

KEY = b"a key for tests only, of 32 byte"

HEADER = "id,age,sex,smoker,site,outcome"


def make_task(**changes: Any) -> Task:
    """A task of one numeric, two categorical and one flag feature; keys like "data.decimal" change a part of it."""
    tree: dict[str, Any] = {
        "name": "demo",
        "modality": "records",
        "title": "Demonstration",
        "data": {"path": "unused.csv", "format": "csv", "quarantine": {"max_share": 1.0}},
        "patient_id": "id",
        "features": {
            "age": {"kind": "numeric", "unit": "a", "range": [0, 120]},
            "sex": {"kind": "categorical", "values": {"m": "male", "f": "female"}},
            "smoker": {"kind": "flag"},
            "site": {"kind": "categorical"},
        },
        "label": {"name": "ill", "column": "outcome", "positive": {"above": 0}},
        "sensitive": {"age": {"bands": [40, 60]}, "sex": {}},
    }
    for key, value in changes.items():
        node = tree
        *parents, last = key.split(".")
        for part in parents:
            node = node.setdefault(part, {})
        node[last] = value
    return Task.model_validate(tree)


def rows_of(file: Path) -> list[bytes]:
    """Records of a TFRecord file, read by the format's own definition."""
    import gzip
    import struct

    import google_crc32c

    data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    records, place = [], 0
    while place < len(data):
        (size,) = struct.unpack_from("<Q", data, place)
        record = data[place + 12 : place + 12 + size]
        for piece, at in ((data[place : place + 8], place + 8), (record, place + 12 + size)):
            crc = google_crc32c.value(piece)
            masked = (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF
            assert struct.unpack_from("<I", data, at) == (masked,)
        records.append(record)
        place += 16 + size
    return records


def decoded(records: Sequence[bytes]) -> list[dict[str, Any]]:
    """Examples as plain dictionaries; a feature without a value is left out."""
    from tensorflow_metadata.proto.v0 import schema_pb2  # noqa: F401 - brings protobuf without TensorFlow
    from tfx_bsl.coders.example_coder import ExamplesToRecordBatchDecoder

    if not records:
        return []
    batch = ExamplesToRecordBatchDecoder().DecodeBatch(list(records))
    return [{k: v[0] for k, v in row.items() if v} for row in batch.to_pylist()]


class Ingested:
    """What an ingest of one file gave."""

    def __init__(self, result: Result) -> None:
        assert result.error is None, result.error
        assert result.counts
        self.counts = result.counts
        shards = [Path(result.folder) / shard for split in result.counts.shards.values() for shard in split]
        self.by_split = {
            split: decoded([record for shard in names for record in rows_of(Path(result.folder) / shard)])
            for split, names in result.counts.shards.items()
        }
        self.rows = [row for rows in self.by_split.values() for row in rows]
        self.raw = [record for shard in shards for record in rows_of(shard)]

    @property
    def entries(self) -> list[tuple[int, str, str]]:
        """Quarantine as (line, column, reason)."""
        return sorted((entry.line, entry.column, entry.reason) for entry in self.counts.quarantine.entries)


def blocks_of(path: Path, task: Task) -> list[Block]:
    """All blocks of a file."""
    return list(read_blocks(str(path), task))


def is_root() -> bool:
    """Whether permissions do not hold for this user."""
    return os.geteuid() == 0
