"""On a cluster each worker finds the key of the pseudonyms in its own environment: the same one, or none at all."""

import json
from pathlib import Path

import pytest

from components.ingest.job import FileJob, Settings, ingest_file
from pipeline_configs.environment import PseudonymKey
from pipeline_configs.errors import ConfigError
from pipeline_configs.task import Task
from privacy.pseudonyms import key_check, load_key
from tests.small_task import TASK

KEY = "the run's own key, of 32 bytes.."


def settings(source: PseudonymKey, check: str, work: str = "") -> Settings:
    return Settings("{}", source.model_dump_json(), False, work, check)


def test_a_worker_with_another_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GALEN_PSEUDONYM_KEY", KEY)
    mine = settings(PseudonymKey(), key_check(KEY.encode()))
    assert mine.key == KEY.encode()
    monkeypatch.setenv("GALEN_PSEUDONYM_KEY", "the key of yesterday, 32 bytes..")
    with pytest.raises(ConfigError, match="another key for the patients' pseudonyms"):
        mine.key  # noqa: B018


def test_a_worker_makes_no_key_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GALEN_PSEUDONYM_KEY", raising=False)
    file = tmp_path / "there" / "pseudonym.key"
    source = PseudonymKey(file=str(file), create=True)
    with pytest.raises(ConfigError, match="there is no key"):
        settings(source, "0a1b2c3d").key  # noqa: B018
    assert not file.exists()
    assert load_key(source)  # the run itself may


def test_the_key_itself_is_not_in_what_travels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GALEN_PSEUDONYM_KEY", KEY)
    travels = json.dumps(vars(settings(PseudonymKey(), key_check(KEY.encode()))))
    assert KEY not in travels
    assert KEY.encode().hex() not in travels


def test_a_wrong_key_is_a_result_and_no_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GALEN_PSEUDONYM_KEY", KEY)
    declared = Task.model_validate(TASK).model_dump_json()
    here = Settings(declared, PseudonymKey().model_dump_json(), False, str(tmp_path), "00000000")
    result = ingest_file(here, FileJob(0, str(tmp_path / "a.csv"), "a.csv", 1))
    assert result.failure == "RunFailed"
    assert "another key" in result.problems[0].what
    assert not list(tmp_path.iterdir())
