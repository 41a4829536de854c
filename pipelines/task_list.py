"""What tasks there are, also those that cannot run yet, with what is missing or broken."""

import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from pipeline_configs.errors import ConfigError
from pipeline_configs.task import Task
from pipeline_configs.validation import validated
from pipeline_configs.yaml_tree import Tree, interpolate, read_yaml
from pipelines.config import task_files

__all__ = ["TaskEntry", "tasks"]

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True)
class TaskEntry:
    """A task as the list shows it.

    Attributes:
        name: Name.
        state: ready; needs, where environment variables are unset; broken.
        title: The question.
        modality: Kind of data.
        label: What is predicted.
        origin: "galen", or the folder where the task is.
        file: Its YAML.
        needs: Environment variables that are unset.
        reason: Why it is broken.
    """

    name: str
    state: Literal["ready", "needs", "broken"]
    title: str = ""
    modality: str = ""
    label: str = ""
    origin: str = ""
    file: str = ""
    needs: tuple[str, ...] = ()
    reason: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Returns the entry for JSON."""
        return asdict(self)


def tasks() -> list[TaskEntry]:
    """Returns all tasks by name; a broken one is an entry, not an error."""
    return [_entry(name, file) for name, file in task_files().items()]


def _entry(name: str, file: Path) -> TaskEntry:
    import pipeline_configs

    package = Path(pipeline_configs.__file__).resolve().parent
    origin = "galen" if file.resolve().parent == package else str(file.parent)
    place: dict[str, Any] = {"origin": origin, "file": str(file)}
    try:
        tree = read_yaml(file)
    except ConfigError as error:
        return TaskEntry(name, "broken", **place, reason=_reason(error))
    needs = tuple(dict.fromkeys(n for problem in interpolate(tree) for n in _PLACEHOLDER.findall(problem.expected)))
    try:
        task = validated(Task, tree, [])
    except ConfigError as error:
        return TaskEntry(name, "broken", *_read_as_is(tree), **place, needs=needs, reason=_reason(error))
    state: Literal["ready", "needs"] = "needs" if needs else "ready"
    return TaskEntry(name, state, task.title, task.modality, task.label.name, **place, needs=needs)


def _reason(error: ConfigError) -> str:
    first, *others = error.problems
    more = f" (and {len(others)} more)" if others else ""
    return f"{first.where}: {first.what}{more}" if first.where else f"{first.what}{more}"


def _read_as_is(tree: Tree) -> tuple[str, str, str]:
    """Title, modality and label name of a declaration that is not valid."""
    label = tree.value.get("label")
    name = label.get("name", "") if isinstance(label, dict) else ""
    return str(tree.value.get("title", "")), str(tree.value.get("modality", "")), str(name)
