"""`galen patterns` on a small metadata store: which examples it reads, what it writes and what it refuses."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2 as pb

from pipeline_configs.errors import ConfigError
from pipelines.metadata.store import Store
from pipelines.patterns import PatternsRequest, find_examples, run_patterns
from tests.components.patterns.examples import TASK, make_task, ward, write
from tests.pipelines.conftest import Home


def add_task(home: Home) -> None:
    (home.folder / "configs" / "ward.yaml").write_text(yaml.safe_dump(TASK))


def add_run(home: Home, run: str, patients: int, node: str = "NotesExampleGen", state: int = 3) -> Path:
    """Adds a run with examples to the metadata, as TFX writes it: contexts, execution, event, artifact."""
    uri = home.folder / "pipelines" / "ward" / node / "examples" / run
    for split, seed in (("train", 1), ("calibration", 2), ("eval", 3)):
        records = list(ward(patients, seed))
        write(uri / f"Split-{split}" / "data-00000.gz", records[::2])
        write(uri / f"Split-{split}" / "data-00001.gz", records[1::2])
    Store(home.environment, write=True).begin_run("ward", run, {"verdict": "stopped"})
    config = pb.ConnectionConfig()
    config.sqlite.filename_uri = home.environment.metadata.place
    store = metadata_store.MetadataStore(config)
    artifact_type = store.put_artifact_type(pb.ArtifactType(name="Examples"), can_add_fields=True)
    execution_type = store.put_execution_type(pb.ExecutionType(name=node), can_add_fields=True)
    node_type = store.put_context_type(pb.ContextType(name="node"), can_add_fields=True)
    of_node = store.get_context_by_type_and_name("node", f"ward.{node}")
    of_node = of_node or pb.Context(type_id=node_type, name=f"ward.{node}")
    of_run = store.get_context_by_type_and_name("pipeline_run", run)
    of_pipeline = store.get_context_by_type_and_name("pipeline", "ward")
    event = pb.Event(type=pb.Event.OUTPUT)
    event.path.steps.add().key = "examples"
    artifact = pb.Artifact(type_id=artifact_type, uri=str(uri))
    execution = pb.Execution(type_id=execution_type, last_known_state=state)
    store.put_execution(execution, [(artifact, event)], [of_pipeline, of_run, of_node])
    return uri


@pytest.fixture
def ward_home(home: Home) -> Home:
    add_task(home)
    return home


def test_table_picture_and_screen(ward_home: Home) -> None:
    add_run(ward_home, "first", 400)
    done = ward_home.galen("patterns", "ward")
    assert done.returncode == 0, done.stderr
    assert "split train, run first" in done.stdout and "itching rash" in done.stdout
    assert "cuda" not in done.stderr.lower() and "oneDNN" not in done.stderr
    assert "(no) fever or chills" in done.stdout and "only sex=female" in " ".join(done.stdout.split())
    assert max(len(line) for line in done.stdout.splitlines() if not line.startswith(("table", "picture"))) <= 80
    folder = ward_home.folder / "patterns" / "ward" / "train"
    assert sorted(file.name for file in folder.iterdir()) == ["patterns.csv", "patterns.png"]


def test_json_is_the_same_and_nothing_else_is_on_the_screen(ward_home: Home) -> None:
    add_run(ward_home, "first", 400)
    output = str(ward_home.folder / "elsewhere")
    done = ward_home.galen("patterns", "ward", "--json", "--top", "3", "--output", output, "--without-label-words")
    found = json.loads(done.stdout)
    assert (found["task"], found["run"], found["split"], found["label"]) == ("ward", "first", "train", "ill")
    assert found["positives"] + found["negatives"] == found["patients"] == 400
    assert len(found["with_diagnosis"]) == 3 and found["with_diagnosis"][0]["odds_ratio"] > 1
    assert not any(term["label_word"] for term in found["with_diagnosis"])
    assert Path(found["table"]).parent == Path(found["picture"]).parent == Path(output)


def test_the_newest_run_with_notes_is_read_and_of_it_the_split(ward_home: Home, tmp_path: Path) -> None:
    add_run(ward_home, "old", 60)
    newest = add_run(ward_home, "new", 90)
    add_run(ward_home, "failed", 30, state=4)
    record, examples = find_examples(ward_home.environment, make_task())
    assert (record.id, examples.uri) == ("new", str(newest))
    steps: list[Any] = []
    request = PatternsRequest("ward", folder=tmp_path / "out", min_patients=5)
    found = run_patterns(request, lambda *step: steps.append(step))
    assert found.patterns.counts.positives + found.patterns.counts.negatives == 90
    assert steps[-1] == ("patients", found.patterns.counts.notes)
    everything = run_patterns(PatternsRequest("ward", split="all", folder=tmp_path / "out", min_patients=5))
    assert everything.patterns.counts.notes > 2 * found.patterns.counts.notes


def test_words_that_the_task_does_not_mask_cannot_be_left_out(ward_home: Home) -> None:
    note = {key: value for key, value in TASK["features"]["note"].items() if key != "masked"}
    task = {**TASK, "features": {**TASK["features"], "note": note}}
    (ward_home.folder / "configs" / "ward.yaml").write_text(yaml.safe_dump(task))
    with pytest.raises(ConfigError, match="the task masks no words"):
        run_patterns(PatternsRequest("ward", mask=True))


def test_nothing_read_yet(ward_home: Home) -> None:
    with pytest.raises(ConfigError, match="nothing has run in environment 'local' yet"):
        run_patterns(PatternsRequest("ward"))
    add_run(ward_home, "other", 20, node="SomethingElse")
    with pytest.raises(ConfigError, match=r"no run of ward .* has read notes yet") as caught:
        run_patterns(PatternsRequest("ward"))
    assert "galen run ward --to NotesExampleGen" in str(caught.value)


def test_examples_that_are_gone(ward_home: Home) -> None:
    for file in add_run(ward_home, "first", 20).glob("Split-train/*"):
        file.unlink()
    with pytest.raises(ConfigError, match="the examples of split train are gone"):
        run_patterns(PatternsRequest("ward"))


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (PatternsRequest("light"), "patterns are found in notes"),
        (PatternsRequest("ward", split="test"), "there is no such split"),
        (PatternsRequest("ward", min_patients=4), "terms of so few patients could tell who they are"),
    ],
)
def test_what_is_refused(ward_home: Home, request_: PatternsRequest, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        run_patterns(request_)
