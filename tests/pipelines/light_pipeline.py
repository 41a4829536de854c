"""A pipeline of small nodes in the shape of a real one, for tests of the runner.

What a node does beyond its work is read from a file, so that it does not change the node's cache key: fail, hang, talk.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.orchestration.pipeline import Pipeline
from tfx.types import standard_artifacts
from tfx.types.channel import Channel

from components.artifacts import IngestReport
from pipeline_configs.environment import Environment
from pipeline_configs.errors import DataProblem, Problem
from pipeline_configs.task import Task

SECRET = "Jane Doe 1931-02-03"


def behave(control: str, node: str) -> None:
    """Does what the control file says about a node."""
    file = Path(control)
    wanted = json.loads(file.read_text()).get(node, "") if file.exists() else ""
    if wanted == "value error":
        raise ValueError(f"could not convert string to float: '{SECRET}'")
    if wanted == "data problem":
        raise DataProblem(
            Problem("the label is constant", "split eval", "both classes", "12 examples", "give more data")
        )
    if wanted == "disk full":
        raise OSError(28, "No space left on device", "/somewhere/file")
    if wanted == "chatter":
        sys.stdout.write("chatter on stdout\n")
        sys.stderr.write("chatter on stderr\n")
        os.write(1, b"chatter on descriptor 1\n")
        os.write(2, b"chatter on descriptor 2\n")
        import warnings

        warnings.warn("chatter as warning", stacklevel=1)
    if wanted == "interrupt":
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(10)
    if wanted == "hang up":
        os.kill(os.getpid(), signal.SIGHUP)
    if wanted == "hang":
        (file.parent / f"{node}.hangs").write_text(str(os.getpid()))
        time.sleep(600)


@component
def Ingest(
    control: Parameter[str],
    rows: Parameter[int],
    examples: OutputArtifact[standard_artifacts.Examples],
    ingest_report: OutputArtifact[IngestReport],
) -> None:
    (Path(examples.uri) / "half").write_text("x")
    behave(control, "Ingest")
    examples.set_int_custom_property("span", 3)
    by_split = {"train": rows * 6 // 10, "calibration": rows * 2 // 10, "eval": rows * 2 // 10}
    (Path(examples.uri) / "rows").write_text("r" * 1000)
    report = {"files": [{"file": "patients.csv", "rows": rows, "bytes": 22_000}], "rows": by_split, "quarantined": 3}
    (Path(ingest_report.uri) / "report.json").write_text(json.dumps(report))


@component
def Learn(
    control: Parameter[str],
    examples: InputArtifact[standard_artifacts.Examples],
    model: OutputArtifact[standard_artifacts.Model],
) -> None:
    (Path(model.uri) / "half").write_text("x")
    if not (Path(examples.uri) / "rows").exists():
        raise DataProblem(Problem("there are no rows", examples.uri))
    behave(control, "Learn")
    (Path(model.uri) / "weights").write_text("w" * 5000)


@component
def Judge(
    control: Parameter[str],
    bless: Parameter[int],
    model: InputArtifact[standard_artifacts.Model],
    blessing: OutputArtifact[standard_artifacts.ModelBlessing],
) -> None:
    behave(control, "Judge")
    blessing.set_int_custom_property("blessed", bless)


@component
def Push(
    model: InputArtifact[standard_artifacts.Model],
    blessing: InputArtifact[standard_artifacts.ModelBlessing],
    pushed_model: OutputArtifact[standard_artifacts.PushedModel],
) -> None:
    if blessing.get_int_custom_property("blessed") == 1:
        pushed_model.set_int_custom_property("pushed", 1)
        pushed_model.set_string_custom_property("pushed_version", "1")
        pushed_model.set_string_custom_property("pushed_destination", pushed_model.uri)
    else:
        pushed_model.set_int_custom_property("pushed", 0)


def build(task: Task, task_file: Path, environment: Environment, parameters: Mapping[str, Any]) -> Pipeline:
    """Builds the light pipeline; the same arguments as pipelines.builder.build."""
    control = str(Path(environment.log_root).absolute() / "control.json")
    ingest = Ingest(control=control, rows=task.training.seed * 10).with_id("Ingest")
    learn = Learn(control=control, examples=ingest.outputs["examples"]).with_id("Learn")
    bless = int(task.evaluation.decision_threshold < 0.9)
    judge = Judge(control=control, bless=bless, model=learn.outputs["model"]).with_id("Judge")
    push = Push(model=learn.outputs["model"], blessing=judge.outputs["blessing"]).with_id("Push")
    return Pipeline(
        pipeline_name=task.name,
        pipeline_root=f"{environment.pipeline_root}/{task.name}",
        components=[ingest, learn, judge, push],
        enable_cache=True,
    )


def build_without_examples(task: Task, environment: Environment) -> Pipeline:
    """Builds a pipeline whose node reads what no node ever wrote."""
    nobody = Channel(type=standard_artifacts.Examples, producer_component_id="Nobody", output_key="examples")
    return Pipeline(
        pipeline_name=task.name,
        pipeline_root=f"{environment.pipeline_root}/{task.name}",
        components=[Learn(control="", examples=nobody).with_id("Learn")],
    )
