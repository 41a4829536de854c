"""A small synthetic task on records and its rows."""

from typing import Any

import numpy as np
import pandas as pd

from pipeline_configs.task import PATIENT_FEATURE, Task

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
