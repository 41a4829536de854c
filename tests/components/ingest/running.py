"""Runs the executor of an ExampleGen alone, for tests."""

import csv
import json
from pathlib import Path
from typing import Any

import tensorflow as tf
from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
from tfx.types import standard_artifacts
from tfx.utils import proto_utils

from components.artifacts import DeidentificationReport, IngestReport
from components.ingest.component import ExampleGen
from components.ingest.driver import Driver
from pipeline_configs.environment import PseudonymKey
from pipeline_configs.task import Task

BEAM = ["--runner=DirectRunner", "--sdk_container_image=none"]
"""With an image named, TFX does not pack itself for workers elsewhere, which takes seconds."""


class Run:
    """One run of the executor alone, with the driver's part done by the driver's own method."""

    def __init__(self, root: Path, component: type[ExampleGen]) -> None:
        self.root, self.component = root, component
        self.name = component.__name__
        self.number = 0

    def __call__(self, task: Task, **options: Any) -> "Run":
        self.number += 1
        component = self.component(task=task, key=PseudonymKey(), **options)
        properties = {}
        for name, value in component.exec_properties.items():
            properties[name] = (
                value if isinstance(value, str | int) or value is None else proto_utils.proto_to_json(value)
            )
        properties = Driver.resolve_exec_properties(None, properties, None, None)  # type: ignore[arg-type]
        self.properties = properties
        self.examples = standard_artifacts.Examples()
        self.examples.uri = str(self.root / self.name / "examples" / str(self.number))
        self.report_artifact = IngestReport()
        self.report_artifact.uri = str(self.root / self.name / "ingest_report" / str(self.number))
        self.removed_artifact = DeidentificationReport()
        self.removed_artifact.uri = str(self.root / self.name / "deidentification" / str(self.number))
        for artifact in (self.examples, self.report_artifact, self.removed_artifact):
            Path(artifact.uri).mkdir(parents=True)
        context = BaseBeamExecutor.Context(beam_pipeline_args=list(BEAM), tmp_dir=str(self.root / "tmp"))
        output = {
            "examples": [self.examples],
            "ingest_report": [self.report_artifact],
            "deidentification": [self.removed_artifact],
        }
        self.component.EXECUTOR_SPEC.executor_class(context).Do({}, output, properties)
        return self

    @property
    def report(self) -> dict[str, Any]:
        report: dict[str, Any] = json.loads((Path(self.report_artifact.uri) / "report.json").read_text())
        return report

    @property
    def removed(self) -> dict[str, Any]:
        removed: dict[str, Any] = json.loads((Path(self.removed_artifact.uri) / "deidentification.json").read_text())
        return removed

    @property
    def quarantine(self) -> list[dict[str, str]]:
        return list(csv.DictReader((Path(self.report_artifact.uri) / "quarantine.csv").open()))

    def files(self) -> list[str]:
        """Files below the examples, hidden ones as well."""
        return sorted(str(f.relative_to(self.examples.uri)) for f in Path(self.examples.uri).rglob("*") if f.is_file())

    def decoded(self, split: str) -> list[tf.train.Example]:
        files = tf.io.gfile.glob(f"{self.examples.uri}/Split-{split}/*")
        compression = "GZIP" if files[0].endswith(".gz") else ""
        dataset = tf.data.TFRecordDataset(sorted(files), compression)
        return [tf.train.Example.FromString(record.numpy()) for record in dataset]
