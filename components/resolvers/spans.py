"""Resolver strategies over spans: the window to train on, and the span before this one.

Both trust only spans that passed the data gate: a span's examples are published before the gate looks at them, so the
gate writes into its verdict which examples and statistics it let through.
"""

from collections.abc import Iterable, Mapping

import ml_metadata as mlmd
from tfx import types
from tfx.dsl.components.common.resolver import ResolverStrategy

__all__ = ["LastSpans", "PreviousSpan", "span_of", "version_of"]

Artifacts = Mapping[str, list[types.Artifact]]


class LastSpans(ResolverStrategy):
    """Resolves the examples of the last spans up to the current one, each span once, in its newest version.

    Inputs: `current` (this run's examples), `examples` (all), `verdict` (all). The window is in `examples`.

    Args:
        window: Number of spans, the current one included. Spans that were never ingested leave no gap: the window
            reaches further back.
    """

    def __init__(self, window: int) -> None:
        self._window = window

    def resolve_artifacts(
        self, store: mlmd.MetadataStore, input_dict: dict[str, list[types.Artifact]]
    ) -> dict[str, list[types.Artifact]] | None:
        """Returns the window in `examples`, oldest span first, and nothing in the other keys."""
        current = _only(input_dict, "current")
        if current is None:
            return None
        passed = _passed(input_dict["verdict"], "examples_uri")
        newest: dict[int, types.Artifact] = {}
        for artifact in sorted(input_dict["examples"], key=lambda a: (version_of(a), a.id)):
            if artifact.uri in passed and span_of(artifact) < span_of(current):
                newest[span_of(artifact)] = artifact
        newest[span_of(current)] = current
        window = [newest[span] for span in sorted(newest)[-self._window :]]
        # An artifact under two keys of one resolver would be handed on under one of them only, whichever came first.
        return {"current": [], "examples": window, "verdict": []}


class PreviousSpan(ResolverStrategy):
    """Resolves the statistics of the last span before the current one; none on the first.

    Inputs: `current` (this run's examples), `statistics` (all), `verdict` (all). The result is in `statistics`.
    """

    def resolve_artifacts(
        self, store: mlmd.MetadataStore, input_dict: dict[str, list[types.Artifact]]
    ) -> dict[str, list[types.Artifact]] | None:
        """Returns at most one artifact in `statistics`, and nothing in the other keys."""
        current = _only(input_dict, "current")
        if current is None:
            return None
        passed = {
            verdict.get_string_custom_property("statistics_uri"): verdict
            for verdict in sorted(input_dict["verdict"], key=lambda a: (span_of(a), version_of(a), a.id))
            if span_of(verdict) < span_of(current)
        }
        by_uri = {artifact.uri: artifact for artifact in input_dict["statistics"]}
        known = [by_uri[uri] for uri in passed if uri in by_uri]
        return {"current": [], "statistics": known[-1:], "verdict": []}


def span_of(artifact: types.Artifact) -> int:
    """Returns the span in an artifact's custom properties, 0 where it has none."""
    return _number(artifact, "span")


def version_of(artifact: types.Artifact) -> int:
    """Returns the version in an artifact's custom properties, 0 where it has none."""
    return _number(artifact, "version")


def _number(artifact: types.Artifact, key: str) -> int:
    if not artifact.has_custom_property(key):
        return 0
    return int(artifact.get_string_custom_property(key) or artifact.get_int_custom_property(key))


def _only(inputs: Artifacts, key: str) -> types.Artifact | None:
    return inputs[key][-1] if inputs.get(key) else None


def _passed(verdicts: Iterable[types.Artifact], key: str) -> set[str]:
    return {verdict.get_string_custom_property(key) for verdict in verdicts}
