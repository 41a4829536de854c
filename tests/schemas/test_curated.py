from pathlib import Path

import pytest
from tensorflow_metadata.proto.v0 import schema_pb2

from pipeline_configs.errors import ConfigError
from pipeline_configs.task import Task
from pipelines.config import load_task, schema_file, task_files
from schemas.curated import compare, read_schema, schema_text
from schemas.expected import SERVING, expected_schema
from tests.small_task import TASK


@pytest.fixture
def task() -> Task:
    return Task.model_validate(TASK)


def feature(schema: schema_pb2.Schema, name: str) -> schema_pb2.Feature:
    return next(f for f in schema.feature if f.name == name)


def test_the_expected_schema_follows_the_declaration(task: Task) -> None:
    schema = expected_schema(task)
    assert [f.name for f in schema.feature] == ["age", "sex", "site", "smoker", "age_band", "sick", "patient"]
    assert (feature(schema, "age").float_domain.min, feature(schema, "age").float_domain.max) == (0, 120)
    assert [list(d.value) for d in schema.string_domain if d.name == "age_band"] == [["<40", "40-60", ">=60"]]
    serving = {f.name for f in schema.feature if SERVING not in f.not_in_environment}
    assert serving == {"age", "sex", "smoker"}
    assert feature(schema, "sick").presence.min_fraction == 1


def test_text_reads_back_as_the_same_schema(task: Task, tmp_path: Path) -> None:
    file = tmp_path / "t.pbtxt"
    file.write_text(schema_text(expected_schema(task)))
    assert read_schema(file) == expected_schema(task)
    assert compare(task, read_schema(file), "t") == []


def test_every_difference_is_named(task: Task) -> None:
    schema = expected_schema(task)
    feature(schema, "age").float_domain.max = 99
    feature(schema, "smoker").type = schema_pb2.FLOAT
    next(d for d in schema.string_domain if d.name == "sex").value.append("other")
    feature(schema, "site").not_in_environment.pop()
    feature(schema, "sick").presence.min_fraction = 0.5
    feature(schema, "age_band").name = "age_bnad"
    text = "\n".join(str(problem) for problem in compare(task, schema, "t.pbtxt"))
    for part in (
        "t.pbtxt: feature age: schema and task differ in the plausible range",
        "expected: 0 to 120",
        "found: 0 to 99",
        "feature smoker: schema and task differ in type",
        "found: FLOAT",
        "found: female, male, other",
        "feature site: schema and task differ in the environment",
        "feature sick: the schema lets more values be missing",
        "lacks the feature 'age_band'",
        "did you mean 'age_bnad'?",
        "has the feature 'age_bnad'",
    ):
        assert part in text


def test_a_schema_may_be_stricter_about_missing_values(task: Task) -> None:
    schema = expected_schema(task)
    feature(schema, "age").presence.min_fraction = 0.9
    assert compare(task, schema, "t") == []


def test_missing_and_broken_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="has no curated schema"):
        read_schema(tmp_path / "t.pbtxt")
    (tmp_path / "t.pbtxt").write_text('feature { nme: "x" }')
    with pytest.raises(ConfigError, match="not valid text of a Schema"):
        read_schema(tmp_path / "t.pbtxt")


@pytest.mark.parametrize("name", ["diabetes_progression", "breast_cancer", "heart_disease"])
def test_packaged_schemas_agree_with_their_tasks(name: str) -> None:
    task, file = load_task(name, {"data.path": "x.csv"})
    assert file == task_files()[name]
    assert compare(task, read_schema(schema_file(file)), name) == []
