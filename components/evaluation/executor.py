"""Executor of the Evaluator: TFX's own, and after it what the performance report says about shortcuts."""

from typing import Any

from tfx.components.evaluator import constants
from tfx.components.evaluator import executor as tfx_evaluator
from tfx.types import artifact_utils, standard_component_specs
from tfx.utils import io_utils

from components.evaluation.shortcut import read_shortcut, write_shortcut

__all__ = ["PERFORMANCE", "Executor"]

PERFORMANCE = "performance"
"""Name of the input with the performance report."""


class Executor(tfx_evaluator.Executor):
    """Evaluates a model; takes the blessing away where it is not better than its shortcut probe."""

    def Do(self, input_dict: Any, output_dict: Any, exec_properties: dict[str, Any]) -> None:
        """Runs TFX's Evaluator.

        Args:
            input_dict: Its inputs, and `performance`, the report, where shortcuts refuse a model.
            output_dict: Its outputs.
            exec_properties: Its properties.
        """
        super().Do(input_dict, output_dict, exec_properties)
        if not input_dict.get(PERFORMANCE):
            return
        shortcut = read_shortcut(artifact_utils.get_single_uri(input_dict[PERFORMANCE]))
        if shortcut is None:
            return
        write_shortcut(shortcut, artifact_utils.get_single_uri(output_dict[standard_component_specs.EVALUATION_KEY]))
        if not shortcut.passed:
            self._refuse(artifact_utils.get_single_instance(output_dict[standard_component_specs.BLESSING_KEY]))

    def _refuse(self, blessing: Any) -> None:
        io_utils.delete_dir(blessing.uri)
        io_utils.write_string_file(f"{blessing.uri}/{constants.NOT_BLESSED_FILE_NAME}", "")
        blessing.set_int_custom_property(constants.ARTIFACT_PROPERTY_BLESSED_KEY, constants.NOT_BLESSED_VALUE)
