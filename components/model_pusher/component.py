"""ModelPusher: pushes a blessed model to where it is served from."""

from typing import Any

from tfx.dsl.components.base.base_component import BaseComponent
from tfx.dsl.components.base.executor_spec import ExecutorClassSpec
from tfx.types import standard_artifacts
from tfx.types.channel import Channel
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from components.artifacts import IngestReport, Performance
from components.model_pusher.executor import Executor
from pipeline_configs.paths import is_remote
from pipeline_configs.task import Task

__all__ = ["ModelPusher", "ModelPusherSpec", "destination"]

SECTIONS = {
    *("name", "modality", "title", "data", "patient_id", "features", "label", "sensitive", "probe", "privacy"),
    *("evaluation", "push"),
}
"""The parts of a task that the description of a model draws on."""


class ModelPusherSpec(ComponentSpec):
    """The inputs and the output of TFX's Pusher, and what the description of the model is made from."""

    PARAMETERS = {  # noqa: RUF012 - TFX reads these as they are
        "task": ExecutionParameter(type=str),
        "destination": ExecutionParameter(type=str),
        "code": ExecutionParameter(type=str, optional=True),
    }
    INPUTS = {  # noqa: RUF012
        "model": ChannelParameter(type=standard_artifacts.Model),
        "model_blessing": ChannelParameter(type=standard_artifacts.ModelBlessing),
        "evaluation": ChannelParameter(type=standard_artifacts.ModelEvaluation, optional=True),
        "performance": ChannelParameter(type=Performance, optional=True),
        "model_run": ChannelParameter(type=standard_artifacts.ModelRun, optional=True),
        "ingest_report": ChannelParameter(type=IngestReport, optional=True),
        "examples": ChannelParameter(type=standard_artifacts.Examples, optional=True),
    }
    OUTPUTS = {"pushed_model": ChannelParameter(type=standard_artifacts.PushedModel)}  # noqa: RUF012


def destination(task: Task, serving_root: str) -> str:
    """Returns the folder of a task's versions: push.path, below the serving root unless it is absolute or a URL."""
    path = task.push.path or task.name
    return path if path.startswith("/") or is_remote(path) else f"{serving_root.rstrip('/')}/{path}"


class ModelPusher(BaseComponent):
    """Pushes the model in TensorFlow Serving's layout if it is blessed.

    `<serving_root>/<task>/<version>/` gets the SavedModel, model.keras and model_metadata.json; what it is made from is
    in components.model_pusher.description.

    Args:
        task: The task.
        serving_root: Folder of all pushed models.
        model: The exported model.
        model_blessing: The Evaluator's blessing, without which nothing is pushed.
        evaluation: For the thresholds.
        performance: For metrics with intervals.
        model_run: For model.keras and training.json.
        ingest_report: For the counts of the newest span.
        examples: For the spans that the model was trained on.
        code: Digest of the code, so that a change of it is not answered from the cache.

    Outputs:
        pushed_model: PushedModel with the properties pushed (0 or 1), pushed_destination and pushed_version.

    Example:
        ModelPusher(task, "/srv/models", trainer.outputs["model"], evaluator.outputs["blessing"])
    """

    SPEC_CLASS = ModelPusherSpec
    EXECUTOR_SPEC = ExecutorClassSpec(Executor)

    def __init__(
        self,
        task: Task,
        serving_root: str,
        model: Any,
        model_blessing: Any,
        evaluation: Any = None,
        performance: Any = None,
        model_run: Any = None,
        ingest_report: Any = None,
        examples: Any = None,
        code: str = "",
    ) -> None:
        spec = ModelPusherSpec(
            task=task.model_dump_json(include=SECTIONS, exclude_defaults=True),
            destination=destination(task, serving_root),
            code=code,
            model=model,
            model_blessing=model_blessing,
            evaluation=evaluation,
            performance=performance,
            model_run=model_run,
            ingest_report=ingest_report,
            examples=examples,
            pushed_model=Channel(type=standard_artifacts.PushedModel),
        )
        super().__init__(spec=spec)
