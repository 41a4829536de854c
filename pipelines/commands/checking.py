"""`galen check`: says what is in order, or everything that is wrong."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from pipeline_configs.errors import GalenError, Problem, RunFailed
from pipelines.exit_codes import ExitCode

__all__ = ["check_task"]


def check_task(name: str, environment_name: str, parameters: Sequence[str], *, as_json: bool) -> ExitCode:
    """Checks a task and shows the result.

    Args:
        name: Task.
        environment_name: Environment.
        parameters: `--param` arguments.
        as_json: Whether to write JSON.

    Returns:
        USAGE for problems of the configuration, FAILED where the storage of the data does not answer, DATA_PROBLEM for
        problems of the data alone, else OK.
    """
    lines: list[str] = []
    configuration: list[Problem] = []
    data: list[Problem] = []
    away: list[Problem] = []
    try:
        _check(name, environment_name, parameters, lines, configuration, data)
    except RunFailed as error:
        away += error.problems
    except GalenError as error:
        (data if error.exit_code == ExitCode.DATA_PROBLEM else configuration).extend(error.problems)
    code = ExitCode.USAGE if configuration else ExitCode.DATA_PROBLEM if data else ExitCode.OK
    if away and not configuration:
        code = ExitCode.FAILED
    problems = [*configuration, *data, *away]
    if as_json:
        result = {"task": name, "ok": not problems, "exit_code": code.value, "checked": lines}
        print(
            json.dumps({**result, "problems": [asdict(problem) for problem in problems]}, indent=2, ensure_ascii=False)
        )
    else:
        _show(name, lines, problems)
    return code


def _check(
    name: str,
    environment_name: str,
    parameters: Sequence[str],
    lines: list[str],
    configuration: list[Problem],
    data: list[Problem],
) -> None:
    from pipelines.config import load_environment, load_task, parse_parameters, schema_file

    given = parse_parameters(parameters)
    task, file = load_task(name, given)
    lines.append(f"task           {file}: {len(task.features)} features, label {task.label.name}")
    environment = load_environment(environment_name)
    lines.append(f"environment    {environment.name}")
    from pipelines.check import check_configuration, check_data

    configuration += check_configuration(task, file, environment)
    if not configuration:
        lines.append(f"schema         {schema_file(file)}")
    data += check_data(task, environment, given.get("span"))
    if not data:
        lines.append(f"data           {task.data.path}")


def _show(name: str, lines: Sequence[str], problems: Sequence[Problem]) -> None:
    from rich.text import Text

    from pipelines.screen.console import marks_for, output_console
    from pipelines.screen.errors import show_problems
    from pipelines.wording import count

    console = output_console()
    for line in lines:
        console.print(Text(f"{marks_for(console).done} ", "green").append(line, ""), soft_wrap=True)
    if problems:
        show_problems(f"{name}: {count(len(problems), 'problem')}", problems)
    else:
        console.print(Text(f"{name} can run", "bold green"))
