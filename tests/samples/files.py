"""Examples, transform graph and arguments of run_fn for a sample task of any modality, as the pipeline makes them."""

import importlib
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd

from pipeline_configs.task import Task

__all__ = ["SHARES", "Sample", "examples", "make_sample", "write_split", "write_splits", "write_transform_graph"]

SHARES = {"train": 0.6, "calibration": 0.2, "eval": 0.2}


def examples(rows: pd.DataFrame) -> list[bytes]:
    """Returns each row as a serialized tf.Example; what is missing is absent."""
    import tensorflow as tf

    serialized = []
    for row in rows.to_dict("records"):
        feature = {}
        for name, value in row.items():
            if value is None or value != value:
                continue
            if isinstance(value, str | bytes):
                content = value.encode() if isinstance(value, str) else value
                feature[name] = tf.train.Feature(bytes_list=tf.train.BytesList(value=[content]))
            elif isinstance(value, float):
                feature[name] = tf.train.Feature(float_list=tf.train.FloatList(value=[value]))
            else:
                feature[name] = tf.train.Feature(int64_list=tf.train.Int64List(value=[int(value)]))
        serialized.append(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())
    return serialized


def write_split(rows: pd.DataFrame, folder: Path, split: str, gzip: bool = False) -> str:
    """Writes rows as one split of an Examples artifact and returns the pattern of its files."""
    import tensorflow as tf

    target = folder / f"Split-{split}"
    target.mkdir(parents=True)
    options = tf.io.TFRecordOptions(compression_type="GZIP" if gzip else "")
    name = "data-00000-of-00001.tfrecord" + (".gz" if gzip else "")
    with tf.io.TFRecordWriter(str(target / name), options) as writer:
        for example in examples(rows):
            writer.write(example)
    return str(target / "*")


def write_splits(rows: pd.DataFrame, folder: Path) -> dict[str, str]:
    """Writes all splits, in the order of the rows, and returns the pattern of each."""
    patterns, start = {}, 0
    for split, share in SHARES.items():
        end = start + round(share * len(rows))
        patterns[split] = write_split(rows.iloc[start:end], folder, split, gzip=split == "calibration")
        start = end
    return patterns


def write_transform_graph(task: Task, pattern: str, folder: Path) -> str:
    """Analyses Examples as the Transform node does and returns the folder of the graph."""
    import apache_beam as beam
    import tensorflow_transform as tft
    import tensorflow_transform.beam as tft_beam
    from tfx_bsl.tfxio import tf_example_record

    from schemas.expected import expected_schema

    preprocessing_fn = importlib.import_module(f"transforms.{task.modality}").preprocessing_fn
    schema = expected_schema(task)
    source = tf_example_record.TFExampleRecord(pattern, telemetry_descriptors=["tests"], schema=schema)
    config, target = {"task": task.model_dump_json()}, str(folder / "transform_graph")
    with beam.Pipeline() as pipeline, tft_beam.Context(temp_dir=str(folder / "temp")):
        batches = pipeline | source.BeamSource()
        graph = (batches, source.TensorAdapterConfig()) | tft_beam.AnalyzeDataset(
            lambda inputs: preprocessing_fn(inputs, config)
        )
        _ = graph | tft_beam.WriteTransformFn(target)
        raw = f"{target}/{tft.TFTransformOutput.RAW_METADATA_DIR}"
        _ = tft.DatasetMetadata(schema) | tft_beam.WriteMetadata(raw, pipeline)
    return target


@dataclass(frozen=True)
class Sample:
    """A sample task with its rows, split files and transform graph."""

    task: Task
    rows: pd.DataFrame
    files: dict[str, str]
    graph: str
    folder: Path

    def split(self, name: str) -> pd.DataFrame:
        """Rows of one split."""
        ends = [round(sum(list(SHARES.values())[: i + 1]) * len(self.rows)) for i in range(len(SHARES))]
        place = list(SHARES).index(name)
        return self.rows.iloc[ends[place - 1] if place else 0 : ends[place]]

    def fn_args(self, folder: Path, task: Task | None = None, **changes: Any) -> SimpleNamespace:
        """What TFX hands to run_fn and tuner_fn."""
        given = {
            "train_files": [self.files["train"]],
            "eval_files": [self.files["calibration"]],
            "transform_graph_path": self.graph,
            "serving_model_dir": str(folder / "Format-Serving"),
            "model_run_dir": str(folder / "model_run"),
            "working_dir": str(folder / "working"),
            "base_model": None,
            "hyperparameters": None,
            "custom_config": {"task": (task or self.task).model_dump_json()},
        }
        return SimpleNamespace(**{**given, **changes})


def make_sample(task: Task, rows: pd.DataFrame, folder: Path) -> Sample:
    """Writes the splits and the transform graph of a task."""
    files = write_splits(rows, folder)
    return Sample(task, rows, files, write_transform_graph(task, files["train"], folder), folder)
