"""Artifacts in gs://, s3:// or Azure: TFX's own work on them, and local copies for executors.

TensorFlow knows no s3:// and no Azure, and libraries that executors call write with it. So an executor works on this
machine's disk: its inputs are copied there before, its outputs to the storage after it, and only then they are
published. TFX's driver and launcher make, look for and delete folders through `fileio`, which `ObjectStorage` extends.
"""

import contextlib
import io
import logging
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar

from tfx.dsl.io import filesystem, filesystem_registry
from tfx.orchestration.portable import outputs_utils
from tfx.orchestration.portable.beam_executor_operator import BeamExecutorOperator
from tfx.orchestration.portable.data_types import ExecutionInfo
from tfx.orchestration.portable.python_executor_operator import PythonExecutorOperator
from tfx.proto.orchestration import executable_spec_pb2
from tfx.types import Artifact

from components import storage
from components.storage import at_home, homes, is_remote, reading, writing
from pipeline_configs.errors import GalenError, Problem

__all__ = ["OPERATORS", "ObjectStorage", "fetch"]

_LOG = logging.getLogger("galen.launching")


class ObjectStorage(filesystem.Filesystem):
    """What TFX's driver, launcher and publisher ask of a storage; folders are there when something is in them.

    A storage that does not answer, or gives no access, is a RunFailed or a DataProblem, as elsewhere.
    """

    SUPPORTED_SCHEMES: ClassVar[list[str]] = ["gs://", "s3://", "azfs://"]

    @staticmethod
    def open(name: str, mode: str = "r") -> Any:
        """Opens a small file, which is read at once, and written when it is closed."""
        if "w" in mode:
            return _Written(name) if "b" in mode else io.TextIOWrapper(_Written(name), "utf-8")
        content = None
        with reading(name), contextlib.suppress(FileNotFoundError):
            content = storage.read(name)
        if content is None:
            raise filesystem.NotFoundError
        return io.BytesIO(content) if "b" in mode else io.StringIO(content.decode())

    @staticmethod
    def exists(path: str) -> bool:
        """Whether there is a file, or a folder with anything in it."""
        with reading(path):
            return storage.exists(path)

    @staticmethod
    def isdir(path: str) -> bool:
        """Whether there is anything below."""
        with reading(path):
            return bool(storage.names_below(path))

    @staticmethod
    def makedirs(path: str) -> None:
        """Does nothing: a folder begins with its first file."""

    @staticmethod
    def mkdir(path: str) -> None:
        """Does nothing, as `makedirs`."""

    @staticmethod
    def remove(path: str) -> None:
        """Deletes a file."""
        with writing(path):
            storage.delete(path)

    @staticmethod
    def rmtree(path: str) -> None:
        """Deletes a folder with all in it, if there is one."""
        with writing(path):
            storage.delete(path)


class _Written(io.BytesIO):
    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path

    def close(self) -> None:
        content = None if self.closed else self.getvalue()
        super().close()
        if content is not None:
            with writing(self._path):
                storage.write(self._path, content)


class _StagedPython(PythonExecutorOperator):
    def run_executor(self, execution_info: ExecutionInfo) -> Any:
        return _staged(execution_info, super().run_executor)


class _StagedBeam(BeamExecutorOperator):
    def run_executor(self, execution_info: ExecutionInfo, make_beam_pipeline_fn: Any = None) -> Any:
        return _staged(execution_info, lambda info: super(_StagedBeam, self).run_executor(info, make_beam_pipeline_fn))


OPERATORS = {
    executable_spec_pb2.PythonClassExecutableSpec: _StagedPython,
    executable_spec_pb2.BeamExecutableSpec: _StagedBeam,
}
"""For TFX's launcher: operators whose executors work on local copies."""

filesystem_registry.DEFAULT_FILESYSTEM_REGISTRY.register(ObjectStorage, priority=-1)


def _staged(info: ExecutionInfo, execute: Callable[[ExecutionInfo], Any]) -> Any:
    """Runs an executor on copies of its inputs, and stores its outputs.

    Returns:
        The executor's output, as if it had worked in the storage.

    Raises:
        DataProblem: An input cannot be read.
        RunFailed: An output cannot be stored, or there is no room here.
        Exception: Whatever the executor raises; nothing is stored then.
    """
    with tempfile.TemporaryDirectory(prefix="galen-") as folder, _moved(info, Path(folder)):
        try:
            _copy(info.input_dict)
            outputs_utils.make_output_dirs(info.output_dict)
            result = execute(info)
            _store(info.output_dict)
        except GalenError as error:
            told = [{name: at_home(text) for name, text in asdict(problem).items()} for problem in error.problems]
            raise type(error)(*(Problem(**problem) for problem in told)) from error
        for artifacts in result.output_artifacts.values():
            for artifact in artifacts.artifacts:
                artifact.uri = at_home(artifact.uri)
        return result


@contextmanager
def _moved(info: ExecutionInfo, folder: Path) -> Iterator[None]:
    """Lets all that is in a storage be in a folder."""
    named = ("execution_output_uri", "stateful_working_dir", "tmp_dir")
    artifacts = [*_artifacts(info.input_dict), *_artifacts(info.output_dict)]
    before = {name: getattr(info, name) for name in named}
    _move(artifacts, folder)
    for name in named:
        setattr(info, name, str(folder / name))
    for name in named[1:]:
        (folder / name).mkdir()
    try:
        yield
    finally:
        for artifact in artifacts:
            artifact.uri = homes.get(artifact.uri, artifact.uri)
        for name, value in before.items():
            setattr(info, name, value)
        homes.clear()


def _artifacts(found: Mapping[str, Sequence[Artifact]]) -> list[Artifact]:
    return [artifact for artifacts in found.values() for artifact in artifacts]


def fetch(inputs: Mapping[str, Sequence[Artifact]], folder: Path) -> None:
    """Copies inputs into a folder, where their artifacts are from then on.

    Raises:
        DataProblem: An input cannot be read.
        RunFailed: There is no room here.
    """
    _move(_artifacts(inputs), folder)
    _copy(inputs)


def _move(artifacts: Sequence[Artifact], folder: Path) -> None:
    """Notes where artifacts of a storage are at home, and lets them be in a folder."""
    for artifact in artifacts:
        if is_remote(artifact.uri):
            here = str(folder / artifact.uri.partition("://")[2])
            homes[here] = artifact.uri
            artifact.uri = here


def _copy(inputs: Mapping[str, Sequence[Artifact]]) -> None:
    start, size = time.monotonic(), 0
    for here in sorted({artifact.uri for artifact in _artifacts(inputs)} & set(homes)):
        with reading(homes[here]), writing(here):
            size += _copied(homes[here], here)
    _LOG.info("fetched %d bytes of inputs in %.1f s", size, time.monotonic() - start)


def _store(outputs: Mapping[str, Sequence[Artifact]]) -> None:
    start, size = time.monotonic(), 0
    for here in sorted({artifact.uri for artifact in _artifacts(outputs)} & set(homes)):
        with writing(homes[here]):
            size += _copied(here, homes[here])
    _LOG.info("stored %d bytes of outputs in %.1f s", size, time.monotonic() - start)


def _copied(source: str, target: str) -> int:
    """Copies an artifact and returns its bytes; one without a file is a folder, by which TFX knows that it is there."""
    size = storage.copy_tree(source, target)
    if not size and not storage.exists(target):
        storage.make_folder(target)
    return size
