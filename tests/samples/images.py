"""A small synthetic task on images, its rows, Examples, transform graph and model, for the tests of images."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline_configs.task import PATIENT_FEATURE, Task
from tests.samples.files import Sample, make_sample

SIZE = (48, 64)

TASK: dict[str, Any] = {
    "name": "spots",
    "modality": "images",
    "title": "A bright spot in noise",
    "data": {"path": "nowhere.csv", "format": "csv"},
    "patient_id": "id",
    "rows_per_patient": "many",
    "features": {
        "scan": {"kind": "image", "size": list(SIZE), "fit": "stretch"},
        "age": {"kind": "numeric", "unit": "a", "range": [0, 120]},
        "smoker": {"kind": "flag"},
        "device": {"kind": "categorical", "acquisition": "device", "model_input": False},
        "width": {"kind": "numeric", "unit": "1", "range": [8, 4096], "acquisition": "width", "model_input": False},
        "sex": {"kind": "categorical", "values": ["male", "female"], "model_input": False},
    },
    "label": {"name": "spot", "positive": {"above": 0}},
    "sensitive": {"sex": {}},
    "training": {"hidden_units": 16, "epochs": 8, "batch_size": 16, "learning_rate": 0.01, "seed": 7},
}


def image_task(drop: tuple[str, ...] = (), **training: Any) -> Task:
    """Returns the sample task without some features, and with some of its training section changed."""
    features = {name: feature for name, feature in TASK["features"].items() if name not in drop}
    return Task.model_validate({**TASK, "features": features, "training": {**TASK["training"], **training}})


def spots(labels: NDArray[np.int64], seed: int) -> NDArray[np.uint8]:
    """Returns noise of another brightness in each image, with a spot in the left half where the label is 1."""
    rng = np.random.default_rng(seed)
    height, width = SIZE
    down, across = np.mgrid[:height, :width]
    images = rng.normal(90, 12, (len(labels), height, width)) + rng.normal(0, 10, (len(labels), 1, 1))
    for image, label in zip(images, labels, strict=True):
        y, x = rng.integers(10, height - 10), rng.integers(10, width // 2 - 6)
        image += 70 * label * np.exp(-((down - y) ** 2 + (across - x) ** 2) / 18)
    return images.clip(0, 255).astype(np.uint8)[..., np.newaxis]


def image_rows_of(count: int, seed: int = 1) -> pd.DataFrame:
    """Returns rows of Examples: pixels as bytes, two images a patient; the device tells the label in part."""
    rng = np.random.default_rng(seed)
    labels = (np.arange(count) % 2).astype(np.int64)
    told = np.where(rng.random(count) < 0.3, labels, rng.integers(0, 2, count))
    return pd.DataFrame(
        {
            "scan": [image.tobytes() for image in spots(labels, seed)],
            "age": np.where(rng.random(count) < 0.1, np.nan, rng.uniform(20, 90, count)),
            "smoker": pd.array(np.where(rng.random(count) < 0.1, None, rng.integers(0, 2, count)), dtype=object),
            "device": np.where(told == 1, "Alpha", "Beta").astype(object),
            "width": rng.choice([512.0, 1024.0], count),
            "sex": rng.choice(["male", "female"], count).astype(object),
            "spot": labels,
            PATIENT_FEATURE: [f"{number // 2:016x}" for number in range(count)],
        }
    )


@cache
def image_sample(session: Path) -> Sample:
    """The sample task with its files and graph, made once in a session, whose folder for files is given."""
    return make_sample(image_task(), image_rows_of(300), _made(session / "images"))


@cache
def trained_images(session: Path) -> Path:
    """Folder with what run_fn wrote for the sample task, trained once in a session."""
    from trainers.images import run_fn

    sample = image_sample(session)
    folder = _made(session / "trained_images")
    run_fn(sample.fn_args(folder))
    return folder


@cache
def pushed_images(session: Path) -> Path:
    """Folder of the task whose only version is the trained model, pushed as the pipeline does."""
    from components.model_pusher.description import Evidence, describe_model
    from components.model_pusher.publish import Item, publish

    trained, task = trained_images(session), image_sample(session).task
    saved_model, folder = trained / "Format-Serving", session / "serving" / task.name
    items = [Item(str(f), str(f.relative_to(saved_model))) for f in saved_model.rglob("*") if f.is_file()]
    publish(items, str(folder), lambda version, files: describe_model(task, Evidence(1, "model"), version, files))
    return folder


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
