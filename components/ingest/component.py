"""What the components of Galen's ExampleGens share: parameters, splits and outputs."""

import datetime
from typing import Any, Literal

from tfx.dsl.components.base.base_beam_component import BaseBeamComponent
from tfx.proto import example_gen_pb2, range_config_pb2
from tfx.types import standard_artifacts
from tfx.types.channel import Channel

from components.artifacts import DeidentificationReport, IngestReport
from components.ingest.driver import Driver
from components.ingest.source import locate, span_number
from components.ingest.spec import ExampleGenSpec
from components.ingest.splits import SPLITS
from pipeline_configs.environment import PseudonymKey
from pipeline_configs.task import Splits, Task

__all__ = ["DECLARED", "ExampleGen", "declaration"]

DECLARED = {
    *("name", "modality", "title", "data", "patient_id", "rows_per_patient", "identifiers", "ignored_columns"),
    *("features", "label", "sensitive", "splits", "privacy"),
}
"""The parts of a task that the ingest depends on; a change of any other leaves its cached result valid."""

_NOT_READ: Any = {
    "features": {
        "__all__": {"description", "max_missing", "max_vocabulary", "transform", "buckets", "masked", "ngrams"}
    },
    "label": {"description"},
}


class ExampleGen(BaseBeamComponent):
    """The base of RecordsExampleGen, ImageExampleGen and NotesExampleGen.

    Outputs:
        examples: `standard_artifacts.Examples` with the splits train, calibration and eval; custom properties `span`,
            `version` and `input_fingerprint`, as from TFX's own ExampleGens.
        ingest_report: `IngestReport`: report.json and quarantine.csv.
        deidentification: `DeidentificationReport`: deidentification.json.

    Args:
        task: The task; `data.path` may hold {SPAN}, {VERSION}, {YYYY}, {MM}, {DD}.
        key: Where the secret of the pseudonyms is. The secret itself is read where it is needed.
        span: Number or date of the span to read; the newest where it is None.
        compression: Compression of the examples at rest.
        code: Digest of the code, so that changed code makes a cached result stale.

    Raises:
        ConfigError: The span is neither a number nor a date.
    """

    SPEC_CLASS = ExampleGenSpec
    DRIVER_CLASS = Driver

    def __init__(
        self,
        task: Task,
        key: PseudonymKey,
        span: int | str | datetime.date | None = None,
        compression: Literal["", "gzip"] = "",
        code: str = "",
    ) -> None:
        base, pattern = locate(task.data.path)
        split = example_gen_pb2.Input.Split(name="all", pattern=pattern)
        gzip = example_gen_pb2.FORMAT_TFRECORDS_GZIP
        spec = ExampleGenSpec(
            input_base=base,
            input_config=example_gen_pb2.Input(splits=[split]),
            output_config=_output_config(task.splits),
            output_data_format=example_gen_pb2.FORMAT_TF_EXAMPLE,
            output_file_format=gzip if compression == "gzip" else example_gen_pb2.FILE_FORMAT_UNSPECIFIED,
            range_config=_range_config(span_number(span)),
            declaration=declaration(task),
            key_source=key.model_dump_json(),
            compression=compression,
            code=code,
            examples=Channel(type=standard_artifacts.Examples),
            ingest_report=Channel(type=IngestReport),
            deidentification=Channel(type=DeidentificationReport),
        )
        super().__init__(spec=spec)


def declaration(task: Task) -> str:
    """Returns the part of a task that the ingest depends on, as JSON."""
    return task.model_copy(update={"title": ""}).model_dump_json(include=DECLARED, exclude=_NOT_READ)


def _range_config(span: int | None) -> range_config_pb2.RangeConfig | None:
    if span is None:
        return None
    return range_config_pb2.RangeConfig(
        static_range=range_config_pb2.StaticRange(start_span_number=span, end_span_number=span)
    )


def _output_config(splits: Splits) -> example_gen_pb2.Output:
    """The splits as TFX describes them, in thousandths; the executor goes by the declaration."""
    named = [
        example_gen_pb2.SplitConfig.Split(name=name, hash_buckets=max(1, round(getattr(splits, name) * 1000)))
        for name in SPLITS
    ]
    return example_gen_pb2.Output(split_config=example_gen_pb2.SplitConfig(splits=named))
