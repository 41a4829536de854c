"""The Evaluator of a task: TFX's, with Galen's metrics and slices, and a look at shortcuts."""

from typing import Any

from tfx.dsl.components.base.base_beam_component import BaseBeamComponent
from tfx.dsl.components.base.executor_spec import BeamExecutorSpec
from tfx.types import standard_artifacts, standard_component_specs
from tfx.types.channel import Channel
from tfx.types.component_spec import ChannelParameter
from tfx.utils import json_utils

from components.artifacts import Performance
from components.evaluation.config import eval_config
from components.evaluation.executor import PERFORMANCE, Executor
from pipeline_configs.task import Task

__all__ = ["Evaluator", "EvaluatorSpec"]


class EvaluatorSpec(standard_component_specs.EvaluatorSpec):
    """Inputs and outputs of TFX's Evaluator, and the performance report."""

    INPUTS = {  # noqa: RUF012 - TFX reads it as it is
        **standard_component_specs.EvaluatorSpec.INPUTS,
        PERFORMANCE: ChannelParameter(type=Performance, optional=True),
    }


class Evaluator(BaseBeamComponent):
    """Judges the candidate by the task's thresholds, and blesses it or not.

    It reads the eval split, on which nothing is fitted. Without a baseline (the first run) thresholds on changes are
    left out by TFX, and the others decide.

    Args:
        task: The task.
        examples: Channel of Examples with the split `eval`.
        model: Channel of the candidate, with the signature `serving_default` of one tensor of serialized tf.Examples.
        baseline_model: Channel of the last blessed model, from a Resolver.
        schema: Channel of the schema; only makes reading stricter.
        performance: Channel of the performance report: a model that is not better than its shortcut probe is then not
            blessed, unless the task has `evaluation.shortcuts: remark`.
        code: Digest of the code, so that a change of it is not answered from the cache.

    Outputs:
        evaluation: ModelEvaluation, as TFMA writes it, and `shortcut.json`.
        blessing: ModelBlessing.

    Raises:
        ConfigError: The task has no thresholds.

    Example:
        Evaluator(task, example_gen.outputs["examples"], trainer.outputs["model"], baseline.outputs["model"])
    """

    SPEC_CLASS = EvaluatorSpec
    EXECUTOR_SPEC = BeamExecutorSpec(Executor)

    def __init__(
        self,
        task: Task,
        examples: Any,
        model: Any,
        baseline_model: Any = None,
        schema: Any = None,
        performance: Any = None,
        code: str = "",
    ) -> None:
        spec = EvaluatorSpec(
            examples=examples,
            model=model,
            baseline_model=baseline_model,
            schema=schema,
            performance=performance if task.probed and task.evaluation.shortcuts == "refuse" else None,
            example_splits=json_utils.dumps(["eval"]),
            eval_config=eval_config(task, code),
            fairness_indicator_thresholds=json_utils.dumps(None),
            module_path="components.evaluation.udf",
            evaluation=Channel(type=standard_artifacts.ModelEvaluation),
            blessing=Channel(type=standard_artifacts.ModelBlessing),
        )
        super().__init__(spec=spec)
