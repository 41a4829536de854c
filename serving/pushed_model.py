"""Loads a pushed model: the SavedModel, what it was declared as, and what is known about it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from os import PathLike
from pathlib import Path
from typing import Any

from components.model_pusher.publish import DESCRIPTION, existing_versions
from pipeline_configs.errors import ConfigError, Problem
from pipeline_configs.task import Task

__all__ = ["PushedModel", "load_pushed"]

SAVED_MODEL = "saved_model.pb"

KEPT = 8
"""Models held in memory; the one that was not asked for the longest goes first."""


@dataclass(frozen=True, eq=False)
class PushedModel:
    """One version of a model, ready to be asked. It may be shared between threads.

    Attributes:
        path: The version's folder.
        version: Its number.
        task: The task as it was declared when the model was trained.
        metadata: model_metadata.json.
        signatures: By name (serving_default, predict ...), a function from named tensors to named tensors.
    """

    path: str
    version: int
    task: Task = field(repr=False)
    metadata: Mapping[str, Any] = field(repr=False)
    signatures: Mapping[str, Callable[..., Mapping[str, Any]]] = field(repr=False)
    # The signatures hold their variables only weakly.
    _saved_model: Any = field(repr=False)


def load_pushed(path: str | PathLike[str], modality: str = "") -> PushedModel:
    """Loads a pushed model, or returns it where it has been loaded before.

    Args:
        path: Folder of a version, or a task's folder, of which the newest version is taken; local.
        modality: What the model must be for, "images" or "notes"; anything where left out.

    Returns:
        The model. Of a task's folder, a newer version is noticed with the next call.

    Raises:
        ConfigError: There is no model, it cannot be read, or it is for another modality.
    """
    if not isinstance(path, str | PathLike):
        expected = "a path, or what load_pushed gave"
        raise ConfigError(Problem("this is no model", "model", expected, type(path).__name__))
    folder = Path(path)
    if not (folder / SAVED_MODEL).is_file():
        versions = [
            number for number in existing_versions(str(folder)) if (folder / f"{number}/{SAVED_MODEL}").is_file()
        ]
        if not versions:
            raise ConfigError(
                Problem(
                    "there is no pushed model",
                    str(folder),
                    f"a folder with {SAVED_MODEL}, or one with versions such as 1714000000/{SAVED_MODEL}",
                    "no such folder" if not folder.is_dir() else "neither",
                    "run the task until its model is pushed: galen run TASK",
                )
            )
        folder = folder / str(versions[-1])
    model = _loaded(str(folder.resolve()), (folder / SAVED_MODEL).stat().st_mtime_ns)
    if modality and model.task.modality != modality:
        fix = "give the folder of another task"
        raise ConfigError(
            Problem("the model is for another kind of data", model.path, modality, model.task.modality, fix)
        )
    return model


@lru_cache(maxsize=KEPT)
def _loaded(folder: str, changed: int) -> PushedModel:
    """Loads a version; the time of its last change is there so that a folder made anew is read anew."""
    import tensorflow as tf

    metadata, task = _description(Path(folder) / DESCRIPTION)
    try:
        saved_model = tf.saved_model.load(folder)
        signatures = dict(saved_model.signatures)
    except (OSError, ValueError, AttributeError, tf.errors.OpError) as error:
        fix = "push the model again"
        raise ConfigError(
            Problem("the model cannot be read", folder, "a SavedModel with signatures", type(error).__name__, fix)
        ) from None
    return PushedModel(folder, int(metadata.get("version", 0)), task, metadata, signatures, saved_model)


def _description(file: Path) -> tuple[dict[str, Any], Task]:
    fix = "push the model again with this version of Galen"
    try:
        metadata = json.loads(file.read_text(encoding="utf-8"))
        return metadata, Task.model_validate(metadata["declaration"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        expected = "the JSON that Galen writes beside a model, with the task's declaration"
        found = "no such file" if isinstance(error, FileNotFoundError) else type(error).__name__
        raise ConfigError(Problem("the model's description cannot be read", str(file), expected, found, fix)) from None
