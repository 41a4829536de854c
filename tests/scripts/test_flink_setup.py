import hashlib
import subprocess
import zipfile
from pathlib import Path

import flink_setup
import pytest
from setup_console import SetupError


def pinned(tmp_path: Path, **files: bytes) -> Path:
    lines = [f"{hashlib.sha256(content).hexdigest()}  {name}.jar" for name, content in files.items()]
    path = tmp_path / "jars.sha256"
    path.write_text("\n".join([*lines, ""]))
    return path


def folder(tmp_path: Path, **files: bytes) -> Path:
    path = tmp_path / "jars"
    path.mkdir()
    for name, content in files.items():
        (path / f"{name}.jar").write_bytes(content)
    return path


def test_the_jars_that_were_pinned_are_taken(tmp_path: Path) -> None:
    jars = folder(tmp_path, a=b"1", b=b"2")
    flink_setup._verify(jars, pinned(tmp_path, a=b"1", b=b"2"))
    assert len(list(jars.iterdir())) == 2


@pytest.mark.parametrize("files", [{"a": b"1", "b": b"other"}, {"a": b"1"}, {"a": b"1", "b": b"2", "c": b"3"}])
def test_a_jar_that_is_other_missing_or_over_is_thrown_away_with_all(tmp_path: Path, files: dict[str, bytes]) -> None:
    jars = folder(tmp_path, **files)
    with pytest.raises(SetupError, match=r"not what jars\.sha256 pins"):
        flink_setup._verify(jars, pinned(tmp_path, a=b"1", b=b"2"))
    assert not jars.exists()


def test_a_jar_of_a_manifest_alone_names_the_main_class_and_the_jars_in_lines_of_72_bytes(tmp_path: Path) -> None:
    path = tmp_path / "server.jar"
    names = [f"library-number-{number}.jar" for number in range(40)]
    flink_setup._write_jar(path, names)
    text = zipfile.ZipFile(path).read("META-INF/MANIFEST.MF").decode()
    assert max(len(line) for line in text.split("\r\n")) <= 70
    unfolded = text.replace("\r\n ", "")
    assert "Main-Class: org.apache.beam.runners.flink.FlinkJobServerDriver\r\n" in unfolded
    assert all(f"job-server/{name}" in unfolded for name in names)


def test_what_is_missing_is_said_without_fetching(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flink_setup, "LIBRARIES", tmp_path / "lib")
    monkeypatch.setattr(flink_setup, "JOB_SERVER", tmp_path / "job-server.jar")
    monkeypatch.setattr(flink_setup.shutil, "which", lambda name: "/bin/java")
    assert "make flink" in flink_setup.missing()
    monkeypatch.setattr(flink_setup.shutil, "which", lambda name: None)
    assert flink_setup.missing() == "there is no java on the PATH"


def test_every_digest_is_one_of_a_pinned_jar() -> None:
    lines = (Path(flink_setup.__file__).parent / "flink" / "jars.sha256").read_text().splitlines()
    assert len(lines) > 50
    assert all(len(line.split()) == 2 and len(line.split()[0]) == 64 and line.endswith(".jar") for line in lines)


def test_a_cluster_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    """What was started dies with its starter, even where that one is killed and can clean up nothing."""
    import os
    import signal
    import sys
    import time

    script = (
        "import subprocess, sys, time\n"
        "from flink_cluster import _die_with_parent\n"
        "child = subprocess.Popen(['sleep', '60'], preexec_fn=_die_with_parent, start_new_session=True)\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    scripts = str(Path(flink_setup.__file__).parent)
    starter = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": scripts}
    )
    assert starter.stdout
    child = int(starter.stdout.readline())
    starter.send_signal(signal.SIGKILL)
    starter.wait()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{child}").exists() and Path(f"/proc/{child}/stat").read_text().split()[2] != "Z":
        assert time.monotonic() < deadline, "it lives on"
        time.sleep(0.1)
