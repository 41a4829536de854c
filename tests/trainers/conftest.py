"""The sample task trained once for all tests of trainers that need a model."""

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from pipeline_configs.task import Task
from tests.sample_records import SHARES, sample_rows, sample_task, write_splits, write_transform_graph


@dataclass(frozen=True)
class Sample:
    """The sample task with its rows, split files and transform graph."""

    task: Task
    rows: pd.DataFrame
    files: dict[str, str]
    graph: str
    folder: Path

    def split(self, name: str) -> pd.DataFrame:
        """Rows of one split."""
        ends = [round(sum(list(SHARES.values())[: i + 1]) * len(self.rows)) for i in range(len(SHARES))]
        place = list(SHARES).index(name)
        return self.rows.iloc[ends[place - 1] if place else 0 : ends[place]]

    def fn_args(self, folder: Path, task: Task | None = None, **changes: Any) -> SimpleNamespace:
        """What TFX hands to run_fn and tuner_fn."""
        given = {
            "train_files": [self.files["train"]],
            "eval_files": [self.files["calibration"]],
            "transform_graph_path": self.graph,
            "serving_model_dir": str(folder / "Format-Serving"),
            "model_run_dir": str(folder / "model_run"),
            "working_dir": str(folder / "working"),
            "base_model": None,
            "hyperparameters": None,
            "custom_config": {"task": (task or self.task).model_dump_json()},
        }
        return SimpleNamespace(**{**given, **changes})


@dataclass(frozen=True)
class Trained:
    """What run_fn wrote for the sample task."""

    saved_model: str
    model_run: Path


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    folder = tmp_path_factory.mktemp("sample")
    rows, task = sample_rows(1500), sample_task()
    files = write_splits(rows, folder)
    return Sample(task, rows, files, write_transform_graph(task, files["train"], folder), folder)


@pytest.fixture(scope="session")
def trained(sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    from trainers.records import run_fn

    folder = tmp_path_factory.mktemp("trained")
    run_fn(sample.fn_args(folder))
    return Trained(str(folder / "Format-Serving"), folder / "model_run")
