"""TFMA extractors that keep a batch together: columns, predictions, and then one extract for each slice in it.

The stock chain ends in an extract for each example, which TFMA then carries through Python slice by slice and metric by
metric. Here the last extractor gives, for each slice that occurs in a batch, one extract with arrays:
`SCORES_KEY: (label uint8 [n], probability float32 [n, models], patient group uint8 [n])`.

TFMA's own PredictionsExtractor puts the serialized examples into the message of any error of the model; the one here
does not, and calls the signature by its argument's name, which saves TensorFlow from formatting them for an error that
it then drops.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import apache_beam as beam
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import tensorflow as tf
import tensorflow_model_analysis as tfma
from numpy.typing import NDArray
from tensorflow_model_analysis.extractors import slice_key_extractor
from tensorflow_model_analysis.proto import config_pb2
from tensorflow_model_analysis.slicer import slicer_lib
from tensorflow_model_analysis.utils import model_util

from pipeline_configs.errors import Problem, RunFailed
from pipeline_configs.task import PATIENT_FEATURE

__all__ = ["GROUPS", "SCORES_KEY", "batch_extractors", "column", "patient_groups", "slice_rows"]

SCORES_KEY = "patient_scores"
"""Key of the arrays in an extract."""

ASKED_BYTES = 4 << 20
"""Bytes of serialized examples that a model is asked about at once."""

GROUPS = 20
"""Groups of patients that the jackknife leaves out in turn (as many as TFMA's own)."""


def batch_extractors(eval_shared_model: Any, eval_config: config_pb2.EvalConfig) -> list[Any]:
    """Returns the extractors: columns, predictions (TFMA's own), slices.

    Args:
        eval_shared_model: The candidate, or a list of candidate and baseline.
        eval_config: Slices, label, prediction key and signature.
    """
    specs = [slicer_lib.SingleSliceSpec(spec=spec) for spec in eval_config.slicing_specs] or [
        slicer_lib.SingleSliceSpec()
    ]
    features = sorted({key for spec in eval_config.slicing_specs for key in spec.feature_keys})
    label = eval_config.model_specs[0].label_key
    shared = eval_shared_model if isinstance(eval_shared_model, list) else [eval_shared_model]
    loaders = {model.model_name: model.model_loader for model in shared}
    return [
        tfma.extractors.Extractor("ExtractColumns", beam.Map(_columns, [label, PATIENT_FEATURE, *features])),
        tfma.extractors.Extractor("ExtractPredictions", beam.ParDo(_Predict(loaders, eval_config.model_specs))),
        tfma.extractors.Extractor(
            slice_key_extractor.SLICE_KEY_EXTRACTOR_STAGE_NAME,
            beam.FlatMap(_by_slice, label, features, specs),
        ),
    ]


def _columns(extracts: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    batch = extracts[tfma.constants.ARROW_RECORD_BATCH_KEY]
    return {
        tfma.INPUT_KEY: column(batch, tfma.constants.ARROW_INPUT_COLUMN),
        tfma.FEATURES_KEY: {name: column(batch, name) for name in names},
    }


class _Predict(model_util.DoFnWithModels):  # type: ignore[misc]  # TFMA is untyped.
    """Adds what the models say: float32 [n, models], in the order of the EvalConfig's model specs."""

    def __init__(self, loaders: dict[str, Any], specs: Sequence[config_pb2.ModelSpec]) -> None:
        super().__init__(loaders)
        self._wanted = [(spec.name, spec.signature_name, spec.prediction_key) for spec in specs]

    def process(self, extracts: dict[str, Any]) -> Iterator[dict[str, Any]]:
        examples = tf.constant(extracts[tfma.INPUT_KEY])
        rows = _rows_at_once(extracts[tfma.INPUT_KEY])
        parts = [examples[start : start + rows] for start in range(0, len(examples), rows)]
        said = [np.concatenate([self._ask(*wanted, part) for part in parts]) for wanted in self._wanted]
        yield {**extracts, tfma.PREDICTIONS_KEY: np.stack(said, axis=1)}

    def _ask(self, name: str, signature: str, output: str, examples: tf.Tensor) -> NDArray[np.float32]:
        # TFMA calls the only model "" whatever the EvalConfig calls it.
        model = self._loaded_models[name if len(self._wanted) > 1 else ""]
        try:
            answer = model.signatures[signature](examples=examples)[output]
        except (tf.errors.OpError, TypeError, ValueError, KeyError) as error:
            problem = Problem(
                f"the {name or 'candidate'} model does not answer for the eval split",
                "Evaluator",
                f"signature '{signature}' that takes 'examples' and gives '{output}'",
                type(error).__name__,
            )
            # The cause's text may hold serialized examples.
            raise RunFailed(problem) from None
        return np.asarray(answer, dtype=np.float32).reshape(-1)


def _rows_at_once(examples: NDArray[Any]) -> int:
    """How many examples a model is asked about at once: what a network makes of an image takes far more than it."""
    size = max(map(len, examples), default=0)
    return max(16, ASKED_BYTES // max(1, size))


def column(batch: pa.RecordBatch, name: str) -> NDArray[Any]:
    """Returns the first value of each list in a column: shape [n], None where missing, all None without the column."""
    values = np.full(batch.num_rows, None, dtype=object)
    position = batch.schema.get_field_index(name)
    if position >= 0 and not pa.types.is_null(batch.column(position).type):
        lists = batch.column(position)
        # The last write wins, so the rows go in backwards to leave the first value of each.
        rows = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False)[::-1]
        values[rows] = lists.flatten().to_numpy(zero_copy_only=False)[::-1]
    return values


def patient_groups(patients: NDArray[Any]) -> NDArray[np.uint8]:
    """Assigns each patient to one of GROUPS by a hash of the pseudonym: shape [n], the same in every batch."""
    groups: NDArray[np.uint8] = (pd.util.hash_array(patients, categorize=False) % GROUPS).astype(np.uint8)
    return groups


def _by_slice(
    extracts: dict[str, Any], label: str, features: Sequence[str], specs: Sequence[slicer_lib.SingleSliceSpec]
) -> Iterator[dict[str, Any]]:
    given, probability = extracts[tfma.FEATURES_KEY], extracts[tfma.PREDICTIONS_KEY]
    labels = given[label].astype(np.uint8)
    groups = patient_groups(given[PATIENT_FEATURE])
    for key, rows in slice_rows({name: given[name] for name in features}, labels.size, specs).items():
        yield {
            tfma.SLICE_KEY_TYPES_KEY: slicer_lib.slice_keys_to_numpy_array([key]),
            SCORES_KEY: (labels[rows], probability[rows], groups[rows]),
        }


def slice_rows(
    features: dict[str, NDArray[Any]], n: int, specs: Sequence[slicer_lib.SingleSliceSpec]
) -> dict[tuple[Any, ...], NDArray[np.int64]]:
    """Finds the rows of each slice; what a slice is, TFMA's slicer decides, asked once for each combination of values.

    Args:
        features: Slice features by name, each of shape [n] with None where missing.
        n: Number of rows.
        specs: The slices wanted.

    Returns:
        Row numbers by slice key; a row without a value is in no slice of that feature.
    """
    combination = np.zeros(n, dtype=np.int64)
    for values in features.values():
        codes, distinct = pd.factorize(values, use_na_sentinel=True)
        combination = combination * (len(distinct) + 1) + codes + 1
    distinct_combinations, codes = np.unique(combination, return_inverse=True)
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(np.bincount(codes, minlength=distinct_combinations.size))
    parts: dict[tuple[Any, ...], list[NDArray[np.int64]]] = {}
    for start, end in zip([0, *ends[:-1]], ends, strict=False):
        rows = order[start:end]
        example = {
            name: np.array([values[rows[0]]]) for name, values in features.items() if values[rows[0]] is not None
        }
        for key in slicer_lib.get_slices_for_features_dicts([], example, list(specs)):
            parts.setdefault(key, []).append(rows)
    return {key: np.sort(np.concatenate(rows)) for key, rows in parts.items()}
