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
