"""What a run makes for itself before it starts: bundled data as files, and a key for this machine."""

from collections.abc import Iterator
from pathlib import Path

from pipeline_configs.environment import Environment
from pipeline_configs.task import Task

__all__ = ["prepare"]


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

    source = environment.pseudonym_key
    made = bool(source.file) and not Path(source.file).expanduser().exists()
    load_key(source)
    if made and Path(source.file).expanduser().exists():
        yield f"made a pseudonym key for this machine: {source.file}"
    if task.data.bundled and not Path(task.data.path).expanduser().exists():
        from examples.sklearn_data import export

        yield f"wrote the data that scikit-learn ships: {export(task.data.bundled, task.data.path)}"
