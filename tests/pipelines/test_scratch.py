"""Temporary files of a run, and of the processes that it starts, go with it."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from pipelines.scratch import scratch

BEAM = """
import sys, tempfile
import apache_beam as beam
from pipelines.scratch import scratch
with scratch():
    with beam.Pipeline("DirectRunner") as pipeline:
        _ = pipeline | beam.Create([1, 2]) | beam.Map(print)
    if "left" in sys.argv:
        print(len(list(__import__("pathlib").Path(tempfile.gettempdir()).iterdir())), "left")
"""


def test_what_beam_leaves_behind_goes(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    variables = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(root)}
    command = [sys.executable, "-c", BEAM, "left"]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=120, check=True)
    assert int(done.stdout.split()[-2]) > 0  # else there is nothing to show
    assert list(tmp_path.iterdir()) == []


def test_the_folder_is_that_of_children_too_and_the_old_one_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    ask = [sys.executable, "-c", "import tempfile; print(tempfile.gettempdir())"]
    with scratch():
        inside = tempfile.gettempdir()
        child = subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip()
        Path(tempfile.mkdtemp(), "file").touch()
    assert child == inside and Path(inside).parent == tmp_path
    assert not Path(inside).exists()
    assert os.environ["TMPDIR"] == tempfile.gettempdir() == str(tmp_path)
