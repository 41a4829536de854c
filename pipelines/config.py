"""Finds tasks and environments by name and loads them, with parameters and `${VAR}` filled in."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from components.storage import use_options
from pipeline_configs.declaration import Declaration
from pipeline_configs.environment import Environment
from pipeline_configs.errors import ConfigError, Problem, closest
from pipeline_configs.metadata import Sqlite
from pipeline_configs.paths import is_remote
from pipeline_configs.task import Task
from pipeline_configs.validation import validated
from pipeline_configs.yaml_tree import Tree, flow_value, interpolate, plain_value, read_yaml, variables_in

__all__ = [
    "config_folders",
    "environment_files",
    "load_environment",
    "load_task",
    "load_task_name",
    "parse_parameters",
    "schema_file",
    "task_files",
    "used_variables",
]

D = TypeVar("D", bound=Declaration)

RUN_PARAMETERS = {"span": "number of the span to read, or its date as YYYY-MM-DD; the newest where left out"}
"""Parameters of a run that are no key of the task."""

_NOWHERE = "http://outside.invalid"


def config_folders() -> list[Path]:
    """Returns the folders with tasks, first wins: $GALEN_CONFIGS, ./pipeline_configs, those that come with Galen."""
    import pipeline_configs

    own = Path(pipeline_configs.__file__).parent
    named = [Path(folder) for folder in os.environ.get("GALEN_CONFIGS", "").split(os.pathsep) if folder]
    folders = [*named, Path("pipeline_configs"), own]
    unique: dict[Path, Path] = {}
    for folder in folders:
        if folder.is_dir():
            unique.setdefault(folder.resolve(), own if folder.resolve() == own.resolve() else folder)
    return list(unique.values())


def task_files() -> dict[str, Path]:
    """Returns the YAML file of each task by its name."""
    return _files("*.yaml")


def environment_files() -> dict[str, Path]:
    """Returns the YAML file of each environment by its name."""
    return _files("environments/*.yaml")


def _files(pattern: str) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for folder in config_folders():
        for file in sorted(folder.glob(pattern)):
            found.setdefault(file.stem, file)
    return dict(sorted(found.items()))


def schema_file(task_file: Path) -> Path:
    """Returns where the curated schema of a task is: `schemas/<task>.pbtxt` beside the task's folder."""
    return task_file.resolve().parent.parent / "schemas" / f"{task_file.stem}.pbtxt"


def load_task(name: str, parameters: Mapping[str, Any] | None = None) -> tuple[Task, Path]:
    """Loads a task.

    Args:
        name: Name of a task, or path of a YAML file.
        parameters: Values for keys of the task by their dotted path, as `--param` gives them.

    Returns:
        The task and its file.

    Raises:
        ConfigError: There is no such task, or something in it is wrong.
    """
    file = _find(name, task_files(), "task", "galen tasks")
    overrides = {key: value for key, value in (parameters or {}).items() if key not in RUN_PARAMETERS}
    # The bundled data belongs to the path that the task names; a mistyped path must not be filled with it.
    hidden = {"data.bundled": ""} if "data.path" in overrides else {}
    task = _load(Task, file, {**hidden, **overrides})
    refused = [key for key in overrides if task.adjustable and key not in task.adjustable]
    if refused:
        allowed = ", ".join(task.adjustable)
        raise ConfigError(
            *(Problem(f"the task does not let a run change '{key}'", "--param", allowed) for key in refused)
        )
    return task, file


def load_task_name(name: str) -> str:
    """Returns the name of a task that there is, without reading it.

    Raises:
        ConfigError: There is none.
    """
    return _find(name, task_files(), "task", "galen tasks").stem


def load_environment(name: str) -> Environment:
    """Loads an environment.

    Args:
        name: Name of an environment, or path of a YAML file.

    Raises:
        ConfigError: There is no such environment, or something in it is wrong.
    """
    environment = _load(Environment, _find(name, environment_files(), "environment", ""), {})
    use_options(environment.beam.options)
    return environment if environment.beam.runner == "direct" else _absolute(environment)


def _absolute(environment: Environment) -> Environment:
    """The environment with whole paths: workers of a cluster have another working directory."""

    def whole(path: str) -> str:
        return path if not path or is_remote(path) else str(Path(path).expanduser().absolute())

    store, key = environment.metadata, environment.pseudonym_key
    changed: dict[str, Any] = {"pseudonym_key": key.model_copy(update={"file": whole(key.file)})}
    if isinstance(store, Sqlite):
        changed["metadata"] = store.model_copy(update={"path": whole(store.path)})
    for name in ("pipeline_root", "serving_root", "log_root"):
        changed[name] = whole(getattr(environment, name))
    return environment.model_copy(update=changed)


def used_variables(task: str, environment: str) -> dict[str, str]:
    """Returns the environment variables that a pod needs to read a task's and an environment's YAML.

    They are those that are set and stand in it as `${NAME}`. One that is for your machine alone has no value for a pod
    and gets a placeholder, so that a pipeline is the same whichever machine compiles it.

    Raises:
        ConfigError: There is no such task or environment.
    """
    declared = read_yaml(_find(task, task_files(), "task", "galen tasks")).value
    where = read_yaml(_find(environment, environment_files(), "environment", "")).value
    inside = variables_in(declared) | variables_in(_seen_from_pods(where))
    found = {name: os.environ[name] for name in sorted(inside) if os.environ.get(name)}
    return found | dict.fromkeys(sorted(variables_in(where) - inside), _NOWHERE)


def _seen_from_pods(environment: Any) -> Any:
    """An environment's tree without the addresses that are those of other machines."""
    found = dict(environment) if isinstance(environment, dict) else {}
    for section, key in (("kubeflow", "host"), ("metadata", "outer_host")):
        if isinstance(found.get(section), dict):
            found[section] = {name: value for name, value in found[section].items() if name != key}
    return found


def parse_parameters(given: Sequence[str]) -> dict[str, Any]:
    """Reads `--param key=value` arguments; values are read as in YAML.

    Raises:
        ConfigError: An argument is not of the form key=value, or a key is given twice.
    """
    parameters: dict[str, Any] = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise ConfigError(
                Problem(
                    "a parameter has the form key=value", "--param", found=repr(text), fix="--param training.epochs=5"
                )
            )
        if key.strip() in parameters:
            raise ConfigError(Problem(f"the parameter '{key.strip()}' is given twice", "--param"))
        parameters[key.strip()] = flow_value(value) if value[:1] in ("[", "{") else plain_value(value)
    return parameters


def _find(name: str, files: Mapping[str, Path], kind: str, listing: str) -> Path:
    if name.endswith((".yaml", ".yml")) or "/" in name:
        path = Path(name)
        if not path.is_file():
            raise ConfigError(Problem(f"there is no {kind} file '{name}'"))
        return path
    if name in files:
        return files[name]
    known = ", ".join(files) or "none"
    fix = closest(name, files) or (f"see {listing}" if listing else "")
    raise ConfigError(Problem(f"there is no {kind} '{name}'", expected=f"one of: {known}", fix=fix))


def _load(kind: type[D], file: Path, overrides: Mapping[str, Any]) -> D:
    tree = read_yaml(file)
    problems = [problem for key, value in overrides.items() for problem in _override(tree, key, value)]
    problems += interpolate(tree)
    declared = validated(kind, tree, problems)
    name = getattr(declared, "name", file.stem)
    if name != file.stem:
        raise ConfigError(Problem("the name is not the file's", tree.where(("name",)), f"'{file.stem}'", f"'{name}'"))
    return declared


def _override(tree: Tree, key: str, value: Any) -> list[Problem]:
    """Sets one dotted key of a tree; its place in messages becomes `--param key`."""
    node, parts = tree.value, key.split(".")
    for part in parts[:-1]:
        node = node.setdefault(part, {}) if isinstance(node, dict) else None
    if not isinstance(node, dict):
        return [Problem(f"the parameter '{key}' names no key of the task", "--param")]
    node[parts[-1]] = value
    tree.parameters.add(tuple(parts))
    return []
