"""Generated records: 19 columns of a made-up hospital, vectorised, seeded."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["NUMERIC", "task", "write_csv"]

NUMERIC = tuple(f"lab_{i:02d}" for i in range(15))
_SITES = ("north", "south", "east", "west")
_CHUNK = 200_000


def write_csv(path: Path, rows: int, seed: int = 7, first: int = 0) -> None:
    """Writes a CSV with a patient id, 15 laboratory values (3 % missing), sex, site and a label.

    Args:
        path: The file; written in chunks, so that memory stays flat.
        rows: Number of rows, one a patient.
        seed: Seed of the generator.
        first: Number of the first patient.
    """
    random = np.random.default_rng(seed)
    weights = random.normal(size=len(NUMERIC)) / 3
    path.parent.mkdir(parents=True, exist_ok=True)
    for start in range(0, rows, _CHUNK):
        count = min(_CHUNK, rows - start)
        values = random.normal(size=(count, len(NUMERIC)))
        sex, site = random.integers(0, 2, count), random.integers(0, len(_SITES), count)
        logit = values @ weights + 0.4 * sex - 1.0 + 0.3 * values[:, 0] * values[:, 1]
        table = pd.DataFrame({"patient_id": [f"P{first + i:08d}" for i in range(start, start + count)]})
        for i, name in enumerate(NUMERIC):
            column = np.round(100 + 15 * values[:, i], 2)
            table[name] = np.where(random.random(count) < 0.03, np.nan, column)
        table["sex"] = np.array(["female", "male"])[sex]
        table["site"] = np.array(_SITES)[site]
        table["label"] = (random.random(count) < 1 / (1 + np.exp(-logit))).astype(int)
        table.to_csv(path, index=False, mode="w" if start == 0 else "a", header=start == 0)


def task(path: Path, **training: Any) -> dict[str, Any]:
    """Returns the declaration of the task on such a file.

    Args:
        path: The CSV.
        **training: Keys of `training` that differ from the defaults.
    """
    features: dict[str, Any] = {name: {"kind": "numeric", "unit": "1", "range": [0, 200]} for name in NUMERIC}
    features["sex"] = {"kind": "categorical", "values": ["female", "male"]}
    features["site"] = {"kind": "categorical", "values": list(_SITES)}
    return {
        "name": "bench",
        "modality": "records",
        "title": "Generated records",
        "data": {"path": str(path), "format": "csv"},
        "patient_id": "patient_id",
        "features": features,
        "label": {"name": "label", "positive": {"above": 0}},
        "sensitive": {"sex": {}, "site": {}},
        "slicing": {"intersections": [["sex", "site"]]},
        "training": training,
        "evaluation": {"thresholds": {"auroc": {"at_least": 0.6}}},
    }
