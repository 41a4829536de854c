import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import tensorflow_data_validation as tfdv
from tfx.types import standard_artifacts

from components.artifacts import GateVerdict, IngestReport
from components.data_gate.checks import split_problems
from components.data_gate.gate import judge
from components.example_validator.executor import Executor
from pipeline_configs.errors import DataProblem
from pipeline_configs.task import Task
from schemas.curated import schema_text
from schemas.expected import TRAINING, expected_schema
from tests.small_task import TASK

GOOD = {"rows": {"train": 60}, "positives": {"train": 30}}


def table(**columns: Any) -> pd.DataFrame:
    data = {
        "age": [30.0 + i for i in range(60)],
        "sex": ["male", "female"] * 30,
        "site": ["north"] * 60,
        "smoker": [0, 1] * 30,
        "age_band": ["<40"] * 10 + ["40-60"] * 20 + [">=60"] * 30,
        "sick": [0, 1] * 30,
    }
    return pd.DataFrame({**data, **columns})


class Node:
    """The part of a pipeline from statistics to the gate, without Beam."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.schema = self.artifact(standard_artifacts.Schema(), "schema")
        (folder / "schema" / "schema.pbtxt").write_text(schema_text(expected_schema(Task.model_validate(TASK))))

    def artifact(self, artifact: Any, name: str) -> Any:
        (self.folder / name).mkdir(parents=True, exist_ok=True)
        artifact.uri = str(self.folder / name)
        return artifact

    def statistics(self, data: pd.DataFrame, name: str) -> Any:
        statistics = self.artifact(standard_artifacts.ExampleStatistics(), name)
        statistics.split_names = '["train"]'
        stats = tfdv.generate_statistics_from_dataframe(data)
        (self.folder / name / "Split-train").mkdir()
        (self.folder / name / "Split-train" / "FeatureStats.pb").write_bytes(stats.SerializeToString())
        statistics.set_string_custom_property("tfx_version", "1.21.0")
        return statistics

    def gate(self, data: pd.DataFrame, previous: pd.DataFrame | None = None, report: Any = GOOD) -> GateVerdict:
        statistics = self.statistics(data, "statistics")
        anomalies = self.artifact(standard_artifacts.ExampleAnomalies(), "anomalies")
        before = [] if previous is None else [self.statistics(previous, "previous")]
        Executor().Do(
            {"statistics": [statistics], "schema": [self.schema], "previous_statistics": before},
            {"anomalies": [anomalies]},
            {"environment": TRAINING},
        )
        ingest = self.artifact(IngestReport(), "report")
        (self.folder / "report" / "report.json").write_text(json.dumps(report))
        examples = self.artifact(standard_artifacts.Examples(), "examples")
        examples.set_int_custom_property("span", 3)
        verdict = self.artifact(GateVerdict(), "verdict")
        judge(
            examples=examples,
            statistics=statistics,
            schema=self.schema,
            anomalies=anomalies,
            ingest_report=ingest,
            verdict=verdict,
        )
        return verdict


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path)


def test_clean_data_passes_and_the_verdict_names_what_passed(node: Node) -> None:
    verdict = node.gate(table())
    assert verdict.get_string_custom_property("examples_uri") == str(node.folder / "examples")
    assert verdict.get_string_custom_property("statistics_uri") == str(node.folder / "statistics")
    assert verdict.get_int_custom_property("span") == 3
    assert json.loads((node.folder / "verdict" / "verdict.json").read_text())["passed"] is True


def stopped(node: Node, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(DataProblem) as error:
        node.gate(*args, **kwargs)
    assert not (node.folder / "verdict" / "verdict.json").exists()
    return str(error.value)


def test_an_unknown_category_stops_the_run_without_quoting_it(node: Node) -> None:
    text = stopped(node, table(sex=["male", "secretvalue"] * 30))
    assert "split train: sex: there are values that the schema does not list" in text
    assert "expected: male, female" in text
    assert "secretvalue" not in text


def test_an_implausible_number_stops_the_run_without_quoting_it(node: Node) -> None:
    text = stopped(node, table(age=[30.0] * 59 + [777.0]))
    assert "age: values lie outside the plausible range" in text
    assert "expected: 0 to 120" in text
    assert "777" not in text


def test_a_missing_feature_and_a_missing_label_stop_the_run(node: Node) -> None:
    text = stopped(node, table().drop(columns=["sick"]))
    assert "sick: the feature is missing in every example" in text


def test_drift_from_the_previous_span_stops_the_run(node: Node) -> None:
    text = stopped(node, table(), previous=table(age=[100.0 + i / 10 for i in range(60)]))
    assert "age: the values drifted from the previous span" in text
    assert "Jensen-Shannon divergence of at most 0.3" in text
    assert "found: Jensen-Shannon divergence 1.000" in text


def test_the_same_data_is_no_drift(node: Node) -> None:
    node.gate(table(), previous=table())


def test_a_constant_label_stops_the_run(node: Node) -> None:
    text = stopped(node, table(), report={"rows": {"train": 60}, "positives": {"train": 60}})
    assert "split train: the label is constant" in text
    assert "60 examples, all positive" in text


def test_a_feature_without_any_value_stops_the_run() -> None:
    report = {"rows": {"train": 6, "eval": 4}, "positives": {"train": 3, "eval": 2}, "missing": {"bmi": 10, "age": 9}}
    assert [p.what for p in split_problems(report)] == ["bmi: the feature has no value in any row"]


def test_empty_splits_and_constant_labels_are_told_apart() -> None:
    report = {"rows": {"train": 10, "calibration": 0, "eval": 3}, "positives": {"train": 4, "eval": 0}}
    problems = split_problems(report)
    assert [(p.where, p.what) for p in problems] == [
        ("split calibration", "the split is empty"),
        ("split eval", "the label is constant"),
    ]
