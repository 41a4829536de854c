"""The set-up's logic: what it refuses, when there is something to do, and how it is repaired."""

import io
import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import setup_env
from setup_console import CommandError, Console, SetupError
from setup_env import check_disk, check_platform, check_python, clear, exclusive, plan, read_stamp, stamp_for


@pytest.mark.parametrize(
    ("libc", "native"), [("glibc 2.36", False), ("glibc 2.38", True), ("glibc 2.41", True), ("glibc 3.0", True)]
)
def test_a_glibc_is_new_enough_from_2_38(libc: str, native: bool) -> None:
    assert check_platform("Linux", "x86_64", libc) is native


@pytest.mark.parametrize(
    ("system", "machine", "libc", "said"),
    [
        ("Darwin", "arm64", None, "this is Darwin on arm64"),
        ("Linux", "aarch64", "glibc 2.41", "this is Linux on aarch64"),
        ("Linux", "x86_64", None, "musl"),
        ("Linux", "x86_64", "", "musl"),
    ],
)
def test_a_machine_without_wheels_is_told_what_it_is_and_what_to_do(
    system: str, machine: str, libc: str | None, said: str
) -> None:
    with pytest.raises(SetupError, match=said) as refusal:
        check_platform(system, machine, libc)
    assert "Dockerfile" in str(refusal.value)


@pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 13)])
def test_the_supported_pythons_pass(version: tuple[int, int]) -> None:
    check_python(version)


@pytest.mark.parametrize("version", [(3, 10), (3, 14)])
def test_other_pythons_are_refused(version: tuple[int, int]) -> None:
    with pytest.raises(SetupError, match=f"is 3.{version[1]}"):
        check_python(version)


def test_a_full_disk_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    check_disk(6 * 10**9, tmp_path)
    with pytest.raises(SetupError, match=r"1\.0 GB are free"):
        check_disk(10**9, tmp_path)


INPUTS = ("setup.py", "requirements.lock", "requirements-dev.lock", "scripts/setup.sh", "scripts/setup_env.py")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "scripts").mkdir(parents=True)
    for name in INPUTS:
        (folder / name).write_text(name)
    return folder


def finished(venv: Path, stamp: dict[str, str | int]) -> Path:
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").touch()
    (venv / "pyvenv.cfg").touch()
    (venv / setup_env.STAMP).write_text(json.dumps(stamp))
    return venv


def test_a_finished_environment_needs_nothing(project: Path, tmp_path: Path) -> None:
    stamp = stamp_for(project, "/usr/bin/python3")
    assert plan(read_stamp(finished(tmp_path / "venv", stamp)), stamp_for(project, "/usr/bin/python3")) == "nothing"


@pytest.mark.parametrize("name", INPUTS)
def test_a_changed_input_updates_the_packages(project: Path, name: str) -> None:
    before = stamp_for(project, "/usr/bin/python3")
    (project / name).write_text("changed")
    assert plan(before, stamp_for(project, "/usr/bin/python3")) == "update"


def test_another_interpreter_folder_or_layout_builds_anew(project: Path) -> None:
    before = stamp_for(project, "/usr/bin/python3.11")
    assert plan(before, stamp_for(project, "/usr/bin/python3.13")) == "build"
    assert plan({**before, "layout": 0}, before) == "build"
    assert plan({**before, "project": "/elsewhere"}, before) == "build"


def test_an_interrupted_environment_is_built_anew(project: Path, tmp_path: Path) -> None:
    wanted = stamp_for(project, "/usr/bin/python3")
    venv = finished(tmp_path / "venv", wanted)
    (venv / setup_env.STAMP).write_text('{"half')
    assert plan(read_stamp(venv), wanted) == "build"
    (venv / setup_env.STAMP).unlink()
    assert plan(read_stamp(venv), wanted) == "build"


def test_an_environment_whose_interpreter_is_gone_is_built_anew(project: Path, tmp_path: Path) -> None:
    wanted = stamp_for(project, "/usr/bin/python3")
    venv = finished(tmp_path / "venv", wanted)
    (venv / "bin" / "python").unlink()
    (venv / "bin" / "python").symlink_to(tmp_path / "uninstalled")
    assert plan(read_stamp(venv), wanted) == "build"


def test_clearing_takes_an_environment_and_nothing_else(tmp_path: Path) -> None:
    venv = finished(tmp_path / "venv", {})
    (venv / "link").symlink_to(tmp_path)
    clear(venv)
    assert not venv.exists()
    clear(venv)
    work = tmp_path / "work"
    work.mkdir()
    (work / "thesis.txt").touch()
    with pytest.raises(SetupError, match="left alone"):
        clear(work)
    assert (work / "thesis.txt").exists()


def test_two_set_ups_go_one_after_the_other(tmp_path: Path) -> None:
    events: list[str] = []
    held = threading.Event()

    def second() -> None:
        held.wait(10)
        with exclusive(tmp_path / "lock", lambda: events.append("second waits")):
            events.append("second works")

    thread = threading.Thread(target=second)
    thread.start()
    with exclusive(tmp_path / "lock", lambda: events.append("first waits")):
        held.set()
        while "second waits" not in events:
            thread.join(0.01)
        events.append("first ends")
    thread.join(10)
    assert events == ["second waits", "first ends", "second works"]


def test_a_refusal_is_a_message_and_exit_code_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(setup_env.signal, "signal", lambda *_: None)
    monkeypatch.setattr(setup_env.platform, "system", lambda: "Darwin")
    assert setup_env.main(["--venv", str(tmp_path / "venv")]) == 1
    said = capsys.readouterr().err
    assert "this is Darwin" in said
    assert "Traceback" not in said
    assert not (tmp_path / "venv").exists()


def test_the_console_keeps_output_in_the_log_and_shows_the_end_of_a_failure(tmp_path: Path) -> None:
    shown = io.StringIO()
    console = Console(tmp_path / "log", shown)
    console.run([sys.executable, "-c", "print('quiet')"])
    with pytest.raises(CommandError, match="exit code 3") as failure:
        console.run([sys.executable, "-c", "print('loud'); raise SystemExit(3)"])
    assert failure.value.output == "loud"
    assert shown.getvalue() == ""
    assert "quiet" in (tmp_path / "log").read_text()


def test_the_console_shows_that_a_long_command_lives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("setup_console.HEARTBEAT_S", 0.05)
    shown = io.StringIO()
    Console(tmp_path / "log", shown).run([sys.executable, "-c", "import time; time.sleep(.4)"])
    assert "still at it" in shown.getvalue()


def alive(pid: int) -> bool:
    """A child whose parent is gone may stay for a while as a zombie, which is as good as ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


def test_an_interruption_ends_the_running_command_and_its_children(tmp_path: Path) -> None:
    child = "import time; time.sleep(60)"
    start = f"p = subprocess.Popen([sys.executable, '-c', {child!r}])"
    parent = f"import subprocess, sys; {start}; print(p.pid, flush=True); p.wait()"
    console = Console(tmp_path / "log", io.StringIO())

    def interrupt(process: subprocess.Popen[bytes]) -> int:
        while not (pids := [line for line in (tmp_path / "log").read_text().splitlines() if line.isdigit()]):
            assert process.poll() is None
        interrupt.child = int(pids[0])  # type: ignore[attr-defined]
        raise KeyboardInterrupt

    console._wait = interrupt  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        console.run([sys.executable, "-c", parent])
    deadline = time.monotonic() + 10
    while alive(interrupt.child):  # type: ignore[attr-defined]
        assert time.monotonic() < deadline
        time.sleep(0.02)
