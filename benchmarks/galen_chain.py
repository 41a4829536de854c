"""Galen's own pipeline on the generated records, or its first node only."""

import sys
from pathlib import Path
from typing import Any

import yaml

from pipeline_configs.environment import Environment
from pipeline_configs.task import Task

__all__ = ["main"]


def main(folder: str, upto: str, where: str = "local") -> None:
    """Runs the task in `<folder>/pipeline_configs/bench.yaml` and prints the seconds of each node.

    Args:
        folder: Where the task, its schema and GALEN_HOME are.
        upto: "ingest" or "all".
        where: Name or file of the environment.
    """
    from benchmarks.timing import report
    from pipelines.builder import build
    from pipelines.config import load_environment, load_task
    from pipelines.prepare import prepare

    task, file = load_task(f"{folder}/pipeline_configs/bench.yaml")
    environment = load_environment(where)
    list(prepare(task, environment))
    built = _ingest(task, environment) if upto == "ingest" else build(task, file, environment, {})
    from tfx.orchestration.local.local_dag_runner import LocalDagRunner

    report(lambda: LocalDagRunner().run(built))


def _ingest(task: Task, environment: Environment) -> Any:
    """A pipeline of the first node only."""
    from tfx.orchestration.metadata import sqlite_metadata_connection_config
    from tfx.orchestration.pipeline import Pipeline

    from components.records_example_gen.component import RecordsExampleGen
    from pipelines.beam.arguments import beam_args

    return Pipeline(
        pipeline_name=task.name,
        pipeline_root=environment.pipeline_root,
        components=[RecordsExampleGen(task=task, key=environment.pseudonym_key)],
        metadata_connection_config=sqlite_metadata_connection_config(environment.metadata.place),
        beam_pipeline_args=beam_args(environment.beam),
    )


def write_task(folder: Path, declaration: dict[str, Any]) -> None:
    """Writes a task and its schema where `main` finds them."""
    from pipelines.config import load_task
    from schemas.curated import schema_text
    from schemas.expected import expected_schema

    file = folder / "pipeline_configs" / "bench.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(declaration), encoding="utf-8")
    schema = folder / "schemas" / "bench.pbtxt"
    schema.parent.mkdir(exist_ok=True)
    schema.write_text(schema_text(expected_schema(load_task(str(file))[0])), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
