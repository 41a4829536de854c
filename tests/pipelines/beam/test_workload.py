from pathlib import Path

import pytest
from apache_beam.options.pipeline_options import DirectOptions, PipelineOptions

from pipeline_configs.beam_direct import DirectBeam
from pipeline_configs.task import Task
from pipelines.beam import workload
from pipelines.beam.arguments import beam_args, node_args
from pipelines.beam.workload import Workload, choose, workload_of
from pipelines.config import load_environment, load_task
from tests.small_task import TASK


@pytest.fixture(autouse=True)
def four_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workload.os, "cpu_count", lambda: 4)


@pytest.mark.parametrize(
    ("found", "most", "chosen"),
    [
        (None, 0, ("in_memory", 1)),
        (Workload("records", "csv", 1, 1 << 40), 0, ("in_memory", 1)),
        (Workload("images", "dicom", 30, 1 << 30), 0, ("in_memory", 1)),
        (Workload("images", "dicom", 5000, 1 << 40), 0, ("multi_threading", 4)),
        (Workload("images", "dicom", 5000, 1 << 40), 2, ("multi_threading", 2)),
        (Workload("images", "csv", 1, 1_000), 0, ("in_memory", 1)),
        (Workload("images", "csv", 1, 1 << 20), 0, ("multi_threading", 4)),
        (Workload("notes", "csv", 1, 1 << 23), 0, ("in_memory", 1)),
        (Workload("notes", "csv", 1, 1 << 26), 0, ("multi_processing", 4)),
        (Workload("notes", "csv", 1, 1 << 26), 9, ("multi_processing", 4)),
    ],
)
def test_the_mode_goes_by_kind_size_and_cores(found: Workload | None, most: int, chosen: tuple[str, int]) -> None:
    assert choose(found, most) == chosen


def test_one_core_needs_no_second_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workload.os, "cpu_count", lambda: 1)
    assert choose(Workload("notes", "csv", 1, 1 << 26)) == ("in_memory", 1)


def test_what_is_there_is_looked_up(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("x" * 100)
    task = Task.model_validate({**TASK, "data": {"path": f"{tmp_path}/*.csv", "format": "csv"}})
    assert workload_of(task) == Workload("records", "csv", 2, 200)


def test_what_is_not_there_yet_is_no_error(tmp_path: Path) -> None:
    task = Task.model_validate({**TASK, "data": {"path": f"{tmp_path}/none.csv", "format": "csv"}})
    assert workload_of(task) is None


def test_only_the_ingest_works_in_parallel_and_an_explicit_mode_stays(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("x" * (17 << 20))
    data = {"path": f"{tmp_path}/x.csv", "format": "csv"}
    notes = {**TASK, "modality": "notes", "data": data, "features": {"note": {"kind": "text"}}, "sensitive": {}}
    task = Task.model_validate(notes)
    beam = load_environment("local").beam
    parallel = ["--direct_running_mode=multi_processing", "--direct_num_workers=4"]
    assert node_args(beam, task, "NotesExampleGen") == parallel
    assert node_args(beam, task, "StatisticsGen") == []
    assert "--direct_running_mode=in_memory" in beam_args(beam)
    explicit = DirectBeam(mode="multi_threading", workers=2)
    assert node_args(explicit, task, "NotesExampleGen") == []
    assert "--direct_running_mode=multi_threading" in beam_args(explicit)


def test_the_node_s_arguments_win_over_those_of_the_pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelines.builder import build

    monkeypatch.setenv("GALEN_HOME", str(tmp_path))
    monkeypatch.setattr(workload, "_MANY_IMAGES", 1)
    task, file = load_task("cohort_images")
    (Path(task.data.path).parent).mkdir(parents=True, exist_ok=True)
    Path(task.data.path).write_text("path,patient\n" * 10)
    built = {node.id: node for node in build(task, file, load_environment("local"), {}).components}

    def mode(node: str) -> str:
        given = built[node].executor_spec.beam_pipeline_args
        return PipelineOptions(list(given)).view_as(DirectOptions).direct_running_mode

    assert mode("ImageExampleGen") == "multi_threading"
    assert mode("StatisticsGen") == mode("Transform") == mode("Evaluator") == "in_memory"
