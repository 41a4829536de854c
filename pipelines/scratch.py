"""A folder for what libraries write down for a while, which goes with the run: Beam leaves its own behind."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from multiprocessing import util

__all__ = ["scratch"]


@contextlib.contextmanager
def scratch() -> Iterator[None]:
    """Makes a folder that everything takes for temporary files, in this process and those that it starts."""
    util.get_temp_dir()  # multiprocessing keeps its folder for the life of the process, which may be longer.
    before, variable = tempfile.tempdir, os.environ.get("TMPDIR")
    with tempfile.TemporaryDirectory(prefix="galen-", ignore_cleanup_errors=True) as folder:
        tempfile.tempdir = os.environ["TMPDIR"] = folder
        try:
            yield
        finally:
            tempfile.tempdir = before
            if variable is None:
                os.environ.pop("TMPDIR", None)
            else:
                os.environ["TMPDIR"] = variable
