from pathlib import Path

import pytest

from pipeline_configs.errors import ConfigError
from pipelines.config import load_environment, load_task
from pipelines.prepare import prepare


def test_bundled_data_and_a_key_are_made_once_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GALEN_HOME", str(tmp_path))
    monkeypatch.delenv("GALEN_PSEUDONYM_KEY", raising=False)
    task, environment = load_task("diabetes_progression")[0], load_environment("local")
    said = list(prepare(task, environment))
    assert [sentence.split(":")[0] for sentence in said] == [
        "made a pseudonym key for this machine",
        "wrote the data that scikit-learn ships",
    ]
    key, data = (tmp_path / "pseudonym.key").read_text(), Path(task.data.path)
    assert len(data.read_text().splitlines()) == 443
    data.write_text("mine")
    assert list(prepare(task, environment)) == []
    assert data.read_text() == "mine"
    assert (tmp_path / "pseudonym.key").read_text() == key


def test_without_a_key_nothing_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GALEN_HOME", str(tmp_path))
    monkeypatch.delenv("GALEN_PSEUDONYM_KEY", raising=False)
    environment = load_environment("local")
    secret = environment.pseudonym_key.model_copy(update={"create": False})
    with pytest.raises(ConfigError, match="GALEN_PSEUDONYM_KEY"):
        list(prepare(load_task("diabetes_progression")[0], environment.model_copy(update={"pseudonym_key": secret})))
    assert list(tmp_path.iterdir()) == []
