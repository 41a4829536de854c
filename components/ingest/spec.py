"""The typed contract of Galen's ExampleGens."""

from typing import ClassVar

from tfx.proto import example_gen_pb2, range_config_pb2
from tfx.types import standard_artifacts
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter
from tfx.types.standard_component_specs import (
    EXAMPLES_KEY,
    INPUT_BASE_KEY,
    INPUT_CONFIG_KEY,
    OUTPUT_CONFIG_KEY,
    OUTPUT_DATA_FORMAT_KEY,
    OUTPUT_FILE_FORMAT_KEY,
    RANGE_CONFIG_KEY,
)

from components.artifacts import DeidentificationReport, IngestReport

__all__ = [
    "CODE_KEY",
    "COMPRESSION_KEY",
    "DECLARATION_KEY",
    "DEIDENTIFICATION_KEY",
    "KEY_CHECK_PROPERTY",
    "KEY_SOURCE_KEY",
    "REPORT_KEY",
    "ExampleGenSpec",
]

CODE_KEY = "code"
COMPRESSION_KEY = "compression"
DECLARATION_KEY = "declaration"
KEY_SOURCE_KEY = "key_source"
KEY_CHECK_PROPERTY = "pseudonym_key_check"
REPORT_KEY = "ingest_report"
DEIDENTIFICATION_KEY = "deidentification"


class ExampleGenSpec(ComponentSpec):
    """Parameters and outputs; all but the last four parameters are FileBasedExampleGen's."""

    PARAMETERS = {  # noqa: RUF012 - TFX reads these as they are
        INPUT_BASE_KEY: ExecutionParameter(type=str),
        INPUT_CONFIG_KEY: ExecutionParameter(type=example_gen_pb2.Input),
        OUTPUT_CONFIG_KEY: ExecutionParameter(type=example_gen_pb2.Output),
        OUTPUT_DATA_FORMAT_KEY: ExecutionParameter(type=int),
        OUTPUT_FILE_FORMAT_KEY: ExecutionParameter(type=int),
        RANGE_CONFIG_KEY: ExecutionParameter(type=range_config_pb2.RangeConfig, optional=True),
        DECLARATION_KEY: ExecutionParameter(type=str),
        KEY_SOURCE_KEY: ExecutionParameter(type=str),
        COMPRESSION_KEY: ExecutionParameter(type=str),
        CODE_KEY: ExecutionParameter(type=str),
    }
    INPUTS: ClassVar[dict[str, ChannelParameter]] = {}
    OUTPUTS = {  # noqa: RUF012
        EXAMPLES_KEY: ChannelParameter(type=standard_artifacts.Examples),
        REPORT_KEY: ChannelParameter(type=IngestReport),
        DEIDENTIFICATION_KEY: ChannelParameter(type=DeidentificationReport),
    }
