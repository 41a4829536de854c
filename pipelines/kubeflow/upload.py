"""Compiles and uploads while somebody watches: a sign of life, warnings, and nothing of what TensorFlow says."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import typer

from pipelines.kubeflow.api import Api
from pipelines.kubeflow.submit import Uploaded, uploaded
from pipelines.logs import captured
from pipelines.screen.console import console_on

__all__ = ["compiling_quietly", "upload"]


@contextlib.contextmanager
def compiling_quietly() -> Iterator[None]:
    """Shows that something takes a while, and keeps what is said meanwhile off the screen."""
    with captured(Path(os.devnull)) as streams, console_on(streams.err).status("compiling"):
        yield


def upload(task: str, environment: str) -> tuple[Uploaded, Api]:
    """Compiles a task's pipeline and gives it to KFP; warnings go to standard error.

    Raises:
        ConfigError: Something is wrong with the declarations.
        RunFailed: KFP does not answer, or refuses.
    """
    with compiling_quietly():
        found, client = uploaded(task, environment)
    for sentence in found.compiled.warnings:
        typer.echo(f"note: {sentence}", err=True)
    return found, client
