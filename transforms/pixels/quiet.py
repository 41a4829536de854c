"""Silence while libraries read a file: their warnings quote values of the header."""

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["quiet"]

_LOGGERS = ("pydicom", "pydicom.pixels.utils", "pydicom.pixels.decoders.base", "pylibjpeg", "openjpeg", "PIL")
_lock = threading.Lock()
_inside = 0
_before: dict[str, Any] = {}


@contextmanager
def quiet() -> Iterator[None]:
    """Keeps what pydicom, the decoders and Pillow have to say about a file from logs and from stderr.

    Warnings, log levels and pydicom's validation are settings of the whole process. They are changed when the first
    thread enters and put back when the last one leaves, so that no thread puts back what another still needs.
    """
    global _inside
    with _lock:
        if not _inside:
            _silence()
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside:
                _restore()


def _silence() -> None:
    from pydicom import config

    # A reading mode of the process' own is one attribute less to compute for each element, too.
    _before["mode"] = config.settings.reading_validation_mode
    config.settings.reading_validation_mode = config.IGNORE
    _before["levels"] = [(name, logging.getLogger(name).level) for name in _LOGGERS]
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    _before["warnings"] = warnings.catch_warnings()
    _before["warnings"].__enter__()
    warnings.simplefilter("ignore")


def _restore() -> None:
    from pydicom import config

    _before["warnings"].__exit__(None, None, None)
    for name, level in _before["levels"]:
        logging.getLogger(name).setLevel(level)
    config.settings.reading_validation_mode = _before["mode"]
    _before.clear()
