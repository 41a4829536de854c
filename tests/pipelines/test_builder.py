from pathlib import Path
from typing import Any

import pytest

from pipelines import builder
from pipelines.config import load_environment, load_task
from pipelines.nodes import NODES, node_ids

OF_TFX_OR_TEXT = {"StatisticsGen", "CuratedSchema", "PreviousStatistics", "Window", "WarmStart", "Baseline"}
"""Nodes without code of Galen's that a cached result could hide a change of."""


def nodes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str = "diabetes_progression", **parameters: Any
) -> dict[str, Any]:
    monkeypatch.setenv("GALEN_HOME", str(tmp_path))
    task, file = load_task(name, parameters)
    built = builder.build(task, file, load_environment("local"), {})
    assert {node.id for node in built.components} == set(node_ids(task))
    return {node.id: node for node in built.components}


def test_changed_code_makes_every_node_with_code_of_ours_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = {"training.tuning.enabled": True, "training.warm_start": True}
    before = nodes(tmp_path, monkeypatch, **everything)
    monkeypatch.setattr(builder, "code_digest", lambda *folders: "changed")
    after = nodes(tmp_path, monkeypatch, **everything)
    same = {name for name in before if str(before[name].exec_properties) == str(after[name].exec_properties)}
    assert same == OF_TFX_OR_TEXT
    assert set(before) == set(NODES) - {"ImageExampleGen", "NotesExampleGen"}


def test_the_transform_of_notes_knows_of_the_encoder_and_of_nothing_else_in_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def transform(**parameters: Any) -> str:
        return str(nodes(tmp_path, monkeypatch, "cohort_notes", **parameters)["Transform"].exec_properties)

    without = transform()
    assert "/models/encoder" in transform(**{"training.notes.encoder": "/models/encoder"})
    assert transform(**{"training.epochs": 7, "training.notes.embedding": 8}) == without


def test_a_threshold_leaves_everything_before_the_verdict_in_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = nodes(tmp_path, monkeypatch)
    after = nodes(tmp_path, monkeypatch, **{"evaluation.thresholds.auroc.at_least": 0.9})
    changed = {name for name in before if str(before[name].exec_properties) != str(after[name].exec_properties)}
    assert changed == {"Evaluator", "PerformanceReport", "ModelPusher"}


def test_a_task_with_a_probe_is_judged_by_the_performance_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def judged_by(name: str, **parameters: Any) -> list[str]:
        built = nodes(tmp_path, monkeypatch, name, **parameters)
        inputs = built["Evaluator"].inputs
        report = built["PerformanceReport"].outputs["performance"]
        return [key for key, channel in inputs.items() if channel is report]

    assert judged_by("cohort_notes") == ["performance"]
    assert judged_by("cohort_images") == ["performance"]
    assert judged_by("cohort_images", **{"evaluation.shortcuts": "remark"}) == []
    assert judged_by("diabetes_progression") == []
