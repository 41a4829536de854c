"""Silence, and what is put back after it."""

import logging
import threading
import warnings

import pytest
from pydicom import config

from transforms.pixels.quiet import quiet


def test_silence_ends(recwarn: pytest.WarningsRecorder) -> None:
    before = config.settings.reading_validation_mode, logging.getLogger("pydicom").level
    with quiet(), quiet():
        warnings.warn("a value", stacklevel=1)
        assert not logging.getLogger("pydicom").isEnabledFor(logging.CRITICAL)
    assert len(recwarn) == 0
    assert (config.settings.reading_validation_mode, logging.getLogger("pydicom").level) == before
    warnings.warn("something else", stacklevel=1)
    assert len(recwarn) == 1


def test_it_ends_after_an_error() -> None:
    before = config.settings.reading_validation_mode
    with pytest.raises(KeyError), quiet():
        raise KeyError
    assert config.settings.reading_validation_mode == before


def test_threads_that_overlap(recwarn: pytest.WarningsRecorder) -> None:
    """The first one leaves while the second is still inside."""
    entered, left = threading.Event(), threading.Event()

    def second() -> None:
        with quiet():
            entered.set()
            left.wait(5)
            warnings.warn("a value", stacklevel=1)

    before = config.settings.reading_validation_mode
    thread = threading.Thread(target=second)
    with quiet():
        thread.start()
        entered.wait(5)
    left.set()
    thread.join()
    assert len(recwarn) == 0
    assert config.settings.reading_validation_mode == before
