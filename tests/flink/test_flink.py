"""The records pipeline on a Flink cluster is the pipeline on this machine.

What can be equal is held equal: examples and their order, statistics, the graph's vocabularies and constants, the
model's metrics, evaluation and verdict. Not equal by bytes: anything that holds a time, a path or an id, and
what Beam writes by the number of its bundles (shards of statistics and of the evaluation). The features of an example
are a map, whose order in the file is another one in each process.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flink_cluster import Cluster

from tests.flink.conftest import JOB, KEY, TASK, Finished, Home

pytestmark = [pytest.mark.flink, pytest.mark.slow, pytest.mark.e2e]

Run = tuple[Home, Finished]


def test_a_worker_that_dies_is_told_and_leaves_nothing_half_done(broken: tuple[Home, Finished, Finished]) -> None:
    _, done, _ = broken
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Transform failed" in done.stderr
    assert "a worker was lost while the job ran" in done.stderr
    assert "goes on from the last finished node" in done.stderr


def test_workers_that_are_gone_are_told_before_anything_runs(
    broken: tuple[Home, Finished, Finished], cluster: Cluster
) -> None:
    _, _, done = broken
    assert done.returncode == 2, done.stdout + done.stderr
    assert f"the pool of workers does not answer at localhost:{cluster.pool_port}" in done.stderr
    assert "TFX" not in done.stdout


def test_the_next_run_goes_on_to_a_blessed_and_pushed_model(on_flink: Run) -> None:
    home, done = on_flink
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(home.versions()) == 1
    reused = [line for line in done.stdout.splitlines() if "cached" in line or "reused" in line]
    assert any("RecordsExampleGen" in line for line in reused), done.stdout
    assert any("StatisticsGen" in line for line in reused), done.stdout
    # Of the node that broke there is one result, that of the second run.
    assert len(list((home.path / "pipelines" / TASK / "Transform" / "transform_graph").iterdir())) == 1


def test_each_node_with_beam_ran_on_the_cluster(on_flink: Run, cluster: Cluster) -> None:
    assert on_flink[1].returncode == 0
    states: dict[str, list[str]] = {}
    for job in sorted(cluster.get("/jobs/overview")["jobs"], key=lambda job: job["start-time"]):
        states.setdefault(job["name"], []).append(job["state"])
    assert set(states) == {JOB.format(n) for n in ("recordsexamplegen", "statisticsgen", "transform", "evaluator")}
    assert {name: jobs[-1] for name, jobs in states.items()} == dict.fromkeys(states, "FINISHED")
    assert [name for name, jobs in states.items() if "FAILED" in jobs] == [JOB.format("transform")]


def test_examples_are_the_same_in_the_same_order(on_flink: Run, direct: Run) -> None:
    for split in ("train", "calibration", "eval"):
        here, there = (
            _records(home.artifact("RecordsExampleGen", "examples"), split) for home, _ in (direct, on_flink)
        )
        assert len(here) > 50
        assert [_example(record) for record in here] == [_example(record) for record in there]


def test_statistics_are_the_same(on_flink: Run, direct: Run) -> None:
    for split in ("train", "eval"):
        here, there = (
            _statistics(home.artifact("StatisticsGen", "statistics"), split) for home, _ in (direct, on_flink)
        )
        assert here.num_examples == there.num_examples > 0
        assert [f.path.step for f in here.features] == [f.path.step for f in there.features]
        for mine, other in zip(here.features, there.features, strict=True):
            if mine.HasField("num_stats"):
                for name in ("mean", "std_dev", "min", "max", "num_zeros"):
                    expected = getattr(mine.num_stats, name)
                    assert getattr(other.num_stats, name) == pytest.approx(expected, rel=1e-9), (mine.path.step, name)
            else:
                assert [(r.label, r.sample_count) for r in mine.string_stats.rank_histogram.buckets] == [
                    (r.label, r.sample_count) for r in other.string_stats.rank_histogram.buckets
                ]


def test_the_transform_graph_gives_the_same_values(on_flink: Run, direct: Run) -> None:
    import tensorflow as tf
    import tensorflow_transform as tft

    record = tf.constant(_records(direct[0].artifact("RecordsExampleGen", "examples"), "eval"))
    found = []
    for home, _ in (direct, on_flink):
        graph = tft.TFTransformOutput(str(home.artifact("Transform", "transform_graph")))
        spec = graph.raw_feature_spec()
        values = graph.transform_features_layer()(tf.io.parse_example(record, spec))
        found.append(
            {name: np.asarray(value) for name, value in values.items() if not isinstance(value, tf.SparseTensor)}
        )
    here, there = found
    assert here.keys() == there.keys()
    assert here
    for name, value in here.items():
        if value.dtype.kind == "f":
            np.testing.assert_allclose(there[name], value, rtol=1e-6, atol=1e-6)
        else:
            np.testing.assert_array_equal(there[name], value)


def test_metrics_evaluation_and_verdict_are_the_same(on_flink: Run, direct: Run) -> None:
    here, there = (_metadata(home) for home, _ in (direct, on_flink))
    assert here["metrics"]
    _close(here["metrics"], there["metrics"])
    mine, other = (_validation(home.artifact("Evaluator", "evaluation")) for home, _ in (direct, on_flink))
    assert mine.validation_ok is other.validation_ok is True
    blessings = [home.artifact("Evaluator", "blessing") / "BLESSED" for home, _ in (direct, on_flink)]
    assert all(file.exists() for file in blessings)


def test_the_key_is_in_no_log_of_the_cluster(on_flink: Run, cluster: Cluster) -> None:
    for log in cluster.folder.glob("*.log"):
        assert KEY not in log.read_text(errors="replace")
    for job in cluster.jobs():
        assert KEY not in json.dumps(cluster.get(f"/jobs/{job}/config"))


def test_a_cluster_that_is_not_there_is_told_before_anything_runs(cluster: Cluster, tmp_path: Path) -> None:
    home = Home(tmp_path / "home", "flink", {**cluster.variables, "GALEN_FLINK_MASTER": "localhost:9"})
    for command in ("run", "check"):
        done = home.galen(command, TASK)
        assert done.returncode == 2
        assert "Flink does not answer at localhost:9" in done.stderr
        assert "TFX" not in done.stdout
    assert not (home.path / "pipelines").exists()


def _example(record: bytes) -> Any:
    import tensorflow as tf

    return tf.train.Example.FromString(record)


def _records(examples: Path, split: str) -> list[bytes]:
    import tensorflow as tf

    files = sorted(map(str, (examples / f"Split-{split}").iterdir()))
    return [record.numpy() for record in tf.data.TFRecordDataset(files)]


def _statistics(statistics: Path, split: str) -> Any:
    import tensorflow_data_validation as tfdv

    proto = tfdv.load_stats_binary(str(statistics / f"Split-{split}" / "FeatureStats.pb")).datasets[0]
    ordered = sorted(proto.features, key=lambda feature: list(feature.path.step))
    del proto.features[:]
    proto.features.extend(ordered)
    return proto


def _metadata(home: Home) -> Any:
    return json.loads((home.versions()[-1] / "model_metadata.json").read_text())


def _validation(evaluation: Path) -> Any:
    import tensorflow_model_analysis as tfma

    return tfma.load_validation_result(str(evaluation))


def _close(here: Any, there: Any) -> None:
    """The same tree, with numbers that are the same but for the order of their sums."""
    if isinstance(here, dict):
        assert here.keys() == there.keys()
        for key, value in here.items():
            _close(value, there[key])
    elif isinstance(here, list):
        assert len(here) == len(there)
        for one, other in zip(here, there, strict=True):
            _close(one, other)
    elif isinstance(here, float):
        assert there == pytest.approx(here, rel=3e-3, abs=1e-3)
    else:
        assert here == there
