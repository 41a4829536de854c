"""What a run makes for itself before it starts: bundled data as files, and a key for this machine."""

import os
from collections.abc import Iterator
from pathlib import Path

from pipeline_configs.environment import Environment
from pipeline_configs.task import Task

_COHORT = "cohort.json"
"""The file of a cohort that is written last."""

__all__ = ["cohort_folder", "data_to_write", "key_to_make", "prepare"]


def data_to_write(task: Task) -> bool:
    """Whether a run writes the task's data itself: it is bundled, and nothing is there yet."""
    folder = cohort_folder(task)
    if folder:
        return not (folder / _COHORT).is_file()
    return bool(task.data.bundled) and not Path(task.data.path).expanduser().exists()


def cohort_folder(task: Task) -> Path | None:
    """Folder of the synthetic cohort that a task reads: two above `data.path`; None where it reads something else."""
    return Path(task.data.path).expanduser().parent.parent if task.data.bundled == "cohort" else None


def key_to_make(environment: Environment) -> bool:
    """Whether a run makes a pseudonym key itself: none is given, one may be made, and none is there yet."""
    source = environment.pseudonym_key
    given = bool(os.environ.get(source.variable, "").strip())
    return not given and source.create and bool(source.file) and not Path(source.file).expanduser().exists()


def prepare(task: Task, environment: Environment) -> Iterator[str]:
    """Makes what is missing and allowed to be made.

    Args:
        task: The task; `data.bundled` is written to `data.path` where nothing is there yet.
        environment: The environment; a pseudonym key is made where `create` allows it.

    Yields:
        A sentence for each thing made.

    Raises:
        ConfigError: There is no key and none may be made.
        RunFailed: Something cannot be written.
    """
    from privacy.pseudonyms import load_key

    made = key_to_make(environment)
    load_key(environment.pseudonym_key)
    if made:
        yield f"made a pseudonym key for this machine: {environment.pseudonym_key.file}"
    if data_to_write(task):
        folder = cohort_folder(task)
        if folder:
            from examples.cohort.cohort import ensure

            ensure(folder)
            yield f"wrote a synthetic cohort of patients: {folder}"
            return
        from examples.sklearn_data import export

        yield f"wrote the data that scikit-learn ships: {export(task.data.bundled, task.data.path)}"
