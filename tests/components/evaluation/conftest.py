"""Runs the Evaluator's executor on small data, once for each configuration that the tests look at."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline_configs.task import Task
from tests.components.served_model import write_model
from tests.samples.files import write_split
from tests.samples.records import TASK, sample_rows

ROWS = 600


def task_with(thresholds: dict[str, Any], sensitive: dict[str, Any] | None = None, **slicing: Any) -> Task:
    sensitive = sensitive or TASK["sensitive"]
    return Task.model_validate(
        {**TASK, "evaluation": {"thresholds": thresholds}, "sensitive": sensitive, "slicing": slicing}
    )


@dataclass(frozen=True)
class Ground:
    """Examples and two models on disk."""

    folder: Path
    rows: pd.DataFrame

    def evaluate(
        self,
        task: Task,
        name: str,
        baseline: bool = False,
        model: str = "candidate",
        comparisons: list[dict[str, Any]] | None = None,
    ) -> Any:
        """Runs the Evaluator, with a performance report where comparisons are given.

        Returns (evaluation URI, blessing artifact).
        """
        from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
        from tfx.types import standard_artifacts
        from tfx.utils import json_utils, proto_utils

        from components.artifacts import Performance
        from components.evaluation.config import eval_config
        from components.evaluation.executor import Executor

        examples = standard_artifacts.Examples()
        examples.uri, examples.split_names = str(self.folder / "examples"), '["train", "eval"]'
        examples.set_string_custom_property("payload_format", "FORMAT_TF_EXAMPLE")
        candidate, other = standard_artifacts.Model(), standard_artifacts.Model()
        candidate.uri, candidate.id = str(self.folder / model), 7
        other.uri, other.id = str(self.folder / "baseline"), 5
        evaluation, blessing = standard_artifacts.ModelEvaluation(), standard_artifacts.ModelBlessing()
        evaluation.uri, blessing.uri = str(self.folder / name / "evaluation"), str(self.folder / name / "blessing")
        report = Performance()
        report.uri = str(self.folder / name / "performance")
        if comparisons is not None:
            Path(report.uri).mkdir(parents=True)
            (Path(report.uri) / "performance.json").write_text(json.dumps({"comparisons": comparisons}))
        # Naming a container image keeps TFX from packing itself for remote workers.
        arguments = ["--runner=DirectRunner", "--direct_running_mode=in_memory", "--sdk_container_image=none"]
        context = BaseBeamExecutor.Context(
            beam_pipeline_args=arguments, unique_id="1", tmp_dir=str(self.folder / name / "temp")
        )
        Executor(context).Do(
            {
                "examples": [examples],
                "model": [candidate],
                **({"baseline_model": [other]} if baseline else {}),
                **({"performance": [report]} if comparisons is not None else {}),
            },
            {"evaluation": [evaluation], "blessing": [blessing]},
            {
                "eval_config": proto_utils.proto_to_json(eval_config(task)),
                "example_splits": json_utils.dumps(["eval"]),
                "module_path": "components.evaluation.udf",
            },
        )
        return evaluation.uri, blessing


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    folder = tmp_path_factory.mktemp("evaluation")
    rows = sample_rows(ROWS)
    # Two visits of each patient; a group of three; and a split that must not be looked at.
    rows["patient"] = rows["patient"].to_numpy()[[i // 2 for i in range(ROWS)]]
    rows.loc[rows.index[:3], "site"] = "island"
    write_split(rows, folder / "examples", "eval")
    write_split(rows.assign(ill=1 - rows["ill"]), folder / "examples", "train")
    write_model(folder / "candidate")
    write_model(folder / "baseline", slope=-0.05)
    write_model(folder / "broken", output="chance")
    return Ground(folder, rows)
