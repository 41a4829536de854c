"""training.json: what a training run did, for the report, the model card and whoever repeats it."""

import importlib.metadata
import json
import platform
from typing import Any

import numpy as np

from trainers.input_fn import Rows

__all__ = ["FILE", "counts", "versions", "write"]

FILE = "training.json"

PACKAGES = ("keras", "numpy", "scikit-learn", "tensorflow", "tensorflow-transform")


def counts(rows: Rows) -> dict[str, int]:
    """Returns the number of rows, positives and patients of a split."""
    return {
        "rows": len(rows.labels),
        "positives": int(np.sum(rows.labels)),
        "patients": len(np.unique(rows.patients)),
    }


def versions() -> dict[str, str]:
    """Returns the versions of Python and of what the model was made with."""
    return {"python": platform.python_version(), **{name: importlib.metadata.version(name) for name in PACKAGES}}


def write(record: dict[str, Any], folder: str) -> None:
    """Writes `training.json` into a folder, local or remote."""
    import tensorflow as tf

    with tf.io.gfile.GFile(f"{folder.rstrip('/')}/{FILE}", "w") as file:
        file.write(json.dumps(record, indent=1, allow_nan=False))
