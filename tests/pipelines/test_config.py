from pathlib import Path

import pytest

from pipeline_configs.errors import ConfigError
from pipelines.config import load_environment, load_task, parse_parameters, schema_file, task_files


def test_packaged_tasks_are_found_and_load() -> None:
    assert {"diabetes_progression", "breast_cancer", "heart_disease"} <= set(task_files())
    task, file = load_task("diabetes_progression")
    assert task.name == "diabetes_progression"
    assert schema_file(file).is_file()


def test_a_task_of_the_current_folder_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, packaged = load_task("breast_cancer")
    (tmp_path / "pipeline_configs").mkdir()
    own = tmp_path / "pipeline_configs" / "breast_cancer.yaml"
    own.write_text(packaged.read_text().replace("title: Malignant", "title: Our own malignant"))
    monkeypatch.chdir(tmp_path)
    task, file = load_task("breast_cancer")
    assert task.title.startswith("Our own")
    assert schema_file(file) == tmp_path / "schemas" / "breast_cancer.pbtxt"


def test_parameters_reach_into_the_task_and_their_errors_say_so() -> None:
    task, _ = load_task("diabetes_progression", {"training.epochs": 3, "data.path": "/x.csv", "span": 4})
    assert task.training.epochs == 3
    assert task.data.path == "/x.csv"
    with pytest.raises(ConfigError) as error:
        load_task("diabetes_progression", {"training.epochs": 0, "trainig.seed": 1, "title.x": 1})
    text = str(error.value)
    assert "--param training.epochs: the value is out of bounds" in text
    assert "did you mean 'training'?" in text
    assert "'title.x' names no key" in text


def test_a_variable_may_be_given_as_parameter_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HEART_DISEASE_CSV", raising=False)
    with pytest.raises(ConfigError, match="HEART_DISEASE_CSV is not set"):
        load_task("heart_disease")
    assert load_task("heart_disease", {"data.path": "/a.csv"})[0].data.path == "/a.csv"


def test_only_adjustable_keys_may_be_changed_where_the_task_says_so(tmp_path: Path) -> None:
    _, packaged = load_task("breast_cancer")
    own = tmp_path / "breast_cancer.yaml"
    own.write_text(packaged.read_text() + "adjustable: [training.seed]\n")
    assert load_task(str(own), {"training.seed": 4})[0].training.seed == 4
    with pytest.raises(ConfigError, match=r"does not let a run change 'training\.epochs'"):
        load_task(str(own), {"training.epochs": 4})


def test_the_name_is_the_file_name(tmp_path: Path) -> None:
    _, packaged = load_task("breast_cancer")
    own = tmp_path / "other.yaml"
    own.write_text(packaged.read_text())
    with pytest.raises(ConfigError, match="the name is not the file's"):
        load_task(str(own))


@pytest.mark.parametrize(
    ("name", "parts"),
    [("hart_disease", ["no task 'hart_disease'", "did you mean 'heart_disease'?"]), ("./no.yaml", ["no task file"])],
)
def test_unknown_tasks_are_refused_with_a_suggestion(name: str, parts: list[str]) -> None:
    with pytest.raises(ConfigError) as error:
        load_task(name)
    for part in parts:
        assert part in str(error.value)


def test_unknown_environments_are_refused_with_a_suggestion() -> None:
    with pytest.raises(ConfigError, match="did you mean 'local'"):
        load_environment("locl")


def test_the_local_environment_lives_below_galen_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GALEN_HOME", "/somewhere")
    environment = load_environment("local")
    assert environment.metadata.place == "/somewhere/metadata.sqlite"
    assert environment.serving_root == "/somewhere/serving"


def test_parameters_are_read_as_in_yaml() -> None:
    assert parse_parameters(["a=1", "b.c=x=y", "d=true", "e="]) == {"a": 1, "b.c": "x=y", "d": True, "e": None}
    assert parse_parameters(["a=[40, no]", "b={x: 1}", "c=[1"]) == {"a": [40, "no"], "b": {"x": 1}, "c": "[1"}


def test_a_mistyped_path_is_not_filled_with_bundled_data() -> None:
    assert load_task("diabetes_progression")[0].data.bundled == "diabetes"
    assert load_task("diabetes_progression", {"data.path": "/typo.csv"})[0].data.bundled == ""


@pytest.mark.parametrize("given", [["a"], ["=1"], ["a=1", "a=2"]])
def test_malformed_parameters_are_refused(given: list[str]) -> None:
    with pytest.raises(ConfigError, match="parameter"):
        parse_parameters(given)
