"""What TFX's Evaluator looks up by name in its `module_path`; TFX reloads this module, so it holds functions only."""

from typing import Any

from components.evaluation import extractors

__all__ = ["custom_extractors"]


def custom_extractors(eval_shared_model: Any, eval_config: Any, tensor_adapter_config: Any) -> list[Any]:
    """Returns the extractors that take a batch from Arrow columns to one extract for each slice."""
    del tensor_adapter_config
    return extractors.batch_extractors(eval_shared_model, eval_config)
