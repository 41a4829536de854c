"""The Evaluator of a task: tfx.components.Evaluator with Galen's metrics and slices."""

from typing import Any

from tfx.components import Evaluator

from components.evaluation.config import eval_config
from pipeline_configs.task import Task

__all__ = ["evaluator"]


def evaluator(
    task: Task, examples: Any, model: Any, baseline_model: Any = None, schema: Any = None, code: str = ""
) -> Evaluator:
    """Returns the Evaluator.

    It reads the eval split, on which nothing is fitted. Without a baseline (the first run) thresholds on changes are
    left out by TFX, and the others decide.

    Args:
        task: The task.
        examples: Channel of Examples with the split `eval`.
        model: Channel of the candidate, with the signature `serving_default` of one tensor of serialized tf.Examples.
        baseline_model: Channel of the last blessed model, from a Resolver.
        schema: Channel of the schema; only makes reading stricter.
        code: Digest of the code, so that a change of it is not answered from the cache.

    Raises:
        ConfigError: The task has no thresholds.

    Example:
        evaluator(task, example_gen.outputs["examples"], trainer.outputs["model"], baseline.outputs["model"])
    """
    return Evaluator(
        examples=examples,
        model=model,
        baseline_model=baseline_model,
        schema=schema,
        example_splits=["eval"],
        eval_config=eval_config(task, code),
        module_path="components.evaluation.udf",
    )
