"""The table of labels beside a folder of DICOM files, and how a file finds its row.

The table is read once, and kept without a patient's id: rows are found by a keyed digest (HMAC) of the element that
both share. Where the table has no column with the patient's id, PatientID of the file stands for it. Rows that say the
same about the same key count once; where they differ, none of them is taken.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from components.image_example_gen.attributes import Attributes
from components.image_example_gen.row_of import row_of
from components.ingest.cells import mask_of
from components.ingest.columns import patient_converter
from components.ingest.header import inspect_file
from components.ingest.ingest import Counts
from components.ingest.job import Result, Settings
from components.ingest.lines import text_blocks
from components.ingest.normalise import Normaliser, Rows
from components.ingest.patients import Hashes, hash_patients
from components.ingest.quarantine import Quarantine
from components.ingest.read import read_blocks
from components.ingest.read_csv import split_header
from components.ingest.read_parquet import open_parquet
from components.ingest.reasons import Reason
from components.ingest.source import SUFFIXES, find_files, locate
from components.storage import StoredFile, create, matches, open_file, reading, writing
from pipeline_configs.data import Labels
from pipeline_configs.errors import DataProblem, Problem, closest
from pipeline_configs.feature import Categorical, Image
from pipeline_configs.task import Task
from privacy.pseudonyms import digests

__all__ = ["LabelTable", "inspect_labels", "label_file", "load_labels", "save_labels"]

_KEY = "#key"
"""Name of the key among features, and of its digest in the kept table; no feature can have it."""
_FROM_FILE = b"patient_from_file"


@dataclass(frozen=True)
class LabelTable:
    """The table as it is kept.

    Attributes:
        keys: uint64[rows], rising; digests of the key.
        attributes: What each row says.
        patient_from_file: Whether the pseudonym is that of the file's PatientID instead of the row's.
    """

    keys: Hashes
    attributes: Attributes
    patient_from_file: bool

    def row(self, key: bytes, value: str) -> int:
        """Returns the row that a file belongs to, or -1.

        Args:
            key: Secret of the digests.
            value: The element of its header.
        """
        return row_of(self.keys, key, value)


def label_file(task: Task) -> StoredFile:
    """Returns the table of labels.

    Raises:
        DataProblem: There is none, or there are several.
    """
    path, table = _labels(task).path, _table_task(task, [])
    location = locate(path)
    files = find_files(f"{location.base.rstrip('/')}/{location.pattern}", table.data.format)
    if len(files) > 1:
        raise DataProblem(Problem("there are several tables of labels", path, "one file", f"{len(files)} files"))
    return files[0]


def inspect_labels(task: Task, file: StoredFile) -> list[Problem]:
    """Returns what is wrong with the header of the table of labels; an empty list where nothing is."""
    column = _labels(task).column
    names = _names(task, file)
    if names and column not in names:
        fix = f"set data.labels.column; {closest(column, names)}".rstrip("; ")
        return [Problem(f"the column '{column}' is missing", file.path, "the column of data.labels", fix=fix)]
    return list(inspect_file(_table_task(task, names), file).problems)


def save_labels(settings: Settings, file: StoredFile, path: str) -> Result:
    """Reads the table of labels and keeps it.

    Args:
        settings: What all jobs share.
        file: The table, whose header is right.
        path: Where it is kept.

    Returns:
        What became of its rows; those that are not kept are in quarantine.

    Raises:
        DataProblem: It cannot be read.
    """
    task, names = settings.task, _names(settings.task, file)
    table = _table_task(task, names)
    counts = Counts(Quarantine(task.data.quarantine.max_listed))
    normalise = Normaliser(table)
    parts: list[pa.RecordBatch] = []
    lines: list[npt.NDArray[np.int64]] = []

    def refuse(column: str, reason: str, where: npt.NDArray[np.int64]) -> None:
        if len(where):
            counts.quarantine.add(column, reason, len(where), ((file.name, int(line)) for line in where))

    for block in read_blocks(file.path, table):
        for entry in block.rejected:
            counts.quarantine.add(entry.column, entry.reason, 1, [(file.name, entry.line)])
        rows, refusals = normalise(block)
        for refusal in refusals:
            refuse(refusal.column, refusal.reason, block.lines[refusal.rows])
        counts.quarantine.rows += block.batch.num_rows + len(block.rejected) - len(rows)
        keyed = mask_of(_keys(rows).is_valid())
        if not keyed.all():
            refuse(_labels(task).column, Reason.NO_KEY, block.lines[rows.places[~keyed]])
            counts.quarantine.rows += int((~keyed).sum())
            rows = rows.where(keyed)
        if len(rows):
            parts.append(_kept(rows, settings.key, table))
            lines.append(block.lines[rows.places])
    if not parts:
        raise DataProblem(Problem("no row of the table of labels can be used", file.path, found=_found(counts)))
    whole, chosen, differing, same = _without_repeats(pa.Table.from_batches(parts).combine_chunks().to_batches()[0])
    refuse(_labels(task).column, Reason.KEY_TWICE, np.concatenate(lines)[differing])
    counts.quarantine.rows += len(differing)
    counts.read = counts.taken_in = counts.quarantine.rows
    if same:
        counts.left_out["rows of the table of labels that repeat another one"] += same
    counts.trimmed.update({name: count for name, count in normalise.trimmed.items() if name != _KEY})
    counts.removed.update({f"{column}: {kind}": count for (column, kind), count in normalise.removed.items()})
    from_file = str(int(table.patient_id != task.patient_id)).encode()
    _save(whole.take(pa.array(chosen)).replace_schema_metadata({_FROM_FILE: from_file}), path)
    return Result(order="", counts=counts)


def load_labels(path: str) -> LabelTable:
    """Loads what `save_labels` kept."""
    with reading(path), open_file(path) as file:
        batch = pa.ipc.open_stream(file.read()).read_next_batch()
    return LabelTable(
        batch.column(_KEY).to_numpy(), Attributes.from_batch(batch), batch.schema.metadata[_FROM_FILE] == b"1"
    )


def _labels(task: Task) -> Labels:
    if task.data.labels is None:
        raise AssertionError("only folders of DICOM files have a table of labels")
    return task.data.labels


def _table_task(task: Task, names: Sequence[str]) -> Task:
    """The task as one on the table alone: without pixels and acquisition, with the key as a feature of its own."""
    labels = _labels(task)
    parquet = matches(labels.path.rsplit("/", 1)[-1], SUFFIXES["parquet"])
    data = task.data.model_copy(update={"format": "parquet" if parquet else "csv", "path": labels.path, "labels": None})
    patient = task.patient_id if not names or task.patient_id in names else labels.column
    features = {name: feature for name, feature in task.tabular.items() if not isinstance(feature, Image)}
    if labels.column != patient:
        features[_KEY] = Categorical(kind="categorical", column=labels.column)
    return task.model_copy(update={"data": data, "patient_id": patient, "features": features})


def _names(task: Task, file: StoredFile) -> list[str]:
    """Names of the table's columns; none where they cannot be told, which `inspect_file` then says."""
    data = _table_task(task, []).data
    try:
        with reading(file.path), open_file(file.path) as stream:
            if data.format == "parquet":
                return list(open_parquet(stream, file.path).schema_arrow.names)
            for block in text_blocks(stream, data.encoding, data.delimiter, data.quote):
                if len(block.begins):
                    return split_header(block.data[: block.ends[0]].decode(), data)
    except (DataProblem, LookupError, UnicodeError):
        return []
    return []


def _keys(rows: Rows) -> pa.StringArray:
    """The keys of rows, as text; those that a tool has made floating-point numbers of are whole again."""
    return patient_converter(rows.features[_KEY]).values if _KEY in rows.features else rows.patients


def _kept(rows: Rows, key: bytes, table: Task) -> pa.RecordBatch:
    patients = hash_patients(rows.patients, key, table.splits)
    hashed = np.frombuffer(digests(key, [text.encode() for text in _keys(rows).to_pylist()]), ">u8").astype(np.uint64)
    attributes = Attributes.of(rows, _KEY, patients.hashes, patients.splits).to_batch()
    names = [*attributes.schema.names, _KEY]
    return pa.RecordBatch.from_arrays([*attributes.columns, pa.array(hashed)], names=names)


def _without_repeats(
    batch: pa.RecordBatch,
) -> tuple[pa.RecordBatch, npt.NDArray[np.int64], npt.NDArray[np.int64], int]:
    """Finds rows with the same key.

    Returns:
        The batch; the rows to keep, in the order of their keys; those whose key stands elsewhere with other values;
        and the number of those that repeat another row.
    """
    keys = batch.column(_KEY).to_numpy()
    order = np.argsort(keys, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(keys[order])) + 1)
    chosen, differing, same = [], [], 0
    for group in groups:
        if len(group) > 1:
            first, *others = batch.take(pa.array(group)).to_pylist()
            if any(other != first for other in others):
                differing += group.tolist()
                continue
            same += len(others)
        chosen.append(int(group[0]))
    return batch, np.array(chosen, np.int64), np.array(differing, np.int64), same


def _save(batch: pa.RecordBatch, path: str) -> None:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    with writing(path):
        file = create(path)
        try:
            file.write(sink.getvalue().to_pybytes())
        finally:
            file.close()


def _found(counts: Counts) -> str:
    return "; ".join(f"{number} x {reason}" for reason, number in list(counts.quarantine.reasons.items())[:3])
