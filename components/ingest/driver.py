"""Driver of Galen's ExampleGens: finds span, version and fingerprint before TFX looks for a cached result."""

from typing import Any

from ml_metadata.proto import metadata_store_pb2
from tfx.components.example_gen import utils
from tfx.components.example_gen.driver import FileBasedDriver
from tfx.orchestration import data_types
from tfx.orchestration.portable.data_types import ExecutionInfo
from tfx.proto import example_gen_pb2, range_config_pb2
from tfx.proto.orchestration import driver_output_pb2
from tfx.types.standard_component_specs import EXAMPLES_KEY, INPUT_BASE_KEY, INPUT_CONFIG_KEY, RANGE_CONFIG_KEY
from tfx.utils import proto_utils

from components.ingest.source import Location, find, fingerprint
from components.ingest.spec import DECLARATION_KEY, KEY_CHECK_PROPERTY, KEY_SOURCE_KEY
from pipeline_configs.environment import PseudonymKey
from pipeline_configs.task import Task
from privacy.pseudonyms import key_check, load_key

__all__ = ["Driver"]


class Driver(FileBasedDriver):
    """TFX's driver for files, with another way to find them.

    TFX's own looks through TensorFlow's file systems, which know neither s3:// nor Azure; takes `{SPAN}` for any text;
    fails without a clear word where nothing is there; and goes by the time of change, so that a file copied again looks
    new. What it says to the rest of TFX (span, version and fingerprint as properties of the artifact, the pattern
    filled in) is the same.
    """

    def run(self, execution_info: ExecutionInfo) -> driver_output_pb2.DriverOutput:
        """Runs the driver; where it fails, its execution counts as failed and not, as TFX leaves it, as running."""
        try:
            return super().run(execution_info)
        except BaseException:
            self._mark_failed(execution_info)
            raise

    def _mark_failed(self, execution_info: ExecutionInfo) -> None:
        """Marks the execution, whose id TFX tells a driver only as the last part of its outputs' URIs."""
        number = execution_info.output_dict[EXAMPLES_KEY][0].uri.rstrip("/").rsplit("/", 1)[-1]
        if number.isdigit():
            with self._metadata_handle as metadata:
                for execution in metadata.store.get_executions_by_id([int(number)]):
                    execution.last_known_state = metadata_store_pb2.Execution.FAILED
                    metadata.store.put_executions([execution])

    def resolve_exec_properties(
        self,
        exec_properties: dict[str, Any],
        pipeline_info: data_types.PipelineInfo,
        component_info: data_types.ComponentInfo,
    ) -> dict[str, Any]:
        """Adds span, version, fingerprint and a check of the key to the execution's properties.

        A changed key makes other pseudonyms, so that it has to make a cached result stale. Whether a span was asked for
        or was the newest makes no difference to the result, so that the question goes once it is answered.

        Raises:
            DataProblem: There are no such files.
            ConfigError: There is no key, or the span does not go with the path.
        """
        del pipeline_info, component_info
        config = example_gen_pb2.Input()
        proto_utils.json_to_proto(exec_properties[INPUT_CONFIG_KEY], config)
        task = Task.model_validate_json(exec_properties[DECLARATION_KEY])
        location = Location(exec_properties[INPUT_BASE_KEY], config.splits[0].pattern)
        found = find(location, task.data.format, _wanted(exec_properties.get(RANGE_CONFIG_KEY)))
        config.splits[0].pattern = found.pattern
        key = load_key(PseudonymKey.model_validate_json(exec_properties[KEY_SOURCE_KEY]))
        exec_properties[INPUT_CONFIG_KEY] = proto_utils.proto_to_json(config)
        exec_properties[RANGE_CONFIG_KEY] = ""
        exec_properties[utils.SPAN_PROPERTY_NAME] = found.span
        exec_properties[utils.VERSION_PROPERTY_NAME] = found.version
        exec_properties[utils.FINGERPRINT_PROPERTY_NAME] = fingerprint(found)
        exec_properties[KEY_CHECK_PROPERTY] = key_check(key)
        return exec_properties


def _wanted(range_config: str | None) -> int | None:
    """Returns the one span that a range asks for; None for the newest."""
    if not range_config:
        return None
    parsed = range_config_pb2.RangeConfig()
    proto_utils.json_to_proto(range_config, parsed)
    return int(parsed.static_range.start_span_number) if parsed.HasField("static_range") else None
