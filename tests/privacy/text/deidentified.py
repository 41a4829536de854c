"""Texts as the rules leave them, in both modes."""

from privacy.text.deidentification import deidentify
from privacy.text.rule_engine import RuleEngine

__all__ = ["limited", "safe"]

_ENGINE = RuleEngine()


def safe(text: str, **more: object) -> str:
    """Returns a text in `safe_harbor`."""
    return deidentify(text, engine=_ENGINE, **more).text  # type: ignore[arg-type]


def limited(text: str, days: int = 45) -> str:
    """Returns a text in `limited_data_set`, its dates moved."""
    return deidentify(text, engine=_ENGINE, mode="limited_data_set", shift_days=days).text
