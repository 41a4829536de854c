"""Driver of ImageExampleGen: the images, too, say whether a cached result still holds."""

from typing import Any

from tfx.components.example_gen import utils
from tfx.orchestration import data_types
from tfx.proto import example_gen_pb2
from tfx.types.standard_component_specs import INPUT_BASE_KEY, INPUT_CONFIG_KEY
from tfx.utils import proto_utils

from components.image_example_gen.fingerprint import images_fingerprint
from components.ingest.driver import Driver
from components.ingest.source import Location, find
from components.ingest.spec import DECLARATION_KEY
from pipeline_configs.task import Task

__all__ = ["ImageDriver"]


class ImageDriver(Driver):
    """The driver of the other ExampleGens, with the images in the fingerprint besides their manifest."""

    def resolve_exec_properties(
        self,
        exec_properties: dict[str, Any],
        pipeline_info: data_types.PipelineInfo,
        component_info: data_types.ComponentInfo,
    ) -> dict[str, Any]:
        """Adds span, version, fingerprint and a check of the key to the execution's properties.

        Raises:
            DataProblem: There are no such files.
            ConfigError: There is no key, or the span does not go with the path.
        """
        properties = super().resolve_exec_properties(exec_properties, pipeline_info, component_info)
        config = example_gen_pb2.Input()
        proto_utils.json_to_proto(properties[INPUT_CONFIG_KEY], config)
        task = Task.model_validate_json(properties[DECLARATION_KEY])
        found = find(Location(properties[INPUT_BASE_KEY], config.splits[0].pattern), task.data.format)
        properties[utils.FINGERPRINT_PROPERTY_NAME] += f";{images_fingerprint(task, found)}"
        return properties
