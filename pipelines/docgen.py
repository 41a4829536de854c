"""Writes what is generated from the declarations: JSON Schemas for editors, and the data dictionary."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline_configs.environment import Environment
from pipeline_configs.feature import Categorical, Feature, Flag, Image, Numeric, Text
from pipeline_configs.task import Task
from pipeline_configs.validation import validated
from pipeline_configs.yaml_tree import interpolate, read_yaml

__all__ = ["data_dictionary", "generated", "main"]

_ROOT = Path(__file__).resolve().parent.parent


def generated() -> dict[Path, str]:
    """Returns each generated file with its content."""
    folder = _ROOT / "pipeline_configs"
    tasks = [_declared(file) for file in sorted(folder.glob("*.yaml"))]
    return {
        folder / "json_schema" / "task.schema.json": _json_schema(Task),
        folder / "json_schema" / "environment.schema.json": _json_schema(Environment),
        _ROOT / "docs" / "data_dictionary.md": data_dictionary(tasks),
    }


def _declared(file: Path) -> Task:
    """A packaged task with its variables as they stand in the file."""
    tree = read_yaml(file)

    class AsWritten(dict[str, str]):
        def get(self, name: str, default: Any = None) -> Any:
            return f"${{{name}}}"

    interpolate(tree, AsWritten())
    return validated(Task, tree, [])


def _json_schema(kind: type[Task] | type[Environment]) -> str:
    schema = kind.model_json_schema()
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}, indent=2) + "\n"


def data_dictionary(tasks: list[Task]) -> str:
    """Returns the data dictionary of some tasks as Markdown."""
    lines = [
        "# Data dictionary",
        "",
        "Generated from `pipeline_configs/*.yaml` by `make docs`; a test holds it in sync. The type is the one in the",
        "examples that the ingest writes and in the curated schema under `schemas/`. Missing values are absent there.",
    ]
    for task in tasks:
        lines.extend(_task(task))
    return "\n".join(lines) + "\n"


def _task(task: Task) -> Iterator[str]:
    yield from ("", f"## {task.name}", "", f"{task.title}. {' '.join(task.description.split())}", "")
    yield "| feature | description | type | unit | values | missing | model input |"
    yield "|---|---|---|---|---|---|---|"
    for name, feature in task.features.items():
        missing = ", ".join(["empty", *(_code(str(value)) for value in feature.missing)])
        missing = "never" if isinstance(feature, Image | Text) else missing
        used = "yes" if feature.model_input else "no, for slices and probes"
        unit = _code(feature.unit) if isinstance(feature, Numeric) else ""
        cells = (name, feature.description, _type(feature), unit, _values(feature), missing, used)
        yield f"| {' | '.join(cells)} |"
    for band, source in task.band_features.items():
        values = ", ".join(_code(label) for label in task.sensitive[source].labels())
        yield f"| {band} | {source} in bands | bytes | | {values} | empty | no, for slices |"
    yield f"| {task.label.name} | {task.label.description} | int64 | | 0, 1 | never | no, the label |"
    yield "| patient | keyed pseudonym of the patient | bytes | | 16 hexadecimal digits | never | no, links rows |"


def _type(feature: Feature) -> str:
    return {"numeric": "float32", "flag": "int64"}.get(feature.kind, "bytes")


def _values(feature: Feature) -> str:
    if isinstance(feature, Numeric):
        return f"{feature.range[0]:g} to {feature.range[1]:g}"
    if isinstance(feature, Flag):
        return "0, 1"
    if isinstance(feature, Image):
        return f"{feature.size[0]} x {feature.size[1]} pixels, {'grey' if feature.channels == 1 else 'RGB'}, 0 to 255"
    if isinstance(feature, Text):
        return "de-identified UTF-8"
    assert isinstance(feature, Categorical)
    return ", ".join(_code(value) for value in dict.fromkeys(feature.mapping.values())) or "any"


def _code(text: str) -> str:
    return f"`{text}`".replace("|", "\\|")


def main() -> None:
    """Writes the generated files."""
    for file, text in generated().items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
