"""Presidio beside the rules; with a real analyzer that has patterns but no language model."""

import importlib.util
import pickle

import pytest

from pipeline_configs.errors import ConfigError
from privacy.findings import Category
from privacy.text.known_names import KnownNames
from privacy.text.presidio_engine import PresidioEngine

NOBODY = KnownNames()


@pytest.mark.skipif(importlib.util.find_spec("presidio_analyzer") is not None, reason="presidio-analyzer is installed")
def test_what_is_missing_is_said() -> None:
    with pytest.raises(ConfigError, match="Presidio is not installed") as caught:
        PresidioEngine().find("Mr. Perry", NOBODY)
    assert "pip install" in str(caught.value)
    assert "Perry" not in str(caught.value)


@pytest.fixture(scope="module")
def engine() -> PresidioEngine:
    pytest.importorskip("presidio_analyzer", reason="presidio-analyzer is not installed (extra `presidio`)")
    import spacy
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine
    from presidio_analyzer.predefined_recognizers import CryptoRecognizer, EmailRecognizer, UsSsnRecognizer

    class Blank(SpacyNlpEngine):
        def __init__(self) -> None:
            super().__init__(ner_model_configuration=NerModelConfiguration())
            self.nlp = {"en": spacy.blank("en")}

    registry = RecognizerRegistry(
        recognizers=[EmailRecognizer(), CryptoRecognizer(), UsSsnRecognizer()], supported_languages=["en"]
    )
    return PresidioEngine(AnalyzerEngine(registry=registry, nlp_engine=Blank(), supported_languages=["en"]))


def test_findings_of_both_are_united(engine: PresidioEngine) -> None:
    text = "Mr. Perry paid with 16Yeky6GMjeNkAiNcBY7ZhrLoMSgg1BoyZ; mail perry@example.org."
    found = [(f.category, text[f.start : f.end]) for f in engine.find(text, NOBODY)]
    assert found == [
        (Category.NAME, "Perry"),
        (Category.ACCOUNT, "16Yeky6GMjeNkAiNcBY7ZhrLoMSgg1BoyZ"),
        (Category.EMAIL, "perry@example.org"),
    ]


def test_placeholders_are_not_found_again(engine: PresidioEngine) -> None:
    assert engine.find("Mr. [NAME] on [DATE 2021]", NOBODY) == []


def test_a_missing_model_is_said() -> None:
    pytest.importorskip("presidio_analyzer", reason="presidio-analyzer is not installed (extra `presidio`)")
    with pytest.raises(ConfigError, match="language model of Presidio is not installed") as caught:
        PresidioEngine(model="xx_no_such_model").load()
    assert "python -m spacy download xx_no_such_model" in str(caught.value)


def test_a_pickled_engine_loads_its_model_again() -> None:
    again = pickle.loads(pickle.dumps(PresidioEngine(model="some_model")))
    assert again.model == "some_model"
