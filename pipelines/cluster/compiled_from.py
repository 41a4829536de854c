"""What a pipeline was compiled from, in a few letters: so that a container refuses what is not its own."""

import hashlib

from pipelines.config import load_environment, load_task, schema_file

__all__ = ["compiled_from"]


def compiled_from(task: str, environment: str) -> str:
    """Returns Galen's version and a digest of task, schema and environment: "0.1.0-9f86d081884c".

    The digest is of what the declarations mean, not of how they are written; run parameters are no part of it.

    Raises:
        ConfigError: One of them is wrong.
    """
    from components.model_pusher.revision import galen_version
    from schemas.curated import read_schema, schema_text

    declared, file = load_task(task)
    parts = (
        declared.model_dump_json(),
        load_environment(environment).model_dump_json(exclude={"kubeflow": True, "metadata": {"outer_host"}}),
        schema_text(read_schema(schema_file(file))),
    )
    return f"{galen_version()}-{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:12]}"
