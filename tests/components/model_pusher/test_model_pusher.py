"""ModelPusher as TFX runs it: pushes what is blessed, describes it, refuses the rest."""

import json
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from components.model_pusher.revision import git_revision
from pipeline_configs.errors import RunFailed
from pipeline_configs.task import Task
from tests.components.served_model import write_model
from tests.samples.records import TASK

PERFORMANCE = {
    "splits": {"eval": {"rows": 9, "models": {"network": {"auroc": {"value": 0.8, "low": 0.7, "high": 0.9}}}}},
    "comparisons": [{"baseline": "logistic_regression", "verdict": "better"}],
    "better_than_baselines": True,
    "remarks": [],
}


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    write_model(folder / "good")
    write_model(folder / "broken", output="chance")
    return folder


@pytest.fixture
def run(models, tmp_path):
    """Runs the executor; returns the PushedModel artifact."""
    from tfx.types import standard_artifacts

    from components.artifacts import IngestReport, Performance
    from components.model_pusher.component import ModelPusher, destination
    from components.model_pusher.executor import Executor

    def made(kind, uri, **files):
        artifact = kind()
        artifact.uri = str(uri)
        for name, content in files.items():
            Path(uri).mkdir(parents=True, exist_ok=True)
            (Path(uri) / name.replace("__", ".")).write_text(json.dumps(content))
        return artifact

    def push(model="good", model_id=7, blessed=1, blessed_id=7, baseline_id=0, changes=None, out="pushed"):
        task = Task.model_validate({**TASK, **(changes or {})})
        candidate = made(standard_artifacts.Model, models / model)
        candidate.id = model_id
        blessing = made(standard_artifacts.ModelBlessing, tmp_path / "blessing")
        blessing.set_int_custom_property("blessed", blessed)
        blessing.set_int_custom_property("current_model_id", blessed_id)
        blessing.set_int_custom_property("baseline_model_id", baseline_id)
        examples = made(standard_artifacts.Examples, tmp_path / "examples")
        examples.set_string_custom_property("span", "3")
        pushed = made(standard_artifacts.PushedModel, tmp_path / out)
        inputs = {
            "model": [candidate],
            "model_blessing": [blessing],
            "performance": [made(Performance, tmp_path / "performance", performance__json=PERFORMANCE)],
            "model_run": [
                made(
                    standard_artifacts.ModelRun,
                    tmp_path / "run",
                    training__json={"hyperparameters": {"members": 4}, "training": {"best": 3, "history": [1, 2]}},
                    model__keras="weights",
                )
            ],
            "ingest_report": [
                made(IngestReport, tmp_path / "ingest", report__json={"span": 3, "patients": 9, "rows": {"eval": 9}})
            ],
            "examples": [examples],
        }
        channels = {name: _channel(inputs[name]) for name in ("model", "model_blessing")}
        node = ModelPusher(task, str(tmp_path / "serving"), **channels)
        properties = dict(node.spec.exec_properties)
        assert properties["destination"] == destination(task, str(tmp_path / "serving"))
        Executor().Do(inputs, {"pushed_model": [pushed]}, properties)
        return pushed

    return SimpleNamespace(push=push, serving=tmp_path / "serving", folder=tmp_path)


def _channel(artifacts):
    from tfx.types.channel import Channel

    return Channel(type=type(artifacts[0]))


def test_a_blessed_model_is_pushed_and_answers_from_where_it_lies(run):
    import tensorflow as tf

    pushed = run.push()
    version = pushed.get_string_custom_property("pushed_version")
    path = run.serving / "sample" / version
    assert pushed.get_int_custom_property("pushed") == 1
    assert pushed.get_string_custom_property("pushed_destination") == str(path)
    answer = tf.saved_model.load(str(path)).signatures["serving_default"](examples=tf.constant([b""]))
    assert answer["probability"].numpy()[0, 0] == pytest.approx(0.5)
    assert {file.name for file in path.iterdir()} >= {
        "saved_model.pb",
        "variables",
        "model.keras",
        "model_metadata.json",
    }
    # As with TFX's Pusher the artifact itself holds a copy.
    assert (Path(pushed.uri) / "saved_model.pb").is_file()


def test_the_description_says_what_the_model_is(run):
    pushed = run.push()
    version = int(pushed.get_string_custom_property("pushed_version"))
    found = json.loads((run.serving / "sample" / str(version) / "model_metadata.json").read_text())
    assert (found["task"], found["version"], found["model"]["artifact_id"]) == ("sample", version, 7)
    assert found["data"] == {"spans": [{"span": 3, "version": None}], "rows": {"eval": 9}, "patients": 9}
    assert found["training"] == {"hyperparameters": {"members": 4}, "training": {"best": 3}}
    assert found["metrics"]["eval"]["network"]["auroc"] == {"value": 0.8, "low": 0.7, "high": 0.9}
    assert found["better_than_baselines"] is True
    inputs = {entry["name"]: entry for entry in found["inputs"]}
    assert "site" not in inputs
    assert (inputs["age"]["dtype"], inputs["age"]["unit"]) == ("float32", "a")
    assert found["signatures"]["serving_default"]["inputs"] == {"examples": {"dtype": "string", "shape": [-1]}}
    assert found["signatures"]["serving_default"]["outputs"]["probability"] == {"dtype": "float32", "shape": [-1, 1]}
    assert found["galen"]["git_revision"] == (git_revision() or None)
    assert set(found["libraries"]) >= {"python", "tensorflow", "keras"}
    assert len(found["files"]["saved_model.pb"]["sha256"]) == 64
    assert found["baseline"] is None


@pytest.mark.parametrize(("blessed", "changes"), [(0, {}), (1, {"push": {"enabled": False}})])
def test_what_is_not_to_be_pushed_is_not(run, blessed, changes):
    pushed = run.push(blessed=blessed, changes=changes)
    assert pushed.get_int_custom_property("pushed") == 0
    assert not run.serving.exists()


def test_the_blessing_of_another_model_does_not_count(run):
    with pytest.raises(RunFailed, match="the blessing is another model's"):
        run.push(blessed_id=6)
    assert not run.serving.exists()


def test_a_model_that_does_not_answer_is_not_pushed(run):
    with pytest.raises(RunFailed, match="does not answer and is not pushed"):
        run.push(model="broken")
    assert not run.serving.exists()


def test_the_same_model_again_is_no_new_version(run):
    first, second = run.push(out="first"), run.push(out="second")
    key = "pushed_version"
    assert first.get_string_custom_property(key) == second.get_string_custom_property(key)
    assert len(list((run.serving / "sample").glob("[0-9]*"))) == 1


def test_the_baseline_is_named_by_the_version_it_was_pushed_as(run):
    first = run.push(out="first")
    (run.folder / "run" / "model.keras").unlink()
    models = write_model(run.folder / "better", slope=0.06)
    second = run.push(model=models, model_id=9, blessed_id=9, baseline_id=7, out="second")
    version = second.get_string_custom_property("pushed_version")
    found = json.loads((run.serving / "sample" / version / "model_metadata.json").read_text())
    assert found["baseline"] == {"artifact_id": 7, "version": int(first.get_string_custom_property("pushed_version"))}


def test_the_path_may_be_the_tasks_own(run):
    from components.model_pusher.component import destination

    task = Task.model_validate(TASK)
    own = [
        task.model_copy(update={"push": task.push.model_copy(update={"path": path})})
        for path in ("a/b", "/srv", "gs://m")
    ]
    assert [destination(each, "/models/") for each in own] == ["/models/a/b", "/srv", "gs://m"]


def test_the_revision_is_that_of_the_checkout(tmp_path, monkeypatch):
    monkeypatch.delenv("GALEN_REVISION", raising=False)
    assert git_revision(tmp_path) == ""
    monkeypatch.setenv("GALEN_REVISION", "of the image")
    assert git_revision(tmp_path) == "of the image"
    git = ["git", "-C", str(tmp_path), "-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run([*git, "init", "-q"], check=True)
    (tmp_path / "file").write_text("one")
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "first"], check=True)
    commit = git_revision(tmp_path)
    assert len(commit) == 40
    (tmp_path / "file").write_text("two")
    assert git_revision(tmp_path) == commit + "+changes"
