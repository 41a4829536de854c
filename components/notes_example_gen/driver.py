"""Driver of NotesExampleGen: where a manifest names text files, a changed text makes a cached result stale as well."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

from tfx.components.example_gen import utils
from tfx.orchestration import data_types
from tfx.proto import example_gen_pb2
from tfx.types.standard_component_specs import INPUT_BASE_KEY, INPUT_CONFIG_KEY
from tfx.utils import proto_utils

from components.ingest.cells import text
from components.ingest.driver import Driver
from components.ingest.source import find_files
from components.ingest.spec import DECLARATION_KEY
from components.notes_example_gen.inspect_notes import inspect_files
from components.notes_example_gen.read import read_blocks
from components.notes_example_gen.text_files import full_path
from components.storage import StoredFile, checksum, is_file, is_remote, join, knock_each, reading
from pipeline_configs.task import Task

__all__ = ["NotesDriver", "texts_fingerprint"]


class NotesDriver(Driver):
    """The driver of all of Galen's ExampleGens, with the text files of a manifest in the fingerprint."""

    def resolve_exec_properties(
        self,
        exec_properties: dict[str, Any],
        pipeline_info: data_types.PipelineInfo,
        component_info: data_types.ComponentInfo,
    ) -> dict[str, Any]:
        """Finds span, version and fingerprint; see the base."""
        properties = Driver.resolve_exec_properties(self, exec_properties, pipeline_info, component_info)
        task = Task.model_validate_json(properties[DECLARATION_KEY])
        if task.text[1].stored == "file":
            config = example_gen_pb2.Input()
            proto_utils.json_to_proto(properties[INPUT_CONFIG_KEY], config)
            source = join(properties[INPUT_BASE_KEY], config.splits[0].pattern)
            files = find_files(source, task.data.format)
            # What is wrong with a manifest is told by the executor.
            if not inspect_files(task, files):
                properties[utils.FINGERPRINT_PROPERTY_NAME] += f",texts:{texts_fingerprint(task, files)}"
        return properties


def texts_fingerprint(task: Task, manifests: Sequence[StoredFile]) -> str:
    """Returns a text that changes with the text files that manifests name.

    Local files are read, which takes a hundredth of the time that it takes to de-identify them; for remote ones the
    storage's own checksum is asked for. A file that is not there counts as such.

    Args:
        task: A task on notes whose text stands in files.
        manifests: Manifests with the declared columns.
    """
    total = hashlib.blake2b(digest_size=16)
    column = task.column(task.text[0])
    for manifest in manifests:
        root = task.data.root or manifest.path.rpartition("/")[0]
        for block in read_blocks(manifest.path, task):
            paths = list(_paths(text(block.batch.column(column)).values.to_pylist(), root))
            knock_each(paths)
            for path in paths:
                total.update(f"{_checksum(path)}\n".encode())
    return total.hexdigest()


def _paths(cells: Sequence[str | None], root: str) -> Iterator[str]:
    return (full_path(root, cell) for cell in cells if cell is not None)


def _checksum(path: str) -> str:
    if not is_file(path):  # A pipe would be waited for.
        return ""
    with reading(path):
        try:
            return checksum(path)
        except OSError:
            if is_remote(path):
                raise
            return ""
