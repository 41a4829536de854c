"""Reads FHIR R4 into blocks: one row a patient, as the task's YAML maps it.

`ReadFhir` reads every resource by itself and in parallel, keeps of it what the mapping names, brings together what is
about one patient, and makes that into a row:

    files -> parts -> facts by patient -> GroupByKey -> rows -> Block

A patient may be spread over any number of files, so that nothing can be said of him before all are read. What limits
it, for each worker: one stretch of bulk export (16 MiB) or one bundle with about ten times its size while it is parsed;
what the mapping keeps of one patient; 4,096 rows. Beam's GroupByKey holds all facts, some hundred bytes for each value
that the mapping names: the direct runner in memory, the others on disk. Where the mapping names documents, the text of
each is among the facts, as only the whole record says which is the last, and the names to take out of it may stand in
any file: with the direct runner the notes of a span then have to fit in memory.

`files` says which files are read, `resources` which resources count, `values` which values and units, `time` how times
are read, `rows` what counts as known at the prediction time.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.windowed_value import WindowedValue

from components.fhir.files import PART_BYTES, Part, parts, read_part
from components.fhir.mapping import KNOWN_NAMES, Mapping, compile_mapping, mapping_problems
from components.fhir.rows import LeftOut, Quarantined, Row, patient_row
from components.ingest.block import Block, Rejected
from components.storage import StoredFile
from pipeline_configs.errors import ConfigError
from pipeline_configs.task import Task

__all__ = ["ROWS_PER_BLOCK", "ReadFhir", "schema_of"]

ROWS_PER_BLOCK = 4096
"""Largest number of rows in a block."""

_TEXT_PER_BLOCK = 4 << 20
"""Characters of documents after which a block is full."""


class ReadFhir(beam.PTransform):
    """Reads files of FHIR R4 into a PCollection of `Block`.

    Blocks with rows have `files` and `lines` of each row's Patient. Other blocks have no rows and say what a file held:
    `read` counts resources, `rejected` the resources that go to quarantine. The sums over all blocks are those of the
    source.

    Args:
        task: A task with `data.format: fhir`.
        files: Its files.

    Raises:
        ConfigError: The mapping does not fit together.
    """

    def __init__(self, task: Task, files: Sequence[StoredFile]) -> None:
        super().__init__()
        problems = mapping_problems(task)
        if problems:
            raise ConfigError(*problems)
        self._mapping = compile_mapping(task)
        self._parts = parts(files, PART_BYTES)

    def expand(self, begin: beam.pvalue.PBegin) -> beam.PCollection[Block]:
        """Builds the steps."""
        read = (
            begin
            | "Parts" >> beam.Create([tuple(part) for part in self._parts])
            | "Read" >> beam.ParDo(_ReadParts(self._mapping)).with_outputs("lines", "about", main="facts")
        )
        before = beam.pvalue.AsSingleton(read.lines | "LinesBefore" >> beam.CombineGlobally(_LinesBefore()))
        about = read.about | "About" >> beam.ParDo(_About(schema_of(self._mapping)), before)
        rows = read.facts | beam.GroupByKey() | "Rows" >> beam.ParDo(_Rows(self._mapping), before)
        return (about, rows) | beam.Flatten()


def schema_of(mapping: Mapping) -> pa.Schema:
    """Returns the columns of a block: the patient's id, the features, the label, and names where there are notes."""
    fields = [pa.field(mapping.patient_column, pa.string())]
    for slot in mapping.slots:
        counted = bool(slot.source.condition or slot.source.encounter)
        number = pa.int64() if counted else pa.float64()
        kinds = {"numeric": number, "categorical": pa.string(), "flag": pa.bool_(), "text": pa.string()}
        fields.append(pa.field(slot.column, kinds[slot.kind]))
    if mapping.documents:
        fields.append(pa.field(KNOWN_NAMES, pa.string()))
    return pa.schema(fields)


class _ReadParts(beam.DoFn):
    """Part -> (patient, facts); `lines`: (label, part, lines) of stretches; `about`: what there was besides."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping

    def process(self, element: tuple[Any, ...]) -> Iterator[Any]:
        part = Part(*element)
        found = read_part(part, self._mapping)
        for key, facts in found.facts.items():
            yield key.id, (part.number, part.label, key.server, facts)
        if part.start > 0 or part.stop >= 0:
            yield beam.pvalue.TaggedOutput("lines", (part.label, part.number, found.lines))
        about = (part.number, part.label, sum(found.seen.values()), found.rejected, found.left_out)
        yield beam.pvalue.TaggedOutput("about", about)


class _LinesBefore(beam.CombineFn):
    """(label, part, lines) -> how many lines of its file stand before each part."""

    def create_accumulator(self) -> list[tuple[str, int, int]]:
        return []

    def add_input(self, accumulator: list[tuple[str, int, int]], element: tuple[str, int, int]) -> Any:
        accumulator.append(element)
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[list[tuple[str, int, int]]]) -> Any:
        return [element for accumulator in accumulators for element in accumulator]

    def extract_output(self, accumulator: list[tuple[str, int, int]]) -> dict[int, int]:
        before = {}
        for _, stretches in groupby(sorted(accumulator), key=lambda stretch: stretch[0]):
            lines = 0
            for _, part, count in stretches:
                before[part] = lines
                lines += count
        return before


class _Blocks(beam.DoFn):
    """Collects what blocks are made of and gives them out when there is enough, and at the end of a bundle."""

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema

    def start_bundle(self) -> None:
        self._rows: list[tuple[Row, str, int]] = []
        self._rejected: list[Rejected] = []
        self._left_out: Counter[str] = Counter()
        self._read = 0
        self._text = 0

    def finish_bundle(self) -> Iterator[WindowedValue]:
        if self._rows or self._rejected or self._left_out or self._read:
            window = GlobalWindow()
            yield WindowedValue(self._block(), window.max_timestamp(), [window])

    def _block(self) -> Block:
        named = KNOWN_NAMES in self._schema.names
        rows = ((row.patient, *row.values, *([row.names] if named else [])) for row, _, _ in self._rows)
        columns = zip(*rows, strict=True)
        values = list(columns) or [()] * len(self._schema)
        arrays = [pa.array(column, field.type) for column, field in zip(values, self._schema, strict=True)]
        block = Block(
            batch=pa.record_batch(arrays, schema=self._schema),
            lines=np.array([line for _, _, line in self._rows], np.int64),
            rejected=tuple(self._rejected),
            files=tuple(label for _, label, _ in self._rows),
            read=self._read,
            left_out=tuple(sorted(self._left_out.items())),
        )
        self.start_bundle()
        return block

    def _is_full(self) -> bool:
        return len(self._rows) + len(self._rejected) >= ROWS_PER_BLOCK or self._text >= _TEXT_PER_BLOCK


class _About(_Blocks):
    """What parts held besides facts -> blocks without rows."""

    def process(self, element: tuple[Any, ...], before: dict[int, int]) -> Iterator[Block]:
        number, label, read, rejected, left_out = element
        lines = before.get(number, 0)
        self._rejected += [Rejected(line + lines if line else 0, column, why, label) for line, column, why in rejected]
        self._left_out.update(left_out)
        self._read += read
        if self._is_full():
            yield self._block()


class _Rows(_Blocks):
    """(patient, all facts about him) -> blocks of rows."""

    def __init__(self, mapping: Mapping) -> None:
        super().__init__(schema_of(mapping))
        self._mapping = mapping
        self._notes = [position for position, slot in enumerate(mapping.slots) if slot.kind == "text"]

    def process(self, element: tuple[str, Iterable[Any]], before: dict[int, int]) -> Iterator[Block]:
        patient, groups = element
        labels: dict[int, str] = {}
        facts = []
        for part, label, server, found in groups:
            labels[part] = label
            facts.append((part, server, found))
        row = patient_row(patient, facts, self._mapping)
        if isinstance(row, Row):
            self._rows.append((row, labels[row.part], row.line + before.get(row.part, 0)))
            self._text += sum(len(row.values[position]) for position in self._notes)
        elif isinstance(row, Quarantined):
            for part, line, column, reason in row.entries:
                self._rejected.append(Rejected(line + before.get(part, 0), column, reason, labels[part]))
        elif isinstance(row, LeftOut) and row.reason:
            self._left_out[row.reason] += 1
        if self._is_full():
            yield self._block()
