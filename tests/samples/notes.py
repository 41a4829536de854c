"""A small synthetic task on notes, its notes, and what run_fn makes of them, for the tests of transforms to serving."""

from typing import Any

import numpy as np
import pandas as pd

from pipeline_configs.task import PATIENT_FEATURE, Task

TASK: dict[str, Any] = {
    "name": "sample_notes",
    "modality": "notes",
    "title": "A made-up question on made-up notes",
    "data": {"path": "nowhere.csv", "format": "csv"},
    "patient_id": "id",
    "features": {
        "note": {"kind": "text", "masked": ["pneumonia*"], "max_vocabulary": 300},
        "age": {"kind": "numeric", "unit": "a", "range": [0, 120]},
        "site": {"kind": "categorical", "model_input": False},
    },
    "label": {"name": "ill", "positive": {"above": 0}},
    "sensitive": {"site": {}},
    "probe": ["site"],
    "training": {"members": 4, "hidden_units": 8, "epochs": 30, "learning_rate": 0.03, "seed": 7},
}

SIGNS = ("cough", "fever", "rigors", "dyspnoea", "crackles")
FILLER = "The patient slept well. Family at the bedside. Diet as before. Walks with a stick. Bowels open. Skin intact."


def sample_notes_task(**training: Any) -> Task:
    """Returns the sample task, with some of its training section changed."""
    return Task.model_validate({**TASK, "training": {**TASK["training"], **training}})


def sample_notes(count: int, seed: int = 1) -> pd.DataFrame:
    """Returns notes with a signal: signs are reported or denied, and the label word gives the label away."""
    rng = np.random.default_rng(seed)
    ill = rng.random(count) < 0.4
    notes = []
    for label in ill:
        has = rng.random(len(SIGNS)) < (0.75 if label else 0.3)
        signs = [f"Reports {s}." if h else f"Denies {s}." for s, h in zip(SIGNS, has, strict=True)]
        filler = [f"{sentence}." for sentence in FILLER.split(".") if sentence and rng.random() < 0.6]
        word = "Pneumonia, " if label and rng.random() < 0.7 else ""
        named = [f"Assessment: {word}on the ward."]
        sentences = [*signs, *filler]
        rng.shuffle(sentences)
        notes.append(" ".join(["Mr. [NAME], seen on [DATE 2021].", *sentences, *named]))
    return pd.DataFrame(
        {
            "note": notes,
            "age": np.where(rng.random(count) < 0.1, np.nan, rng.uniform(20, 90, count)),
            "site": rng.choice(["north", "south"], count),
            "ill": ill.astype(int),
            PATIENT_FEATURE: [f"{number:016x}" for number in rng.integers(0, 2**60, count)],
        }
    )
