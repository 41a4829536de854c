"""Two worker processes on this machine's processors train what one trains, and end together whatever happens."""

import contextlib
import dataclasses
import json
import os
import pickle
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.samples.files import Sample
from tests.samples.images import image_sample, image_task
from tests.samples.notes import sample_notes, sample_notes_task
from tests.samples.records import sample_task
from tests.warm import WarmProcess

ROOT = Path(__file__).resolve().parents[2]
BATCH = 300


@dataclasses.dataclass
class Ended:
    """How the workers of a training ended: exit codes, what they wrote on the screen, and where."""

    codes: list[int]
    said: list[str]
    folders: list[Path]
    seconds: float

    def record(self, worker: int) -> dict[str, Any]:
        return dict(json.loads((self.folders[worker] / "worker.json").read_text()))

    @property
    def training(self) -> dict[str, Any]:
        return dict(json.loads((self.folders[0] / "model_run" / "training.json").read_text()))


def trained(
    sample: Sample,
    folder: Path,
    workers: int,
    sabotage: tuple[str, ...] = (),
    patience: int = 60,
    only: int | None = None,
) -> Ended:
    """Trains a sample with workers, each a process; with only one of them, where its number is given."""
    folder.mkdir()
    (folder / "sample.pkl").write_bytes(pickle.dumps(sample))
    addresses, began = [f"localhost:{port}" for port in free_ports(workers)], time.monotonic()
    processes, folders = [], [folder / str(number) for number in range(workers)]
    started = range(workers) if only is None else [only]
    for number in started:
        variables = {**os.environ, "PYTHONPATH": str(ROOT), "GALEN_WORKERS_TIMEOUT": str(patience)}
        if workers > 1:
            task = {"type": "worker", "index": number}
            variables["TF_CONFIG"] = json.dumps({"cluster": {"worker": addresses}, "task": task})
        imports, module = "tests.trainers.worker_imports", "tests.trainers.worker_process"
        given = [sample.task.modality, str(folder / "sample.pkl"), str(folders[number]), *sabotage[number : number + 1]]
        processes.append(WarmProcess(imports, module, given, variables, ROOT, folder / f"{number}.log"))
    for process in processes:
        with contextlib.suppress(subprocess.TimeoutExpired):  # its code is then that of the kill
            process.wait(timeout=max(1, 200 - (time.monotonic() - began)))
        process.kill()
    codes = [process.wait() for process in processes]
    said = [(folder / f"{number}.log").read_text() for number in started]
    return Ended(codes, said, folders, time.monotonic() - began)


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("localhost", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def with_training(sample: Sample, **training: Any) -> Sample:
    return dataclasses.replace(sample, task=sample_task(**{"epochs": 6, "dropout": 0.0, **training}))


@pytest.mark.slow
def test_two_workers_train_the_records_model_that_one_trains(sample: Sample, tmp_path: Path) -> None:
    one = trained(with_training(sample, batch_size=BATCH), tmp_path / "one", 1)
    two = trained(with_training(sample, batch_size=BATCH // 2), tmp_path / "two", 2)
    assert (one.codes, two.codes) == ([0], [0, 0]), two.said
    assert two.record(0) == two.record(1)
    assert (two.training["training"]["strategy"], two.training["training"]["workers"]) == (
        "MultiWorkerMirroredStrategy",
        2,
    )
    assert two.training["training"]["batch_size"] == one.training["training"]["batch_size"] == BATCH
    for name in ("loss", "val_log_loss"):
        alone, together = one.record(0)["history"][name], two.record(0)["history"][name]
        # The first epoch has the same batches; later ones are shuffled otherwise, as `fit` begins a dataset anew.
        assert together[0] == pytest.approx(alone[0], rel=1e-5)
        np.testing.assert_allclose(together, alone, rtol=2e-3)
    np.testing.assert_allclose(two.record(0)["sums"], one.record(0)["sums"], rtol=0.03)
    slopes = [ended.training["calibrator"]["slope"] for ended in (one, two)]
    assert slopes[1] == pytest.approx(slopes[0], rel=0.05)
    assert {p.name for p in two.folders[0].iterdir()} == {"Format-Serving", "model_run", "worker.json"}
    assert {p.name for p in two.folders[1].iterdir()} == {"worker.json"}


@pytest.mark.slow
@pytest.mark.parametrize("modality", ["notes", "images"])
def test_two_workers_agree_and_learn(modality: str, tmp_path: Path) -> None:
    sample = _notes(tmp_path) if modality == "notes" else _images(tmp_path)
    two = trained(sample, tmp_path / "two", 2)
    assert two.codes == [0, 0], two.said
    assert two.record(0) == two.record(1)
    watched = two.record(0)["history"]["val_log_loss"]
    assert min(watched) < np.log(2) and two.training["training"]["replicas"] == 2
    assert {p.name for p in two.folders[1].iterdir()} == {"worker.json"}


@pytest.mark.slow
@pytest.mark.parametrize(("sabotage", "lost"), [(("", "die"), 1), (("", "fail"), 1), (("die", ""), 0)])
def test_when_one_worker_is_lost_the_other_ends_too(
    sample: Sample, tmp_path: Path, sabotage: tuple[str, ...], lost: int
) -> None:
    ended = trained(with_training(sample, epochs=1000, patience=900), tmp_path / "two", 2, sabotage)
    assert "sabotage" in ended.said[lost], ended.said
    assert 0 not in ended.codes and ended.seconds < 120
    assert not (ended.folders[0] / "Format-Serving").exists()
    if lost:
        assert ended.codes[0] == 3
        assert "another worker was lost" in ended.said[0] and "Trainer, worker 1 of 2" in ended.said[0]


@pytest.mark.slow
@pytest.mark.parametrize("only", [0, 1])
def test_a_worker_that_never_comes_is_not_waited_for_for_ever(sample: Sample, tmp_path: Path, only: int) -> None:
    alone = trained(with_training(sample), tmp_path / "two", 2, patience=10, only=only)
    assert alone.codes == [3], alone.said
    assert "not all of the 2 workers came within 10 s" in alone.said[0]


def _notes(folder: Path) -> Sample:
    from tests.samples.files import make_sample

    return make_sample(sample_notes_task(epochs=4), sample_notes(400), folder / "sample")


def _images(folder: Path) -> Sample:
    (folder / "images").mkdir()
    return dataclasses.replace(image_sample(folder / "images"), task=image_task(epochs=8, batch_size=8))
