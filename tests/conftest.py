"""What all tests share: where the real data is, where it is present."""

import os
import signal
from pathlib import Path

import pytest

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell's background job ignores interrupts, and so would all that is started here to be interrupted.
    signal.signal(signal.SIGINT, signal.default_int_handler)

SHARED = Path(os.environ.get("GALEN_TEST_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder with public data sets that are not part of the project; the test is skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"the public data sets are not there: {SHARED} (set GALEN_TEST_DATA)")
    return SHARED


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begins with the files that hold whole pipelines and other slow tests, so that none is left alone at the end."""
    files: dict[Path, int] = {}
    for item in items:
        weight = 10 * bool(item.get_closest_marker("e2e")) + bool(item.get_closest_marker("slow"))
        files[item.path] = files.get(item.path, 0) + weight
    items.sort(key=lambda item: -files[item.path])
