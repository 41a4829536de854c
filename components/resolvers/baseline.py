"""Resolver strategy for the model that a candidate is held against, and that a warm start begins from."""

import ml_metadata as mlmd
from tfx import types
from tfx.components.evaluator import constants
from tfx.dsl.components.common.resolver import ResolverStrategy

__all__ = ["LatestOtherBlessed"]


class LatestOtherBlessed(ResolverStrategy):
    """Resolves the latest blessed model that is not the candidate itself; none where there is no such model.

    TFX's LatestBlessedModelStrategy would hold a cached candidate against itself in a second run. That says nothing,
    evaluates and pushes the same model again, and so defeats the cache.

    Inputs: `candidate` (this run's model; may be left out), `model` (all), `model_blessing` (all). The result is in
    `model`.
    """

    def resolve_artifacts(
        self, store: mlmd.MetadataStore, input_dict: dict[str, list[types.Artifact]]
    ) -> dict[str, list[types.Artifact]] | None:
        """Returns at most one artifact in `model`, and nothing in the other keys."""
        candidates = {artifact.id for artifact in input_dict.get("candidate", [])}
        blessed = {
            blessing.get_int_custom_property(constants.ARTIFACT_PROPERTY_CURRENT_MODEL_ID_KEY)
            for blessing in input_dict["model_blessing"]
            if blessing.get_int_custom_property(constants.ARTIFACT_PROPERTY_BLESSED_KEY) == 1
        }
        known = [m for m in input_dict["model"] if m.id in blessed and m.id not in candidates]
        latest = sorted(known, key=lambda artifact: artifact.id)[-1:]
        return {key: latest if key == "model" else [] for key in input_dict}
