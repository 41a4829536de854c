"""Presidio besides the rules: its recognizers, and the names that its language model finds."""

import threading
from typing import TYPE_CHECKING, Any

from pipeline_configs.errors import ConfigError, Problem
from privacy.findings import Category, Finding, merged
from privacy.text.known_names import KnownNames
from privacy.text.lexicon import folded, lexicon
from privacy.text.rule_engine import RuleEngine
from privacy.text.surface import PLACEHOLDER

if TYPE_CHECKING:
    from presidio_analyzer import AnalyzerEngine

__all__ = ["ENTITIES", "MODEL", "PresidioEngine"]

MODEL = "en_core_web_lg"
"""The spaCy model that Presidio takes for English unless another is named."""

ENTITIES: dict[str, Category] = {
    "PERSON": Category.NAME,
    "LOCATION": Category.LOCATION,
    "PHONE_NUMBER": Category.PHONE,
    "EMAIL_ADDRESS": Category.EMAIL,
    "URL": Category.URL,
    "IP_ADDRESS": Category.IP,
    "US_SSN": Category.SSN,
    "US_ITIN": Category.SSN,
    "CREDIT_CARD": Category.ACCOUNT,
    "IBAN_CODE": Category.ACCOUNT,
    "US_BANK_NUMBER": Category.ACCOUNT,
    "CRYPTO": Category.ACCOUNT,
    "US_DRIVER_LICENSE": Category.LICENCE,
    "MEDICAL_LICENSE": Category.LICENCE,
    "US_NPI": Category.LICENCE,
    "US_MBI": Category.HEALTH_PLAN,
    "US_PASSPORT": Category.OTHER_ID,
    "UK_NHS": Category.MRN,
    "UK_NINO": Category.OTHER_ID,
    "MAC_ADDRESS": Category.DEVICE,
}
"""Entities of Presidio and their categories. DATE_TIME and NRP are not asked for: the first takes ages, durations and
times of the day for dates, which Galen's rules tell apart, the second is no identifier of Safe Harbor."""

LEAST_SCORE = 0.4
"""Findings of Presidio that it is less sure of are dropped; patterns without context stand at 0.05 to 0.3."""


class PresidioEngine:
    """The findings of Presidio and of the rules, united.

    The language model is loaded once in a process, when it is first needed; a pickled engine does not carry it.

    Args:
        analyzer: An analyzer of one's own; one with `model` where None.
        model: The spaCy model.
        rules: The rules beside it.
    """

    def __init__(
        self, analyzer: "AnalyzerEngine | None" = None, model: str = MODEL, rules: RuleEngine | None = None
    ) -> None:
        self.model = model
        self.rules = rules or RuleEngine()
        self._analyzer: Any = analyzer
        self._lock = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        return {"model": self.model, "rules": self.rules}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(model=state["model"], rules=state["rules"])  # type: ignore[misc]

    def load(self) -> None:
        """Loads the analyzer, so that what is missing is noticed before the first text.

        Raises:
            ConfigError: Presidio or the model is not there.
        """
        with self._lock:
            if self._analyzer is None:
                self._analyzer = _analyzer(self.model)

    def find(self, text: str, known: KnownNames) -> list[Finding]:
        """Returns what was found, in order and without overlaps.

        Args:
            text: The text, of any length.
            known: Names from the record, found wherever they stand.

        Raises:
            ConfigError: Presidio or the model is not there.
        """
        self.load()
        supported = set(self._analyzer.get_supported_entities(language="en"))
        wanted = sorted(supported & ENTITIES.keys())
        taken = [match.span() for match in PLACEHOLDER.finditer(text)]
        others = []
        if wanted:
            for result in self._analyzer.analyze(
                text=text, language="en", entities=wanted, score_threshold=LEAST_SCORE
            ):
                category = ENTITIES[result.entity_type]
                allowed = category is Category.LOCATION and folded(text[result.start : result.end]) in lexicon().states
                if not allowed and not any(start < result.end and result.start < end for start, end in taken):
                    others.append(Finding(result.start, result.end, category))
        return merged((*self.rules.find(text, known), *others))


def _analyzer(model: str) -> "AnalyzerEngine":
    try:
        from presidio_analyzer import AnalyzerEngine
        from presidio_analyzer.nlp_engine import NlpEngineProvider
    except ImportError:
        raise ConfigError(
            Problem(
                "Presidio is not installed",
                "privacy.engine",
                expected="the package presidio-analyzer",
                found="no such package",
                fix='pip install "galen[presidio]", or set privacy.engine: rules',
            )
        ) from None
    import spacy.util

    if not spacy.util.is_package(model):
        raise ConfigError(
            Problem(
                "the language model of Presidio is not installed",
                "privacy.engine",
                expected=f"the spaCy model {model}",
                found="no such model",
                fix=f"python -m spacy download {model}, or set privacy.engine: rules",
            )
        )
    settings = {"nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": model}]}
    provider = NlpEngineProvider(nlp_configuration=settings)
    return AnalyzerEngine(nlp_engine=provider.create_engine(), supported_languages=["en"])
