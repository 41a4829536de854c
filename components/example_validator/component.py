"""ExampleValidator with an environment and with drift against the previous span, both of which TFX's own leaves out."""

from typing import ClassVar

from tfx import types
from tfx.components.example_validator import component as tfx_component
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import component_spec, standard_artifacts

from components.example_validator.executor import Executor

__all__ = ["ExampleValidator", "ExampleValidatorSpec"]


class ExampleValidatorSpec(component_spec.ComponentSpec):
    """Contract of ExampleValidator."""

    PARAMETERS: ClassVar = {
        "environment": component_spec.ExecutionParameter(type=str),
        "code": component_spec.ExecutionParameter(type=str),
    }
    INPUTS: ClassVar = {
        "statistics": component_spec.ChannelParameter(type=standard_artifacts.ExampleStatistics),
        "schema": component_spec.ChannelParameter(type=standard_artifacts.Schema),
        "previous_statistics": component_spec.ChannelParameter(
            type=standard_artifacts.ExampleStatistics, optional=True
        ),
    }
    OUTPUTS: ClassVar = {"anomalies": component_spec.ChannelParameter(type=standard_artifacts.ExampleAnomalies)}


class ExampleValidator(tfx_component.ExampleValidator):
    """Validates the statistics of each split.

    Args:
        statistics: Channel of ExampleStatistics.
        schema: Channel of Schema.
        environment: Environment of the schema, TRAINING or SERVING.
        previous_statistics: Channel of ExampleStatistics with the previous span's; empty on the first span.
        code: Digest of the code, so that a change of it is not answered from the cache.

    Example:
        validator = ExampleValidator(
            statistics=statistics_gen.outputs["statistics"],
            schema=schema_gen.outputs["schema"],
            environment="TRAINING",
            previous_statistics=previous.outputs["statistics"],
        )
    """

    SPEC_CLASS = ExampleValidatorSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(
        self,
        statistics: types.BaseChannel,
        schema: types.BaseChannel,
        environment: str,
        previous_statistics: types.BaseChannel | None = None,
        code: str = "",
    ) -> None:
        spec = ExampleValidatorSpec(
            statistics=statistics,
            schema=schema,
            environment=environment,
            code=code,
            previous_statistics=previous_statistics,
            anomalies=types.Channel(type=standard_artifacts.ExampleAnomalies),
        )
        base_component.BaseComponent.__init__(self, spec=spec)
