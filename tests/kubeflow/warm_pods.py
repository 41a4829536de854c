"""Pods whose interpreters have their imports done: processes forked from one that has, for pipelines of light nodes.

What a pod imports, and what it costs, is seen where compiled pipelines run with real nodes (tests/e2e); here it is the
same for each of some two hundred.
"""

import multiprocessing
import os
import runpy
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_MODULE = "tests.kubeflow.light_node"
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.kubeflow.light_imports"])


class WarmPod:
    """A process of `tests.kubeflow.light_node`; as much of `subprocess.Popen` as a KFP needs."""

    def __init__(self, command: Sequence[str], variables: Mapping[str, str], folder: Path, log: Path) -> None:
        self._process = _CONTEXT.Process(target=_run, args=(list(command[3:]), dict(variables), str(folder), str(log)))
        self._process.start()

    def kill(self) -> None:
        """Ends it as the kernel does."""
        self._process.kill()

    def wait(self) -> int:
        """Returns its exit code; a signal's number is negative."""
        self._process.join()
        code = self._process.exitcode
        assert code is not None
        return code


def _run(arguments: list[str], variables: dict[str, str], folder: str, log: str) -> None:
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for descriptor in (1, 2):
        os.dup2(output, descriptor)
    os.close(output)
    os.environ.clear()
    os.environ.update(variables)
    os.chdir(folder)
    sys.argv = [_MODULE, *arguments]
    runpy.run_module(_MODULE, run_name="__main__")
