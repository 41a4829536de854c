"""An environment: where tasks run, as `pipeline_configs/environments/<name>.yaml` declares it."""

from typing import Annotated, Literal

from pydantic import Field

from pipeline_configs.declaration import Declaration, Name

__all__ = ["Beam", "Environment", "MetadataStore", "PseudonymKey"]


class Beam(Declaration):
    """Where Beam runs."""

    runner: Literal["direct"] = "direct"
    """direct: on this machine."""
    mode: Literal["in_memory", "multi_threading", "multi_processing"] = "in_memory"
    """How the direct runner runs its workers."""
    workers: Annotated[int, Field(ge=0)] = 1
    """Number of workers; 0 for one a core."""
    options: tuple[str, ...] = ()
    """Further options, written as for Beam: --s3_endpoint_url=..."""


class MetadataStore(Declaration):
    """ML Metadata database."""

    kind: Literal["sqlite"] = "sqlite"
    """SQLite file."""
    path: str
    """File of the database."""


class PseudonymKey(Declaration):
    """Secret from which patients' pseudonyms are made (HMAC); without it no record is read."""

    variable: str = "GALEN_PSEUDONYM_KEY"
    """Environment variable with the key; at least 16 characters."""
    file: str = ""
    """File with the key, used where the variable is unset."""
    create: bool = False
    """Whether a random key is written to `file` where there is none; for demonstrations."""


class Environment(Declaration):
    """Where runs, metadata, models and logs are kept, and what the work is done with."""

    name: Name
    """The environment's name, the same as the file's."""
    description: str = ""
    """What it is for."""
    pipeline_root: str
    """Folder of the artifacts; one folder a task below it."""
    metadata: MetadataStore
    """ML Metadata database."""
    serving_root: str
    """Folder of the pushed models; one folder a task below it."""
    log_root: str
    """Folder of the logs of runs."""
    pseudonym_key: PseudonymKey = PseudonymKey()
    """Secret from which patients' pseudonyms are made."""
    beam: Beam = Beam()
    """Where Beam runs."""
    compression: Literal["", "gzip"] = ""
    """Compression of examples at rest: none is fastest, gzip takes a third of the space."""
