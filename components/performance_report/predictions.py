"""What the exported model and its baselines say about each row of a split, in large batches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_transform as tft
from numpy.typing import NDArray

from pipeline_configs.errors import Problem, RunFailed
from pipeline_configs.task import PATIENT_FEATURE, Task
from trainers import baselines as baseline_models
from trainers.streaming import batches
from transforms.layout import FEATURES

__all__ = ["NETWORK", "Predictions", "load_signature", "predict_split", "table_bytes"]

NETWORK = "network"
"""Name of the exported model beside the baselines' names."""

SIGNATURE = "serving_default"


@dataclass(frozen=True)
class Predictions:
    """Rows of one split, in order of files and of rows in them.

    Attributes:
        labels: int64 [n], 0 or 1.
        patients: bytes [n], pseudonyms.
        slices: By slice feature, bytes [n]; b"" where missing.
        probabilities: By model, NETWORK first, float64 [n].
        features: float32 [n, width], the view `features` of the transform graph; of width 0 where there is none.
    """

    labels: NDArray[np.int64]
    patients: NDArray[np.bytes_]
    slices: Mapping[str, NDArray[np.bytes_]]
    probabilities: Mapping[str, NDArray[np.float64]]
    features: NDArray[np.float32]


def load_signature(model_uri: str) -> Any:
    """Loads the serving signature of an exported model.

    Raises:
        RunFailed: There is no such model or signature.
    """
    try:
        loaded = tf.saved_model.load(model_uri)
        signature = loaded.signatures[SIGNATURE]
    except (OSError, KeyError, ValueError) as error:
        raise RunFailed(
            Problem("the exported model cannot be loaded", model_uri, f"signature '{SIGNATURE}'", type(error).__name__)
        ) from None
    # The signature holds its variables weakly: without the model they would be gone.
    signature.galen_model = loaded
    return signature


def predict_split(
    files: Sequence[str],
    signature: Any,
    transform_graph: tft.TFTransformOutput,
    baselines: Mapping[str, Any],
    task: Task,
) -> Predictions:
    """Predicts all rows of a split.

    Args:
        files: TFRecord files of serialized tf.Examples; gzipped where they end in .gz.
        signature: From `load_signature`.
        transform_graph: For the baselines.
        baselines: From trainers.baselines.
        task: The task.

    Raises:
        RunFailed: The model does not answer.
    """
    collected: dict[str, list[NDArray[Any]]] = {}
    for batch in batches(sorted(files), transform_graph, task):
        # Only what is small is kept: a batch of images or notes is gone before the next one is read.
        kept = {
            "labels": batch.labels,
            "patients": batch.patients,
            "features": batch.views.get(FEATURES, np.zeros((batch.labels.size, 0), np.float32)),
            f"by {NETWORK}": _ask(signature, batch.serialized),
            **{f"slice {name}": values for name, values in batch.slices.items()},
            **{f"by {name}": said for name, said in baseline_models.predict(baselines, batch.views).items()},
        }
        for name, values in kept.items():
            collected.setdefault(name, []).append(values)
    network = _joined(collected, f"by {NETWORK}", np.float64)
    labels = _joined(collected, "labels", np.int64)
    if network.size != labels.size or not np.isfinite(network).all():
        raise RunFailed(
            Problem(
                "the exported model does not give one finite probability for each row",
                "PerformanceReport",
                f"{labels.size} probabilities",
                f"{network.size}, of which {int(np.isfinite(network).sum())} are finite",
            )
        )
    features = np.concatenate(collected["features"]) if collected else np.zeros((0, 0), np.float32)
    return Predictions(
        labels,
        _joined(collected, "patients", np.bytes_),
        {name: _joined(collected, f"slice {name}", np.bytes_) for name in task.slice_features},
        {name: _joined(collected, f"by {name}", np.float64) for name in (NETWORK, *baselines)},
        features,
    )


def _joined(collected: Mapping[str, list[NDArray[Any]]], name: str, kind: Any) -> NDArray[Any]:
    """All values of one name; none where there was no batch."""
    return np.concatenate(collected[name]).astype(kind) if name in collected else np.zeros(0, kind)


def _ask(signature: Any, batch: tf.Tensor) -> NDArray[np.float64]:
    try:
        answer = signature(examples=batch)["probability"]
    except (tf.errors.OpError, TypeError, ValueError, KeyError) as error:
        # TensorFlow's message may quote the rows.
        raise RunFailed(
            Problem(
                "the exported model does not answer",
                "PerformanceReport",
                f"signature '{SIGNATURE}' that takes 'examples' and gives 'probability'",
                type(error).__name__,
            )
        ) from None
    return np.asarray(answer, dtype=np.float64).reshape(-1)


def table_bytes(found: Predictions, label: str) -> bytes:
    """Returns the predictions of a split as a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns: dict[str, pa.Array] = {
        PATIENT_FEATURE: pa.array(found.patients.astype(str)),
        label: pa.array(found.labels.astype(np.int8)),
    }
    columns |= {f"probability_{name}": pa.array(p.astype(np.float32)) for name, p in found.probabilities.items()}
    columns |= {
        name: pa.array(values.astype(str), mask=values == b"").dictionary_encode()
        for name, values in found.slices.items()
    }
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink)
    return bytes(sink.getvalue())
