"""Notes of synthetic patients as examples: fever and chest pain go with the illness, a rash only among women."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from components.ingest.tfrecord import RecordWriter
from pipeline_configs.task import Task

TASK: dict[str, Any] = {
    "name": "ward",
    "modality": "notes",
    "title": "Illness on the ward",
    "data": {"path": "notes.csv", "format": "csv"},
    "patient_id": "id",
    "features": {
        "note": {"kind": "text", "masked": ["galen* fever"]},
        "sex": {"kind": "categorical", "values": ["female", "male"], "model_input": False},
        "age": {"kind": "numeric", "unit": "a", "range": [0, 120], "model_input": False},
        "site": {"kind": "categorical", "model_input": False},
    },
    "label": {"name": "ill", "positive": {"above": 0}},
    "sensitive": {"sex": {}, "age": {"bands": [40, 65]}, "site": {}},
}

FILLER = (
    "patient seen on rounds today",
    "vital signs stable",
    "tolerating regular diet",
    "ambulating in the hallway",
    "family at bedside",
    "plan discussed with [NAME]",
    "labs reviewed",
    "pain well controlled",
)


def make_task(**changes: Any) -> Task:
    """Returns the task, with changes."""
    return Task.model_validate({**TASK, **changes})


def example(note: str, label: int, patient: str, **slices: str) -> bytes:
    """Returns a serialized tf.Example; `age` is its band."""

    def text(value: str) -> tf.train.Feature:
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value.encode()]))

    features = {"note": text(note), "patient": text(patient)}
    features |= {"age_band" if name == "age" else name: text(value) for name, value in slices.items()}
    features["ill"] = tf.train.Feature(int64_list=tf.train.Int64List(value=[label]))
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


def write(file: Path, records: Iterable[bytes]) -> str:
    """Writes a TFRecord file, gzipped where its name ends so, and returns its path."""
    file.parent.mkdir(parents=True, exist_ok=True)
    writer = RecordWriter(file.open("wb"), file.suffix == ".gz")
    writer.write(list(records))
    writer.close()
    return str(file)


def ward(patients: int, seed: int = 7, filler: int = 4) -> Iterator[bytes]:
    """Yields one to three notes a patient."""
    chance = np.random.default_rng(seed)
    for number in range(patients):
        ill = int(chance.random() < 0.35)
        sex = ("female", "male")[chance.integers(2)]
        slices = {"sex": sex, "age": ("<40", "40-65", ">=65")[chance.integers(3)], "site": "ABC"[chance.integers(3)]}
        for _ in range(chance.integers(1, 4)):
            parts = list(chance.choice(FILLER, filler))
            parts.append("reports high fever" if chance.random() < (0.5 if ill else 0.12) else "denies fever or chills")
            if chance.random() < (0.4 if ill else 0.1):
                parts.append("crushing chest pain since [DATE 2021]")
            if (ill and sex == "female" and chance.random() < 0.6) or chance.random() < 0.1:
                parts.append("itching rash")
            if ill and chance.random() < 0.6:
                parts.append("likely galenic fever")
            if chance.random() < (0.1 if ill else 0.4):
                parts.append("ready for discharge")
            chance.shuffle(parts)
            yield example(". ".join(parts) + ".", ill, f"{number:016x}", **slices)
