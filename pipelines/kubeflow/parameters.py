"""Parameters of a compiled pipeline: what whoever starts a run may set, by the name and type that KFP gives them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline_configs.errors import ConfigError, Problem, closest
from pipeline_configs.task import Task

__all__ = ["RUN_PARAMETERS", "Parameter", "arguments", "parameters_of"]


@dataclass(frozen=True)
class Parameter:
    """A parameter of a pipeline.

    Attributes:
        name: As KFP has it: a Python name.
        type: str, float, int or bool.
        default: Its value where nobody sets it.
        key: Dotted key of the task; "" for what concerns the run.
        help: One line.
    """

    name: str
    type: type
    default: Any
    key: str = ""
    help: str = ""

    @property
    def flag(self) -> str:
        """Option of `python -m pipelines.node` for a parameter that concerns the run."""
        return f"--{self.name.replace('_', '-')}"


RUN_PARAMETERS = (
    Parameter("span", str, "", help="span or date to read, or `scheduled`; the newest where it is empty"),
    Parameter("force", bool, False, help="run each node, also where a cached result fits"),
    Parameter("if_new", bool, False, help="without a new span, do nothing and succeed"),
    Parameter("schedule", str, "", help="cron expression that the run is for, in its time zone"),
    Parameter("scheduled_time", str, "", help="when the schedule was due, filled in by KFP"),
    Parameter("timezone", str, "UTC", help="time zone of the schedule and of the scheduled date"),
)


def parameters_of(task: Task) -> tuple[Parameter, ...]:
    """Returns the parameters of a task's pipeline: those of any run, and the keys that the task marks as adjustable."""
    found = (*RUN_PARAMETERS, *(_adjustable(task, key) for key in task.adjustable))
    names = [*_TAKEN, *(parameter.name for parameter in found)]
    twice = [p.key for p in found if p.key and names.count(p.name) > 1]
    if twice:
        what = "KFP would have two parameters of one name"
        raise ConfigError(Problem(what, f"adjustable of {task.name}", found=", ".join(twice)))
    return found


_TAKEN = ("run", "page", "metrics", "go", "status")
"""Names of inputs and outputs that each task of a pipeline has."""


def _adjustable(task: Task, key: str) -> Parameter:
    """A key of the task as a parameter.

    Raises:
        ConfigError: The task has no such key, or KFP takes no such name.
    """
    value: Any = task.model_dump(mode="json")
    for part in key.split("."):
        if not isinstance(value, Mapping) or part not in value:
            known = list(value) if isinstance(value, Mapping) else []
            fix = closest(part, known) or (f"known keys: {', '.join(known[:12])}" if known else "")
            raise ConfigError(Problem(f"there is no key '{key}'", f"adjustable of {task.name}", fix=fix))
        value = value[part]
    name = key.replace(".", "_")
    if not name.isidentifier() or not name.isascii():
        raise ConfigError(Problem(f"'{key}' can be no parameter of KFP", f"adjustable of {task.name}"))
    if isinstance(value, bool | int | float) or (isinstance(value, str) and "\n" not in value):
        return Parameter(name, type(value), value, key)
    # Not set in the task, or no single value: text, as `--param` takes it; empty for as it is.
    return Parameter(name, str, "", key)


def arguments(task: Task, given: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the arguments for KFP from `--param`.

    Args:
        task: The task.
        given: Values by dotted key, and `span`.

    Raises:
        ConfigError: A key is none of the pipeline's parameters, or a value is of another type.
    """
    known = {parameter.key or parameter.name: parameter for parameter in parameters_of(task)}
    problems: list[Problem] = []
    found: dict[str, Any] = {}
    for key, value in given.items():
        parameter = known.get(key)
        if parameter is None:
            fix = closest(key, known) or (
                "" if key in task.adjustable else f"add it to `adjustable` of the task {task.name}, and compile again"
            )
            expected = f"one of: {', '.join(known)}"
            problems.append(Problem(f"a run in a cluster has no parameter '{key}'", "--param", expected, fix=fix))
        elif parameter.key and value in (None, ""):
            expected = "a value: KFP has no word for none, and the task's own would be used"
            problems.append(Problem("a run in a cluster cannot take a value away", f"--param {key}", expected))
        elif key == "span" and value not in (None, "") and not task.data.has_spans:
            what, expected = "a span is asked for, and the path names none", "{SPAN} or {YYYY}-{MM}-{DD} in data.path"
            problems.append(Problem(what, "--param span", expected, task.data.path))
        elif parameter.type is str:
            found[parameter.name] = "" if value is None else str(value)
        elif isinstance(value, bool) is (parameter.type is bool) and isinstance(
            value, (int, float) if parameter.type is float else int
        ):
            found[parameter.name] = value if parameter.type is not float else float(value)
        else:
            expected = {bool: "true or false", int: "a whole number", float: "a number"}[parameter.type]
            problems.append(Problem("the value is of the wrong type", f"--param {key}", expected, repr(value)))
    if problems:
        raise ConfigError(*problems)
    return found
