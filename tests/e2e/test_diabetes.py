"""The demonstration task for real: one run from data to a pushed model, and what later runs make of it."""

import csv
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from pipelines.nodes import NODES
from tests.e2e.conftest import TASK, Home

pytestmark = pytest.mark.e2e

Finished = subprocess.CompletedProcess[str]


def run_nodes(home: Home) -> dict[str, str]:
    """State of each node in the latest run, by name."""
    shown = json.loads(home.galen("show", TASK, "--json").stdout)
    return {node["id"]: node["state"] for node in shown["node_list"]}


def test_the_first_run_is_blessed_and_pushed(home: Home, first: Finished) -> None:
    assert first.returncode == 0, first.stdout + first.stderr
    assert "blessed and pushed as version" in first.stdout
    assert len(home.versions()) == 1
    states = run_nodes(home)
    assert set(states) == set(NODES) - {"Tuner", "WarmStart", "ImageExampleGen", "NotesExampleGen"}
    assert set(states.values()) == {"complete"}


def test_the_screen_shows_metrics_with_intervals_baselines_and_thresholds_and_no_chatter(first: Finished) -> None:
    for part in ("442 rows", "train (", "eval (", "auroc", "logistic regression", "gradient boosting", "passed by"):
        assert part in first.stdout
    for chatter in ("WARNING", "INFO", "tensorflow", "absl", "Traceback"):
        assert chatter not in first.stdout + first.stderr


def test_what_was_pushed_describes_itself(home: Home, first: Finished) -> None:
    [version] = home.versions()
    assert {"saved_model.pb", "variables", "model.keras", "model_metadata.json"} <= {p.name for p in version.iterdir()}
    described = json.loads((version / "model_metadata.json").read_text())
    assert described["version"] == int(version.name)
    text = json.dumps(described)
    for part in ("hyperparameters", "auroc", "span", "revision"):
        assert part in text


def rows_of(home: Home) -> list[dict[str, str]]:
    with (home.path / "data" / "diabetes" / "records.csv").open() as file:
        return list(csv.DictReader(file))


def test_both_signatures_of_the_pushed_model_answer_alike_and_well(home: Home, first: Finished) -> None:
    import tensorflow as tf
    from sklearn.metrics import roc_auc_score

    from pipelines.config import load_task

    task, _ = load_task(TASK)
    rows = rows_of(home)
    model = tf.saved_model.load(str(home.versions()[-1]))
    named, serialized = {}, [tf.train.Example() for _ in rows]
    for name, feature in task.features.items():
        texts = [row[task.column(name)] for row in rows]
        if feature.kind == "numeric":
            named[name] = tf.constant([[float(text)] for text in texts], tf.float32)
        else:
            texts = [feature.mapping[text] for text in texts]  # type: ignore[union-attr]
            named[name] = tf.constant([[text] for text in texts])
        for example, text in zip(serialized, texts, strict=True):
            if feature.kind == "numeric":
                example.features.feature[name].float_list.value.append(float(text))
            else:
                example.features.feature[name].bytes_list.value.append(text.encode())
    plain = model.signatures["predict"](**named)["probability"].numpy()
    examples = tf.constant([example.SerializeToString() for example in serialized])
    parsed = model.signatures["serving_default"](examples=examples)["probability"].numpy()
    np.testing.assert_allclose(plain, parsed, atol=1e-6)
    labels = [float(row["progression"]) > 140 for row in rows]
    assert 0.75 < roc_auc_score(labels, plain[:, 0]) < 0.97


def test_no_patient_id_is_anywhere_but_in_the_source(home: Home, first: Finished) -> None:
    known = [row["patient_id"].encode() for row in rows_of(home)]
    for file in home.path.rglob("*"):
        if not file.is_file() or (home.path / "data") in file.parents:
            continue
        content = file.read_bytes()
        found = [i for i, patient in enumerate(known) if patient in content]
        assert not found, f"{file.relative_to(home.path)} holds {len(found)} patient ids"


def test_the_label_and_the_features_are_what_the_source_says(home: Home, first: Finished) -> None:
    import tensorflow as tf

    folder = next((home.path / "pipelines" / TASK / "RecordsExampleGen" / "examples").iterdir())
    found = []
    for file in sorted(folder.glob("Split-*/*")):
        for record in tf.data.TFRecordDataset(str(file)).as_numpy_iterator():
            value = tf.train.Example.FromString(record).features.feature
            found.append((value["bmi"].float_list.value[0], value["progression_above_140"].int64_list.value[0]))
    wanted = [(np.float32(row["bmi"]), int(float(row["progression"]) > 140)) for row in rows_of(home)]
    assert sorted(found) == sorted((float(bmi), label) for bmi, label in wanted)


def test_a_second_run_takes_everything_from_the_cache_and_pushes_nothing(home: Home, first: Finished) -> None:
    again = home.galen("run", TASK)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "✓ Trainer" not in again.stdout
    states = run_nodes(home)
    resolvers = {"PreviousStatistics", "Window", "Baseline"}
    assert {node for node, state in states.items() if state != "cached"} <= resolvers | {"ModelPusher"}
    assert len(home.versions()) == 1


def test_a_pushed_model_that_is_gone_is_pushed_again(home: Home, first: Finished) -> None:
    [version] = home.versions()
    (version / "saved_model.pb").unlink()
    again = home.galen("run", TASK)
    assert again.returncode == 0, again.stdout + again.stderr
    assert (home.versions()[-1] / "saved_model.pb").is_file()
    assert home.versions()[-1] != version
    shutil.rmtree(version)


def test_a_model_that_is_not_good_enough_is_refused_and_not_pushed(home: Home, first: Finished) -> None:
    refused = home.galen("run", TASK, "--param", "evaluation.thresholds.auroc.at_least=0.99")
    assert refused.returncode == 3, refused.stdout + refused.stderr
    assert "at least 0.990" in refused.stdout
    assert "failed by" in refused.stdout
    assert len(home.versions()) == 1
    states = run_nodes(home)
    assert states["Trainer"] == states["RecordsExampleGen"] == "cached"


def test_history_knows_the_runs_and_the_way_back_to_the_file(home: Home, first: Finished) -> None:
    runs = json.loads(home.galen("runs", TASK, "--json").stdout)
    assert runs
    shown = home.galen("show", TASK, runs[-1]["id"])
    assert shown.returncode == 0
    for part in ("blessed", "pushed model", "records.csv", "442 rows"):
        assert part in shown.stdout


def test_damaged_data_stops_the_run_before_anything_is_pushed(home: Home, first: Finished, tmp_path: Path) -> None:
    rows = rows_of(home)
    for row in rows[:60]:
        row["bmi"] = "secretvalue"
    bad = tmp_path / "bad.csv"
    with bad.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    stopped = home.galen("run", TASK, "--param", f"data.path={bad}")
    assert stopped.returncode == 4, stopped.stdout + stopped.stderr
    text = stopped.stdout + stopped.stderr
    assert "60" in text
    assert "bmi" in text
    assert "secretvalue" not in text
    logs = sorted((home.path / "logs" / TASK).iterdir(), key=lambda p: p.stat().st_mtime)
    assert "secretvalue" not in logs[-1].read_text()
    assert len(home.versions()) == 1


def training_records(home: Home) -> list[dict[str, object]]:
    runs = (home.path / "pipelines" / TASK / "Trainer" / "model_run").iterdir()
    return [json.loads(next(run.rglob("training.json")).read_text()) for run in runs]


def test_a_warm_start_begins_from_the_blessed_model(home: Home, first: Finished) -> None:
    warm = home.galen("run", TASK, "--param", "training.warm_start=true", "--to", "Trainer")
    assert warm.returncode == 0, warm.stdout + warm.stderr
    assert any(record["warm_start"] == "starts from the earlier model's weights" for record in training_records(home))


def test_a_tuned_run_hands_its_hyperparameters_to_the_trainer(home: Home, first: Finished) -> None:
    tuned = home.galen(
        *("run", TASK, "--to", "Trainer"),
        *("--param", "training.tuning.enabled=true", "--param", "training.tuning.trials=2"),
    )
    assert tuned.returncode == 0, tuned.stdout + tuned.stderr
    assert any(record["tuned"] for record in training_records(home))
