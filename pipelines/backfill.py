"""Which spans of a window were never ingested: a window of three must not train on one because it is the first run."""

from typing import TYPE_CHECKING

from pipeline_configs.task import Task

if TYPE_CHECKING:
    from pipelines.metadata.store import Store

__all__ = ["missing_spans", "passed_spans"]

_VERDICT = "GalenGateVerdict"
"""Type of a verdict as components.artifacts names it, which would import TFX."""


def missing_spans(task: Task, span: int | str | None, store: "Store") -> list[int]:
    """Returns the spans to ingest before a run, the oldest first.

    Args:
        task: The task, with its window.
        span: Parameter of the run; the newest span where it is None.
        store: The metadata, which knows the spans that passed the data gate.

    Returns:
        Those of the window, but for its newest, which the run itself ingests.

    Raises:
        ConfigError: The span is neither a number nor a date.
        DataProblem: The storage cannot be listed.
    """
    from components.ingest.source import locate, span_number, spans

    newest = span_number(span)
    there = [number for number in spans(locate(task.data.path), task.data.format) if newest is None or number <= newest]
    passed = passed_spans(task, store)
    return [number for number in there[-task.data.window : -1] if number not in passed]


def passed_spans(task: Task, store: "Store") -> set[int]:
    """Returns the spans that passed the data gate in some run."""
    found = (artifact.number("span") for artifact in store.artifacts_of(task.name, _VERDICT))
    return {number for number in found if number is not None}
