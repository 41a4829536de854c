"""A small synthetic task, its rows, its Examples and its transform graph, for the tests of transforms and trainers."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline_configs.task import PATIENT_FEATURE, Task

SHARES = {"train": 0.6, "calibration": 0.2, "eval": 0.2}

TASK: dict[str, Any] = {
    "name": "sample",
    "modality": "records",
    "title": "A made-up question on made-up people",
    "data": {"path": "nowhere.csv", "format": "csv"},
    "patient_id": "id",
    "features": {
        "age": {"kind": "numeric", "unit": "a", "range": [0, 120]},
        "crp": {"kind": "numeric", "unit": "mg/L", "range": [0, 1000], "transform": "log_zscore"},
        "bmi": {"kind": "numeric", "unit": "kg/m2", "range": [10, 80], "transform": "buckets", "buckets": 4},
        "constant": {"kind": "numeric", "unit": "1", "range": [0, 10]},
        "never": {"kind": "numeric", "unit": "1", "range": [0, 10]},
        "smoker": {"kind": "flag"},
        "sex": {"kind": "categorical", "values": {"1": "male", "2": "female"}},
        "only": {"kind": "categorical", "values": ["same", "different"]},
        "town": {"kind": "categorical", "max_vocabulary": 3},
        "site": {"kind": "categorical", "values": ["north", "south"], "model_input": False},
    },
    "label": {"name": "ill", "positive": {"above": 0}},
    "sensitive": {"sex": {}, "age": {"bands": [40, 60]}},
    "training": {"members": 4, "hidden_units": 8, "epochs": 30, "seed": 7},
}


def sample_task(**training: Any) -> Task:
    """Returns the sample task, with some of its training section changed."""
    return Task.model_validate({**TASK, "training": {**TASK["training"], **training}})


def sample_rows(count: int, seed: int = 1) -> pd.DataFrame:
    """Returns rows with a signal, a column for each feature of an Example; None or NaN is missing."""
    rng = np.random.default_rng(seed)
    age, crp = rng.uniform(18, 95, count), rng.lognormal(1.5, 1.0, count)
    smoker, bmi = rng.integers(0, 2, count), rng.normal(27, 4, count)
    town = rng.choice(["oak", "elm", "ash", "fir"], count, p=[0.4, 0.3, 0.2, 0.1])
    logit = 0.05 * (age - 55) + 0.9 * (np.log1p(crp) - 1.7) + 0.8 * (smoker - 0.5) + 0.7 * (town == "elm") - 0.4
    frame = pd.DataFrame(
        {
            "age": np.where(rng.random(count) < 0.05, np.nan, age),
            "crp": np.where(rng.random(count) < 0.2, np.nan, crp),
            "bmi": np.where(rng.random(count) < 0.1, np.nan, bmi),
            "constant": np.full(count, 0.1),
            "never": np.full(count, np.nan),
            "smoker": np.where(rng.random(count) < 0.1, None, smoker),
            "sex": np.where(rng.random(count) < 0.02, None, rng.choice(["male", "female"], count)),
            "only": np.full(count, "same"),
            "town": np.where(rng.random(count) < 0.1, None, town),
            "site": rng.choice(["north", "south"], count),
            "ill": (rng.random(count) < 1 / (1 + np.exp(-logit))).astype(int),
            PATIENT_FEATURE: [f"{number:016x}" for number in rng.integers(0, 2**60, count)],
        }
    ).astype({"town": object, "sex": object})
    band = pd.cut(frame["age"], [-np.inf, 40, 60, np.inf], right=False, labels=["<40", "40-60", ">=60"])
    return frame.assign(age_band=band.astype(object).where(frame["age"].notna(), None))


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


def examples(rows: pd.DataFrame) -> list[bytes]:
    """Returns each row as a serialized tf.Example; what is missing is absent."""
    import tensorflow as tf

    serialized = []
    for row in rows.to_dict("records"):
        feature = {}
        for name, value in row.items():
            if value is None or value != value:
                continue
            if isinstance(value, str):
                feature[name] = tf.train.Feature(bytes_list=tf.train.BytesList(value=[value.encode()]))
            elif isinstance(value, float):
                feature[name] = tf.train.Feature(float_list=tf.train.FloatList(value=[value]))
            else:
                feature[name] = tf.train.Feature(int64_list=tf.train.Int64List(value=[int(value)]))
        serialized.append(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())
    return serialized


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
    from transforms.records import preprocessing_fn

    schema = expected_schema(task)
    source = tf_example_record.TFExampleRecord(pattern, telemetry_descriptors=["tests"], schema=schema)
    config = {"task": task.model_dump_json()}
    target = str(folder / "transform_graph")
    with beam.Pipeline() as pipeline, tft_beam.Context(temp_dir=str(folder / "temp")):
        batches = pipeline | source.BeamSource()
        graph = (batches, source.TensorAdapterConfig()) | tft_beam.AnalyzeDataset(
            lambda inputs: preprocessing_fn(inputs, config)
        )
        _ = graph | tft_beam.WriteTransformFn(target)
        raw = f"{target}/{tft.TFTransformOutput.RAW_METADATA_DIR}"
        _ = tft.DatasetMetadata(schema) | tft_beam.WriteMetadata(raw, pipeline)
    return target
