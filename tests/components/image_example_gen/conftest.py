"""Fixtures of the tests of ImageExampleGen."""

from pathlib import Path

import pytest

pytest.importorskip("tfx")
pytest.importorskip("pydicom")

from components.image_example_gen.component import ImageExampleGen
from tests.components.ingest.helpers import KEY
from tests.components.ingest.running import Run


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GALEN_PSEUDONYM_KEY", KEY.decode())


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path / "root", ImageExampleGen)
