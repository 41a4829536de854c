"""What finds identifiers in text: the protocol, and the engine that a task chooses."""

from functools import cache
from typing import Protocol

from pipeline_configs.privacy import Privacy
from privacy.findings import Finding
from privacy.text.known_names import KnownNames

__all__ = ["TextEngine", "engine_for", "engine_named"]


class TextEngine(Protocol):
    """Finds identifiers; safe to use from several threads, and picklable."""

    def find(self, text: str, known: KnownNames) -> list[Finding]:
        """Returns what was found, in order and without overlaps.

        Args:
            text: The text, of any length.
            known: Names from the record, found wherever they stand.
        """


def engine_for(privacy: Privacy) -> TextEngine:
    """Returns the engine that a task names; one for a process.

    Raises:
        ConfigError: The engine needs a package or a model that is not there.
    """
    return engine_named(privacy.engine)


@cache
def engine_named(name: str) -> TextEngine:
    """Returns an engine by its name in the configuration, "rules" or "presidio"; one for a process.

    Raises:
        ConfigError: The engine needs a package or a model that is not there.
    """
    if name == "presidio":
        from privacy.text.presidio_engine import PresidioEngine

        engine = PresidioEngine()
        engine.load()
        return engine
    from privacy.text.rule_engine import RuleEngine

    return RuleEngine()
