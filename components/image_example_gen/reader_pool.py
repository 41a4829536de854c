"""The processes that read images for the workers of this process.

Workers are threads where the runner says so. The first of them that has images to read does so itself; each further
one at the same time has a process, so that there are as many readers as the runner was told to have workers, however
it starts them. Processes are kept for the next images until nobody needs any; one that is starting keeps nobody
waiting.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from components.image_example_gen.reader_process import ReaderProcess

__all__ = ["borrowed", "keep", "kept", "let_go"]

_WORTH = 32
"""Images for which it is worth to start a process."""

_lock = threading.Lock()
_idle: list[ReaderProcess] = []
_keepers = 0
_one_reads_here = False


@contextmanager
def kept(ahead: int = 0) -> Iterator[None]:
    """Keeps processes until the last of those who keep them leaves.

    Args:
        ahead: Processes to start at once, as they take half a second.
    """
    keep()
    try:
        for _ in range(ahead):
            _give_back(_started())
        yield
    finally:
        let_go()


def keep() -> None:
    """Keeps processes until `let_go`."""
    global _keepers
    with _lock:
        _keepers += 1


def let_go() -> None:
    """Ends the processes that nobody uses, unless others keep them."""
    global _keepers
    with _lock:
        _keepers = max(0, _keepers - 1)
        ended = [] if _keepers else _idle[:]
        del _idle[: len(ended)]
    for process in ended:
        process.stop()


@contextmanager
def borrowed(images: int) -> Iterator[ReaderProcess | None]:
    """Gives a process to a worker, or None to the one that reads itself.

    Args:
        images: Number of images to read; for few none is started.
    """
    global _one_reads_here
    with _lock:
        here = not _one_reads_here
        _one_reads_here = True
        process = _idle.pop() if not here and _idle else None
    if not here and not process and images >= _WORTH:
        process = _started()
    try:
        yield process
    finally:
        if here:
            with _lock:
                _one_reads_here = False
        _give_back(process)


def _started() -> ReaderProcess | None:
    try:
        return ReaderProcess()
    except OSError:  # No room for another process: it goes without, only slower.
        return None


def _give_back(process: ReaderProcess | None) -> None:
    if not process:
        return
    with _lock:
        keep_it = _keepers and not process.asked
        if keep_it:
            _idle.append(process)
    if not keep_it:
        process.stop()


def _forget() -> None:
    """A process that was forked does not share the processes of its parent."""
    global _lock, _keepers, _one_reads_here
    _lock = threading.Lock()
    _idle.clear()
    _keepers, _one_reads_here = 0, False


os.register_at_fork(after_in_child=_forget)
