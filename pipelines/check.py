"""`galen check`: holds configuration, schema, data header and key against each other, before anything runs."""

from pathlib import Path

from pipeline_configs.environment import Environment
from pipeline_configs.errors import ConfigError, GalenError, Problem
from pipeline_configs.task import Task
from pipelines.beam.reach import beam_problems
from pipelines.config import schema_file
from pipelines.prepare import data_to_write, key_to_make

__all__ = ["check_configuration", "check_data", "check_declarations"]


def check_configuration(task: Task, task_file: Path, environment: Environment) -> list[Problem]:
    """Returns what is wrong with schema and environment; a reason for exit code 2."""
    return [*check_declarations(task, task_file), *_key_problems(environment), *beam_problems(environment.beam)]


def check_declarations(task: Task, task_file: Path) -> list[Problem]:
    """Returns what is wrong between a task and its schema; needs no data and no secret."""
    from schemas.curated import compare, read_schema

    file = schema_file(task_file)
    try:
        problems = compare(task, read_schema(file), str(file))
    except ConfigError as error:
        problems = list(error.problems)
    if task.data.format == "fhir":
        from components.fhir.mapping import mapping_problems

        problems += mapping_problems(task)
    return problems


def check_data(task: Task, environment: Environment, span: int | str | None = None) -> list[Problem]:
    """Returns what is wrong with the data's header; a reason for exit code 4.

    Bundled data that is not written yet is in order: a run writes it.

    Args:
        task: The task.
        environment: Its Beam options say how storage is reached.
        span: The span asked for; the newest where it is None.

    Raises:
        GalenError: The span is none, or the storage does not answer.
    """
    from components.ingest.source import span_number
    from components.storage import is_remote, use_options

    if is_remote(task.data.path):
        use_options(environment.beam.options)
    if data_to_write(task):
        return []
    number = span_number(span)
    if task.modality == "images":
        from components.image_example_gen.inspect_images import inspect_images

        return inspect_images(task, number)
    if task.modality == "notes":
        from components.notes_example_gen.inspect_notes import inspect_notes

        return inspect_notes(task, number)
    if task.data.format == "fhir":
        from components.fhir.inspect import inspect_fhir

        return inspect_fhir(task)
    from components.ingest.header import inspect_header

    return inspect_header(task, number)


def _key_problems(environment: Environment) -> list[Problem]:
    if key_to_make(environment):
        return []
    from privacy.pseudonyms import load_key

    try:
        load_key(environment.pseudonym_key)
    except GalenError as error:
        return list(error.problems)
    return []
