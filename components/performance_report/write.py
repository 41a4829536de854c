"""Reads the artifacts, measures, and writes the report."""

import json
import logging
from collections.abc import Sequence
from typing import Any

import tensorflow as tf
import tensorflow_transform as tft
from tfx.dsl.io import fileio
from tfx.types import artifact_utils
from tfx.types.artifact import Artifact
from tfx.utils import path_utils

from components.performance_report.figure import draw
from components.performance_report.predictions import load_signature, predict_split, table_bytes
from components.performance_report.report import build_report
from pipeline_configs.errors import Problem, RunFailed
from pipeline_configs.task import Task
from trainers import baselines as baseline_models
from transforms.layout import Layout

__all__ = ["write_report"]

SPLITS = ("train", "calibration", "eval")

_log = logging.getLogger(__name__)


def write_report(
    task_json: str,
    examples: Sequence[Artifact],
    transform_graph: Artifact,
    model: Artifact,
    model_run: Artifact,
    performance: Artifact,
) -> dict[str, Any]:
    """Writes performance.json, performance.png and predictions-<split>.parquet.

    Args:
        task_json: The task.
        examples: Examples of all spans.
        transform_graph: The transform graph.
        model: The exported model.
        model_run: Holds the baselines.
        performance: The artifact to fill.

    Returns:
        The content of performance.json.

    Raises:
        RunFailed: The model or the baselines cannot be loaded, the model does not answer, or eval is empty.
    """
    task = Task.model_validate_json(task_json)
    signature = load_signature(path_utils.serving_model_path(model.uri, path_utils.is_old_model_artifact(model)))
    baselines = _baselines(model_run.uri)
    graph = tft.TFTransformOutput(transform_graph.uri)
    found = {
        split: predict_split(_files(examples, split), signature, graph, baselines, task)
        for split in SPLITS
        if all(split in artifact_utils.decode_split_names(artifact.split_names) for artifact in examples)
    }
    if "eval" not in found or not found["eval"].labels.size:
        raise RunFailed(
            Problem("there are no rows to evaluate on", "PerformanceReport", "rows in the split 'eval'", "none")
        )
    report = build_report(found, task, Layout(task.inputs).dense)
    for split, rows in found.items():
        _write(f"{performance.uri}/predictions-{split}.parquet", table_bytes(rows, task.label.name))
    _write(f"{performance.uri}/performance.png", draw(report, found["eval"]))
    _write(f"{performance.uri}/performance.json", json.dumps(report, indent=1, allow_nan=False).encode())
    performance.set_int_custom_property("better_than_baselines", int(report["better_than_baselines"]))
    for remark in report["remarks"]:
        _log.warning("%s", remark)
    return report


def _baselines(uri: str) -> dict[str, Any]:
    try:
        return baseline_models.load(uri)
    except (OSError, tf.errors.OpError) as error:
        raise RunFailed(
            Problem(
                "the baselines cannot be read", uri, baseline_models.FILE, type(error).__name__, "run the Trainer again"
            )
        ) from None


def _files(examples: Sequence[Artifact], split: str) -> list[str]:
    uris = artifact_utils.get_split_uris(list(examples), split)
    return sorted(file for uri in uris for file in tf.io.gfile.glob(f"{uri}/*"))


def _write(path: str, content: bytes) -> None:
    fileio.makedirs(path.rsplit("/", 1)[0])
    with fileio.open(path, "wb") as file:
        file.write(content)
