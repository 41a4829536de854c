"""Images that a process of their own reads: the same answers, and none lost when something ends it."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.image_example_gen import reader_process
from components.image_example_gen.image_reader import ImageReader, Join, Reading, Refused
from components.image_example_gen.reader_process import ReaderEnded, ReaderProcess
from components.ingest.reasons import Reason
from pipeline_configs.errors import DataProblem, GalenError, Problem, RunFailed
from pipeline_configs.privacy import Privacy
from privacy.pseudonyms import digests
from tests.components.image_example_gen.images import dicom, good, image_task, pixels, png
from tests.components.ingest.helpers import KEY
from transforms.pixels.reasons import ImageReason

SAYS_READY = "import os, sys; os.write(1, (14).to_bytes(8, 'little') + bytes(8) + b'{\"ready\":true}'); "


@pytest.fixture
def process() -> Iterator[ReaderProcess]:
    process = ReaderProcess()
    yield process
    process.stop()


def reading(**changes: Any) -> Reading:
    return Reading("path", image_task("x").image[1], changes.pop("privacy", Privacy()), KEY, **changes)


def waited(process: ReaderProcess) -> ReaderProcess:
    until = time.monotonic() + 60
    while not process.ready:
        assert time.monotonic() < until
        time.sleep(0.01)
    return process


def test_answers_are_those_of_the_reader(process: ReaderProcess, tmp_path: Path) -> None:
    good(tmp_path, 3)
    (tmp_path / "a.png").write_bytes(png((pixels(9) >> 4).astype(np.uint8)))
    wanted = reading()
    process.use(wanted)
    names = ["0.dcm", "a.png", "1.dcm", "2.dcm"]
    for name in names:
        process.ask(str(tmp_path / name))
    reader = ImageReader(wanted)
    for name in names:
        found, taken = process.answer()
        expected = reader.taken(reader.found((tmp_path / name).read_bytes()))
        assert (found.row, found.patient) == (0, None)
        assert taken
        assert taken[1:] == expected[1:]
        mine, other = taken.image, expected.image
        assert (mine.acquisition, mine.patient, mine.removed) == (other.acquisition, other.patient, other.removed)
        for picture, same in zip(mine.pictures, other.pictures, strict=True):
            assert picture.frame == same.frame
            np.testing.assert_array_equal(picture.pixels, same.pixels)
    assert process.asked == 0


def test_what_cannot_be_read_is_refused_by_the_same_words(process: ReaderProcess, tmp_path: Path) -> None:
    (tmp_path / "broken.dcm").write_bytes(dicom(1)[:700])
    process.use(reading())
    process.ask(str(tmp_path / "absent.dcm"))
    process.ask(str(tmp_path / "broken.dcm"))
    process.ask(str(tmp_path))
    for reason in (Reason.NO_FILE, ImageReason.SHORT_PIXELS, Reason.NO_FILE):
        with pytest.raises(Refused) as refused:
            process.answer()
        assert (refused.value.column, refused.value.reason) == ("path", str(reason))


def test_files_that_it_is_given(process: ReaderProcess) -> None:
    large = np.zeros((1000, 600), np.uint16)  # More than a pipe holds.
    process.use(reading())
    process.ask("", dicom(3, array=large))
    _, taken = process.answer()
    assert taken
    assert taken.image.acquisition["height"] == 1000


def test_rows_of_a_table_of_labels(process: ReaderProcess) -> None:
    keys = np.sort(np.frombuffer(digests(KEY, [b"ACC1", b"ACC2"]), ">u8").astype(np.uint64))
    process.use(reading(join=Join("AccessionNumber", keys, patient_from_file=True)))
    rows = []
    for number in (1, 2, 3):
        process.ask("", dicom(number))
        found, taken = process.answer()
        assert (found.patient, taken is None) == ((f"P{number}", False) if number < 3 else (None, True))
        rows.append(found.row)
    assert sorted(rows) == [-1, 0, 1]
    process.ask("", dicom(4, AccessionNumber=None))
    with pytest.raises(Refused) as refused:
        process.answer()
    assert (refused.value.column, refused.value.reason) == ("AccessionNumber", str(Reason.NO_KEY))


def test_none_is_lost_when_something_ends_it(process: ReaderProcess, tmp_path: Path) -> None:
    good(tmp_path, 4)
    process.use(reading())
    for number in range(4):
        process.ask(str(tmp_path / f"{number}.dcm"))
        if number == 1:
            process.answer()
            os.kill(process._process.pid, signal.SIGKILL)
    patients = []
    while process.asked:
        _, taken = process.answer()
        assert taken
        patients.append(taken.image.patient)
    assert patients == ["P1", "P2", "P3"]


def test_an_image_that_ends_it_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader_process, "_START", SAYS_READY + "sys.stdin.buffer.read(1)")
    process = waited(ReaderProcess())
    process.ask("a.dcm")
    with pytest.raises(ReaderEnded):
        process.answer()


def test_one_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader_process, "_START", SAYS_READY + "import time; time.sleep(600)")
    process = waited(ReaderProcess())
    monkeypatch.setattr(reader_process, "_PATIENCE", 0.2)
    process.ask("a.dcm")
    with pytest.raises(ReaderEnded):
        process.answer()
    assert process._process.poll() is not None


def test_it_ends_with_the_worker_and_not_by_an_interrupt(process: ReaderProcess) -> None:
    waited(process)
    os.kill(process._process.pid, signal.SIGINT)
    process.use(reading())
    process.ask("", dicom(3))
    assert process.answer()[1]
    assert process._process.stdin
    process._process.stdin.close()
    assert process._process.wait(30) == 0


def test_trouble_that_is_not_of_one_image_is_told() -> None:
    said = {"problems": [{"what": "the storage is away", "where": "", "expected": "", "found": "", "fix": "look"}]}
    with pytest.raises(DataProblem, match="the storage is away"):
        reader_process._unpacked(said, b"")
    with pytest.raises(RunFailed, match="the storage is away"):
        reader_process._unpacked({"failed": said["problems"]}, b"")
    with pytest.raises(MemoryError):
        reader_process._unpacked({"memory": True}, b"")


@pytest.mark.parametrize("kind", [RunFailed, DataProblem])
def test_an_answer_says_whether_another_attempt_may_be_luckier(
    kind: type[GalenError],
) -> None:
    class Away:
        found = None

        def content(self, path: str) -> bytes:
            raise kind(Problem("the volume does not give a file", "/mnt/images"))

    said, content = reader_process._answer(Away(), "/mnt/images/one.dcm", b"")  # type: ignore[arg-type]
    with pytest.raises(kind, match="the volume does not give a file"):
        reader_process._unpacked(said, content)
