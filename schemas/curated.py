"""Reads a task's curated schema and holds it against the task's declaration."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_configs.errors import ConfigError, Problem, closest
from pipeline_configs.task import Task
from schemas.expected import SERVING, expected_schema

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0 import schema_pb2

__all__ = ["compare", "read_schema", "schema_text"]


def read_schema(file: Path) -> "schema_pb2.Schema":
    """Reads a schema in text form.

    Args:
        file: The `.pbtxt` file.

    Returns:
        A schema_pb2.Schema.

    Raises:
        ConfigError: The file is missing or is no schema.
    """
    from google.protobuf import text_format
    from tensorflow_metadata.proto.v0 import schema_pb2

    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        fix = "draft it with: galen init NAME, without --data"
        raise ConfigError(Problem("the task has no curated schema", str(file), fix=fix)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(Problem(f"the schema cannot be read ({type(error).__name__})", str(file))) from None
    try:
        return text_format.Parse(text, schema_pb2.Schema())
    except text_format.ParseError as error:
        raise ConfigError(
            Problem("the schema is not valid text of a Schema message", str(file), found=str(error))
        ) from None


def schema_text(schema: "schema_pb2.Schema") -> str:
    """Returns a schema in text form, as the curated files hold it."""
    from google.protobuf import text_format

    return str(text_format.MessageToString(schema, as_utf8=True))


def compare(task: Task, curated: "schema_pb2.Schema", file: str) -> list[Problem]:
    """Holds a curated schema against the task.

    Types, ranges, values, environments and the list of features must agree. Presence and drift thresholds are the
    curator's own: the schema may be stricter than the declaration, never looser.

    Args:
        task: The task.
        curated: Its schema.
        file: Name of the schema's file, for messages.

    Returns:
        A problem for each difference.
    """
    expected = expected_schema(task)
    want = {feature.name: feature for feature in expected.feature}
    have = {feature.name: feature for feature in curated.feature}
    problems = []
    for name in want.keys() - have.keys():
        problems.append(
            Problem(
                f"the schema lacks the feature '{name}' that the task declares",
                file,
                fix=closest(name, have) or f'add feature {{ name: "{name}" }}',
            )
        )
    for name in have.keys() - want.keys():
        problems.append(
            Problem(
                f"the schema has the feature '{name}' that the task does not declare",
                file,
                fix=closest(name, want) or "remove it, or declare it",
            )
        )
    for name in want.keys() & have.keys():
        problems.extend(_differences(want[name], have[name], expected, curated, file))
    return sorted(problems, key=lambda problem: problem.what)


def _differences(
    want: "schema_pb2.Feature",
    have: "schema_pb2.Feature",
    expected: "schema_pb2.Schema",
    curated: "schema_pb2.Schema",
    file: str,
) -> Iterator[Problem]:
    from tensorflow_metadata.proto.v0 import schema_pb2

    where = f"{file}: feature {want.name}"
    fix = "change the schema or the task, whichever is wrong"
    kinds = schema_pb2.FeatureType
    if want.type != have.type:
        yield Problem("schema and task differ in type", where, kinds.Name(want.type), kinds.Name(have.type), fix)
        return
    for domain in ("float_domain", "int_domain"):
        bounds = [
            (getattr(f, domain).min, getattr(f, domain).max) if f.HasField(domain) else None for f in (want, have)
        ]
        if not _same_bounds(*bounds):
            yield Problem(
                "schema and task differ in the plausible range", where, _text(bounds[0]), _text(bounds[1]), fix
            )
    values = [_values(want, expected), _values(have, curated)]
    if values[0] != values[1]:
        yield Problem("schema and task differ in the values allowed", where, _text(values[0]), _text(values[1]), fix)
    if (SERVING in want.not_in_environment) != (SERVING in have.not_in_environment):
        wanted = "not in SERVING" if SERVING in want.not_in_environment else "in SERVING"
        yield Problem("schema and task differ in the environment", where, wanted, fix=fix)
    if have.presence.min_fraction < want.presence.min_fraction - 1e-6:
        yield Problem(
            "the schema lets more values be missing than the task",
            where,
            f"presence.min_fraction of at least {want.presence.min_fraction:g}",
            f"{have.presence.min_fraction:g}",
            fix,
        )
    if want.lifecycle_stage != have.lifecycle_stage:
        stages = schema_pb2.LifecycleStage
        yield Problem(
            "schema and task differ in the lifecycle stage",
            where,
            stages.Name(want.lifecycle_stage),
            stages.Name(have.lifecycle_stage),
        )


def _same_bounds(want: tuple[float, float] | None, have: tuple[float, float] | None) -> bool:
    if want is None or have is None:
        return want == have
    return all(abs(a - b) <= 1e-6 * max(1.0, abs(a)) for a, b in zip(want, have, strict=True))


def _values(feature: "schema_pb2.Feature", schema: "schema_pb2.Schema") -> frozenset[str] | None:
    if feature.HasField("string_domain"):
        return frozenset(feature.string_domain.value)
    if not feature.domain:
        return None
    return frozenset(v for domain in schema.string_domain if domain.name == feature.domain for v in domain.value)


def _text(value: tuple[float, float] | frozenset[str] | None) -> str:
    if value is None:
        return "none"
    if isinstance(value, tuple):
        return f"{value[0]:g} to {value[1]:g}"
    return ", ".join(sorted(value))
