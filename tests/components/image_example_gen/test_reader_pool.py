"""Processes that read for workers: as many as there are workers less one, and the same data whoever reads."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from components.image_example_gen import reader_pool
from components.image_example_gen.image_ingest import ImageIngest
from components.image_example_gen.manifest import Manifest
from components.image_example_gen.reader_pool import borrowed, kept
from components.image_example_gen.reader_process import ReaderEnded, ReaderProcess
from components.image_example_gen.threads import threads
from components.ingest.component import declaration
from components.ingest.job import FileJob, Result, Settings
from pipeline_configs.errors import RunFailed
from tests.components.image_example_gen.images import dicom, good, image_task, row, write_manifest
from tests.components.ingest.helpers import KEY
from tests.components.ingest.running import Run


@pytest.fixture
def other_worker() -> Iterator[None]:
    """Another worker that reads itself, and a process that is ready."""
    with kept(1), borrowed(1) as process:
        assert process is None
        until = time.monotonic() + 60
        while not reader_pool._idle[0].ready:
            assert time.monotonic() < until
            time.sleep(0.01)
        yield


def ingested(manifest: Path, folder: Path, **changes: Any) -> tuple[Any, ...]:
    """What became of a manifest: index, counts and examples."""
    task = image_task(manifest, **changes)
    settings = Settings(declaration(task), "{}", False, str(folder))
    ingest = ImageIngest(task, KEY, str(folder))
    for chunk in Manifest(settings, FileJob(0, str(manifest), manifest.name, 1)).chunks():
        ingest.take(chunk)
    counts = ingest.finish()
    records = {
        shard: [
            tf.train.Example.FromString(record.numpy()).SerializeToString(deterministic=True)
            for record in tf.data.TFRecordDataset(str(folder / shard))
        ]
        for shards in counts.shards.values()
        for shard in shards
    }
    return ingest.index.tolist(), Result("", counts=counts).to_json(), records


@pytest.mark.parametrize("patients", ["many", "one"])
def test_the_same_data_whoever_reads(patients: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = good(tmp_path, 70)
    rows[4]["path"] = "absent.dcm"
    (tmp_path / "5.dcm").write_bytes(b"no image")
    (tmp_path / "7.dcm").write_bytes(dicom(7, Columns=9))
    for number in (6, 8, 9, 20):
        rows[number]["patient"] = "P5"  # The first of them that can be read is his only one.
    rows.insert(30, row(5, "5.dcm"))
    manifest = write_manifest(tmp_path / "manifest.csv", rows)
    alone = ingested(manifest, tmp_path / "alone", rows_per_patient=patients)
    asked = []
    ask = ReaderProcess.ask

    def counted(self: ReaderProcess, path: str, content: bytes = b"") -> None:
        asked.append(path)
        ask(self, path, content)

    monkeypatch.setattr(ReaderProcess, "ask", counted)
    with kept(1), borrowed(1):
        while not reader_pool._idle[0].ready:
            time.sleep(0.01)
        assert ingested(manifest, tmp_path / "helped", rows_per_patient=patients) == alone
    assert len(asked) > 60
    assert sum(map(len, alone[2].values())) == (68 if patients == "many" else 65)


def test_what_ends_a_process_twice_is_named_by_its_line(
    other_worker: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end(self: ReaderProcess) -> Any:
        self.stop()
        raise ReaderEnded

    monkeypatch.setattr(ReaderProcess, "answer", end)
    manifest = write_manifest(tmp_path / "manifest.csv", good(tmp_path, 3))
    with pytest.raises(RunFailed, match=r"manifest\.csv, line 2: the process that reads images was ended twice"):
        ingested(manifest, tmp_path / "work")


def test_a_process_is_used_again_and_ends_with_the_last_that_keeps_it() -> None:
    with kept():
        with borrowed(100) as first, borrowed(100) as second:
            assert first is None
            assert second
            with borrowed(10) as third:
                assert third is None  # Few images: it reads them itself.
        with borrowed(100) as first, kept(), borrowed(1) as again:
            assert first is None
            assert again is second
        assert second._process.poll() is None
    assert second._process.poll() is not None
    assert reader_pool._idle == []


def test_one_with_open_questions_is_not_used_again() -> None:
    with kept(1):
        with borrowed(1), pytest.raises(KeyError), borrowed(1) as process:
            assert process
            process.ask("a.dcm")
            raise KeyError
        assert process
        assert process._process.poll() is not None
        assert reader_pool._idle == []


def test_workers_in_threads(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = good(tmp_path / "data", 200)
    task = image_task(write_manifest(tmp_path / "data" / "manifest.csv", rows))
    run(task)
    expected = [run.decoded(split) for split in ("train", "calibration", "eval")]
    mode = ["--direct_running_mode=multi_threading", "--direct_num_workers=3"]
    monkeypatch.setattr("tests.components.ingest.running.BEAM", ["--runner=DirectRunner", *mode])
    run(task)
    assert [run.decoded(split) for split in ("train", "calibration", "eval")] == expected
    assert run.report["quarantined"] == 0
    assert reader_pool._idle == []
    assert not reader_pool._one_reads_here


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], 1),
        (["--runner=DirectRunner", "--direct_num_workers=4"], 1),
        (["--direct_running_mode=multi_threading", "--direct_num_workers=4"], 4),
        (["--direct_running_mode=multi_processing", "--direct_num_workers=4"], 1),
        (["--runner=FlinkRunner", "--direct_running_mode=multi_threading", "--direct_num_workers=4"], 1),
    ],
)
def test_threads(options: list[str], expected: int) -> None:
    assert threads(options) == expected
