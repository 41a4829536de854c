"""The work of ExampleValidator: tfdv.validate_statistics, split by split."""

from typing import Any

import tensorflow_data_validation as tfdv
from tfx import types
from tfx.components.example_validator import executor as tfx_executor
from tfx.components.statistics_gen import stats_artifact_utils
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import io_utils, writer_utils

__all__ = ["DRIFT_SPLIT", "Executor"]

DRIFT_SPLIT = "train"
"""Drift is looked for in the largest split only; a small one wanders by chance."""


class Executor(base_executor.BaseExecutor):
    """Writes one Anomalies message a split, in the layout of TFX's ExampleValidator."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Validates each split against the schema, and the train split against the previous span."""
        statistics = artifact_utils.get_single_instance(input_dict["statistics"])
        previous = input_dict.get("previous_statistics") or []
        anomalies = artifact_utils.get_single_instance(output_dict["anomalies"])
        splits = artifact_utils.decode_split_names(statistics.split_names)
        anomalies.split_names = artifact_utils.encode_split_names(splits)
        schema_folder = artifact_utils.get_single_uri(input_dict["schema"])
        schema = io_utils.SchemaReader().read(io_utils.get_only_uri_in_dir(schema_folder))
        clean = {}
        for split in splits:
            with_drift = bool(previous) and split == DRIFT_SPLIT
            found = tfdv.validate_statistics(
                statistics=stats_artifact_utils.load_statistics(statistics, split).proto(),
                schema=schema,
                environment=exec_properties["environment"],
                previous_statistics=stats_artifact_utils.load_statistics(previous[-1], split).proto()
                if with_drift
                else None,
            )
            folder = artifact_utils.get_split_uri([anomalies], split)
            writer_utils.write_anomalies(f"{folder}/{tfx_executor.DEFAULT_FILE_NAME}", found)
            clean[split] = int(not (found.anomaly_info or found.HasField("dataset_anomaly_info")))
        anomalies.set_json_value_custom_property(tfx_executor.ARTIFACT_PROPERTY_BLESSED_KEY, clean)
