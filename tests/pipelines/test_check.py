from pathlib import Path

import pytest

from pipeline_configs.environment import Environment
from pipeline_configs.errors import ConfigError, Problem
from pipeline_configs.task import Task
from pipelines.check import check_configuration, check_data
from pipelines.config import load_environment, load_task


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GALEN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GALEN_PSEUDONYM_KEY", "a key of some length")


def check(task: Task, file: Path, environment: Environment) -> list[Problem]:
    return [*check_configuration(task, file, environment), *check_data(task, environment)]


@pytest.mark.parametrize("name", ["diabetes_progression", "breast_cancer"])
def test_packaged_tasks_are_in_order_before_their_data_is_written(name: str) -> None:
    assert check(*load_task(name), load_environment("local")) == []


def test_a_schema_that_differs_and_a_short_key_are_both_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task, file = load_task("breast_cancer", {"features.mean_radius.range": [0, 7]})
    monkeypatch.setenv("GALEN_PSEUDONYM_KEY", "short")
    text = "\n".join(str(problem) for problem in check_configuration(task, file, load_environment("local")))
    assert "feature mean_radius: schema and task differ in the plausible range" in text
    assert "key is too short" in text


def test_the_header_of_the_data_is_held_against_the_task(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("patient_id,age\n1,2\n")
    task, _ = load_task("diabetes_progression", {"data.path": str(tmp_path / "d.csv")})
    text = "\n".join(str(problem) for problem in check_data(task, load_environment("local")))
    assert "bmi" in text
    assert "progression" in text


def test_real_heart_data_is_in_order(shared_data: Path) -> None:
    path = shared_data / "uci_heart" / "heart_disease_uci.csv"
    assert check(*load_task("heart_disease", {"data.path": str(path)}), load_environment("local")) == []


def test_names_that_may_be_patients_are_not_repeated(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("patient_id,Walter Secretname,Anna Secretname\nage,5,6\n")
    task, _ = load_task("diabetes_progression", {"data.path": str(tmp_path / "d.csv")})
    text = "\n".join(str(problem) for problem in check_data(task, load_environment("local")))
    assert "the header names few of the declared columns" in text
    assert "Secretname" not in text


def test_a_mistyped_path_of_a_bundled_task_is_named(tmp_path: Path) -> None:
    task, _ = load_task("diabetes_progression", {"data.path": str(tmp_path / "recrods.csv")})
    assert "recrods.csv" in str(check_data(task, load_environment("local"))[0])
    assert list(tmp_path.glob("*.csv")) == []


@pytest.mark.parametrize("span", ["abc", "2024-02-30"])
def test_a_span_that_is_none_is_refused(tmp_path: Path, span: str) -> None:
    task, _ = load_task("diabetes_progression", {"data.path": f"{tmp_path}/{{SPAN}}/*.csv"})
    with pytest.raises(ConfigError, match="this is no span"):
        check_data(task, load_environment("local"), span)
