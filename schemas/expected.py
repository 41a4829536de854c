"""The schema that follows from a task's declaration: the first draft of a curated one, and what one is held against."""

from typing import TYPE_CHECKING

from pipeline_configs.feature import Categorical, Flag, Image, Numeric, Text
from pipeline_configs.task import PATIENT_FEATURE, Task

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0 import schema_pb2

__all__ = ["SERVING", "TRAINING", "expected_schema"]

TRAINING, SERVING = "TRAINING", "SERVING"
"""Environments of a schema: examples to learn from, and requests for a prediction."""


def expected_schema(task: Task) -> "schema_pb2.Schema":
    """Returns the schema of the examples that a task's ingest writes.

    Args:
        task: The task.

    Returns:
        A schema_pb2.Schema with one feature for each declared feature, each band, the label and the patient's
        pseudonym. Features are optional and hold at most one value; the label is always there and is not in SERVING;
        the pseudonym only links rows, so it is in lifecycle stage DEBUG_ONLY, which keeps it out of training and
        statistics.
    """
    from tensorflow_metadata.proto.v0 import schema_pb2

    schema = schema_pb2.Schema(default_environment=[TRAINING, SERVING])
    for name, declared in task.features.items():
        feature = schema.feature.add(name=name)
        feature.value_count.max = 1
        feature.presence.min_fraction = round(1.0 - declared.max_missing, 6)
        if isinstance(declared, Numeric):
            feature.type = schema_pb2.FLOAT
            feature.float_domain.min, feature.float_domain.max = declared.range
            feature.drift_comparator.jensen_shannon_divergence.threshold = 0.3
        elif isinstance(declared, Flag):
            feature.type = schema_pb2.INT
            feature.int_domain.min, feature.int_domain.max = 0, 1
        elif isinstance(declared, Image | Text):
            feature.type = schema_pb2.BYTES
        elif isinstance(declared, Categorical):
            feature.type = schema_pb2.BYTES
            feature.drift_comparator.infinity_norm.threshold = 0.2
            if declared.values:
                feature.domain = name
                schema.string_domain.add(name=name, value=dict.fromkeys(declared.mapping.values()))
        if not declared.model_input:
            feature.not_in_environment.append(SERVING)
    for band, source in task.band_features.items():
        feature = schema.feature.add(name=band, type=schema_pb2.BYTES, not_in_environment=[SERVING])
        feature.value_count.max = 1
        feature.presence.min_fraction = round(1.0 - task.features[source].max_missing, 6)
        feature.domain = band
        schema.string_domain.add(name=band, value=task.sensitive[source].labels())
    label = schema.feature.add(name=task.label.name, type=schema_pb2.INT, not_in_environment=[SERVING])
    label.presence.min_fraction, label.presence.min_count = 1.0, 1
    label.shape.dim.add(size=1)
    label.int_domain.min, label.int_domain.max = 0, 1
    label.int_domain.is_categorical = True
    patient = schema.feature.add(name=PATIENT_FEATURE, type=schema_pb2.BYTES, lifecycle_stage=schema_pb2.DEBUG_ONLY)
    patient.not_in_environment.append(SERVING)
    patient.presence.min_fraction, patient.presence.min_count = 1.0, 1
    patient.shape.dim.add(size=1)
    return schema
