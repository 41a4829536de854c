"""What several commands of `galen` have in common."""

import json
from typing import Annotated, Any

import typer

__all__ = ["JsonOption", "TaskArgument", "write_json"]

TaskArgument = Annotated[str, typer.Argument(metavar="TASK", help="Name of a task (see galen tasks), or a YAML file.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON, for scripts.")]


def write_json(value: Any) -> None:
    """Writes a value on standard output."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))
