"""Executor of an ExampleGen: runs the ingest, judges what came out, and only then puts examples in place."""

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tfx import types
from tfx.components.example_gen import utils
from tfx.components.example_gen.write_split import to_file_format_str
from tfx.components.util import examples_utils
from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
from tfx.proto import example_gen_pb2
from tfx.types import artifact_utils
from tfx.types.standard_component_specs import EXAMPLES_KEY, INPUT_BASE_KEY, INPUT_CONFIG_KEY
from tfx.utils import proto_utils

from components.ingest.ingest import Counts
from components.ingest.job import Result, Settings
from components.ingest.quarantine import Quarantine
from components.ingest.report import Summary, deidentification_json, problems_of, report_json
from components.ingest.runner_problem import runner_problem
from components.ingest.source import find_files
from components.ingest.spec import COMPRESSION_KEY, DECLARATION_KEY, DEIDENTIFICATION_KEY, KEY_SOURCE_KEY, REPORT_KEY
from components.ingest.splits import SPLITS
from components.storage import (
    StoredFile,
    create,
    delete,
    join,
    open_file,
    rename,
    use_options,
    writing,
)
from pipeline_configs.environment import PseudonymKey
from pipeline_configs.errors import DataProblem, GalenError, Problem, RunFailed
from pipeline_configs.paths import is_remote
from pipeline_configs.task import Task
from privacy.pseudonyms import key_check, load_key

__all__ = ["IngestExecutor", "Ingested"]

Artifacts = dict[str, list[types.Artifact]]


@dataclass(frozen=True)
class Ingested:
    """What became of the files of a span.

    Attributes:
        results: One for each piece of work, in order.
        patients: Number of different patients among the rows written.
        facts: What else the report says, by name: counts and shares, nothing of a patient.
    """

    results: Sequence[Result]
    patients: int
    facts: Mapping[str, Any] = field(default_factory=dict)


class IngestExecutor(BaseBeamExecutor):
    """Ingests the files of one span; how files become results is the modality's."""

    def ingest(self, settings: Settings, source: str, files: Sequence[StoredFile]) -> Ingested:
        """Reads files and writes shards below `settings.work`.

        Args:
            settings: What all jobs share.
            source: The data, for messages.
            files: At least one file.

        Returns:
            What became of them; failures are in the results, and are raised by the caller.

        Raises:
            DataProblem: The files are not what the task declares.
            RunFailed: Something outside the data went wrong.
        """
        raise NotImplementedError

    def Do(self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]) -> None:
        """Ingests.

        Args:
            input_dict: Empty.
            output_dict: `examples`, `ingest_report` and `deidentification`.
            exec_properties: The parameters of the component, with the span and version that its driver found.

        Raises:
            DataProblem: The data cannot be read, or too little of it.
            ConfigError: There is no key for pseudonyms.
            RunFailed: Something outside the data went wrong. In every case no examples are left.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        examples = artifact_utils.get_single_instance(output_dict[EXAMPLES_KEY])
        report = artifact_utils.get_single_instance(output_dict[REPORT_KEY])
        removed = artifact_utils.get_single_instance(output_dict[DEIDENTIFICATION_KEY])
        gzip = exec_properties.get(COMPRESSION_KEY) == "gzip"
        key_source = exec_properties[KEY_SOURCE_KEY]
        key = load_key(PseudonymKey.model_validate_json(key_source))  # without a key nothing is read
        declared = _for_workers(exec_properties[DECLARATION_KEY])
        settings = Settings(declared, key_source, gzip, join(examples.uri, ".work"), key_check(key))
        use_options(self._beam_pipeline_args)
        span = int(exec_properties.get(utils.SPAN_PROPERTY_NAME) or 0)
        version = exec_properties.get(utils.VERSION_PROPERTY_NAME)
        try:
            with writing(examples.uri):
                source = _source(exec_properties)
                _Ingestion(self, settings, source, examples.uri, report.uri, removed.uri).run(span, version)
        except BaseException:
            for folder in (settings.work, *(join(examples.uri, f"Split-{split}") for split in SPLITS)):
                with suppress(Exception):  # what stopped the ingest is what is to be told
                    delete(folder)
            raise
        examples.split_names = artifact_utils.encode_split_names(list(SPLITS))
        examples.span = span
        if version is not None:
            examples.version = int(version)
        examples_utils.set_payload_format(examples, example_gen_pb2.FORMAT_TF_EXAMPLE)
        if gzip:
            examples_utils.set_file_format(examples, to_file_format_str(example_gen_pb2.FORMAT_TFRECORDS_GZIP))

    def results(self, transform: Any, path: str) -> list[Result]:
        """Runs a transform from nothing to results, and returns these in their order."""
        from components.ingest.results import WriteResults

        try:
            with self._make_beam_pipeline() as pipeline:
                _ = pipeline | "Ingest" >> transform | "WriteResults" >> WriteResults(path)
            with open_file(path) as file:
                lines = file.read().decode().splitlines()
        except Exception as error:
            known = _known(error)
            if known:
                raise known from None
            lost = runner_problem(error)
            if lost:
                raise RunFailed(lost) from error
            found = type(error).__name__
            raise RunFailed(Problem("Beam could not run the ingest", found=found, fix="see the log")) from error
        return sorted(map(Result.from_json, lines), key=lambda result: result.order)


class _Ingestion:
    """The steps of one ingest."""

    def __init__(
        self,
        executor: IngestExecutor,
        settings: Settings,
        source: str,
        examples: str,
        report: str,
        deidentification: str,
    ) -> None:
        self._executor = executor
        self._settings = settings
        self._task = settings.task
        self._source = source
        self._examples = examples
        self._report = report
        self._deidentification = deidentification
        self._started = time.monotonic()

    def run(self, span: int, version: int | None) -> None:
        files = find_files(self._source, self._task.data.format)
        ingested = self._executor.ingest(self._settings, self._source, files)
        results = ingested.results
        _raise(results)
        counts = Counts(Quarantine(self._task.data.quarantine.max_listed))
        for result in results:
            assert result.counts
            counts.merge(result.counts)
        described = [
            {"file": result.name, "rows": result.counts.measured, "bytes": result.size}
            for result in results
            if result.name and result.counts
        ] or [{"file": f"{len(files)} files", "rows": counts.measured, "bytes": sum(file.size for file in files)}]
        took = time.monotonic() - self._started
        summary = Summary(counts, described, ingested.patients, span, version, took, ingested.facts)
        self._judge(summary)
        self._write(self._report, summary)
        _write_file(join(self._deidentification, "deidentification.json"), deidentification_json(self._task, summary))
        self._put_in_place(results)
        delete(self._settings.work)

    def _judge(self, summary: Summary) -> None:
        """Stops the run where the rows do not do; the quarantine is then kept beside the artifacts."""
        root, _, execution = self._report.rsplit("/", 2)
        kept = join(root, "quarantine", execution)
        problems = problems_of(self._task, summary, self._source, join(kept, "quarantine.csv"))
        if problems:
            self._write(kept, summary)
            raise DataProblem(*problems)

    def _write(self, folder: str, summary: Summary) -> None:
        contents = {"report.json": report_json(summary), "quarantine.csv": summary.counts.quarantine.csv()}
        with writing(folder):
            for name, content in contents.items():
                _write_file(join(folder, name), content)

    def _put_in_place(self, results: Sequence[Result]) -> None:
        """Gives the shards their final names."""
        moves = []
        for split in SPLITS:
            shards = [
                join(result.folder, shard)
                for result in results
                for shard in result.counts.shards.get(split, ())  # type: ignore[union-attr]
            ]
            for number, shard in enumerate(shards):
                suffix = shard[shard.index(".tfrecord") :]
                target = f"data-{number:05d}-of-{len(shards):05d}{suffix}"
                moves.append((shard, join(self._examples, f"Split-{split}", target)))
        rename(moves)


def _write_file(path: str, content: bytes) -> None:
    with writing(path):
        file = create(path)
        try:
            file.write(content)
        finally:
            file.close()


def _for_workers(declaration: str) -> str:
    """The declaration with a whole path for `data.root`: workers have another working directory."""
    task = Task.model_validate_json(declaration)
    root = task.data.root
    if not root or is_remote(root):
        return declaration
    data = task.data.model_copy(update={"root": str(Path(root).expanduser().absolute())})
    return task.model_copy(update={"data": data}).model_dump_json()


def _source(exec_properties: dict[str, Any]) -> str:
    config = example_gen_pb2.Input()
    proto_utils.json_to_proto(exec_properties[INPUT_CONFIG_KEY], config)
    return join(exec_properties[INPUT_BASE_KEY], config.splits[0].pattern)


def _raise(results: Sequence[Result]) -> None:
    """Raises what went wrong in any job; trouble with the machine comes before trouble with the data."""
    errors = [error for error in (result.error for result in results) if error]
    first = next((error for error in errors if isinstance(error, RunFailed)), None) or next(iter(errors), None)
    if first:
        same = [problem for error in errors if type(error) is type(first) for problem in error.problems]
        raise type(first)(*dict.fromkeys(same))


def _known(error: BaseException | None) -> GalenError | None:
    while error is not None:
        if isinstance(error, GalenError):
            return error
        error = error.__cause__ or error.__context__
    return None
