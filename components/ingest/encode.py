"""Rows to serialized tf.Examples, in tfx_bsl's encoder."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.ingest.cells import mask_of
from components.ingest.normalise import Rows
from components.ingest.patients import Hashes, pseudonym_column
from pipeline_configs.task import PATIENT_FEATURE

__all__ = ["Encoder"]


class Encoder:
    """Encodes rows.

    Args:
        label: Name of the label.
    """

    def __init__(self, label: str) -> None:
        from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder

        self._label = label
        self._encoder = RecordBatchToExamplesEncoder()

    def __call__(self, rows: Rows, hashes: Hashes) -> list[bytes]:
        """Encodes rows.

        Args:
            rows: At least one row.
            hashes: uint64[rows]; the patients' pseudonyms.

        Returns:
            Serialized tf.Examples: each feature and band, the label, the pseudonym; what is missing has no value.
        """
        columns = {**rows.features, self._label: rows.label, PATIENT_FEATURE: pseudonym_column(hashes)}
        lists = [_as_list(columns[name]) for name in sorted(columns)]
        examples: list[bytes] = self._encoder.encode(pa.RecordBatch.from_arrays(lists, names=sorted(columns)))
        return examples


def _as_list(column: pa.Array) -> pa.ListArray:
    """Returns a column as lists of one value, or null where it is null."""
    if pa.types.is_string(column.type):
        column = column.cast(pa.binary())
    if not column.null_count:
        return pa.ListArray.from_arrays(pa.array(np.arange(len(column) + 1, dtype=np.int32)), column)
    present = mask_of(pc.is_valid(column))
    offsets = np.zeros(len(column) + 1, np.int32)
    np.cumsum(present, out=offsets[1:])
    return pa.ListArray.from_arrays(pa.array(offsets), column.drop_null(), mask=pa.array(~present))
