"""PerformanceReport: measures the exported model and its baselines on every split and slice."""

import typing

from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.types import standard_artifacts

from components.artifacts import Performance
from components.performance_report.write import write_report

__all__ = ["PerformanceReport"]


@component
def PerformanceReport(
    task: Parameter[str],
    code: Parameter[str],
    examples: InputArtifact[typing.List[standard_artifacts.Examples]],  # noqa: UP006 - as TFX reads it
    transform_graph: InputArtifact[standard_artifacts.TransformGraph],
    model: InputArtifact[standard_artifacts.Model],
    model_run: InputArtifact[standard_artifacts.ModelRun],
    performance: OutputArtifact[Performance],
) -> None:
    """Measures, compares and draws.

    Writes `performance.json` (components.performance_report.report says what is in it), `performance.png` and
    `predictions-<split>.parquet`: pseudonym, label, probability by each model, slice features.

    Args:
        task: JSON of the task: features, label, sensitive, slicing, evaluation.
        code: Digest of the code, so that a change of it is not answered from the cache.
        examples: Examples of all spans, with the splits train, calibration and eval.
        transform_graph: Gives the baselines the features that they were fitted on.
        model: The exported model; asked through its signature `serving_default`.
        model_run: Holds the baselines.
        performance: What was found.

    Raises:
        RunFailed: The model or the baselines cannot be loaded, or the model does not answer.
    """
    del code
    write_report(task, examples, transform_graph, model, model_run, performance)
