"""Where the Python of a portable runner's workers comes from."""

from typing import Annotated, Literal

from pydantic import Field

from pipeline_configs.declaration import Declaration

__all__ = [
    "Address",
    "AddressOrNone",
    "DockerWorkers",
    "ExternalWorkers",
    "LoopbackWorkers",
    "ProcessWorkers",
    "Workers",
]

Address = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+:[0-9]{1,5}$")]
"""Host and port."""

AddressOrNone = Annotated[str, Field(pattern=r"^$|^[A-Za-z0-9._-]+:[0-9]{1,5}$")]
"""Host and port, or nothing."""


class DockerWorkers(Declaration):
    """A container beside each node of the cluster's workers."""

    kind: Literal["docker"]
    image: str
    """Image with Galen, or its dependencies, and the boot program of Beam's SDK images, which starts the workers and
    which Galen's own image does not have (docs/guides/beam.md)."""
    package: str = ""
    """Source distribution of Galen that workers install when they start, where the image holds only its dependencies;
    `make sdist` makes it."""


class ProcessWorkers(Declaration):
    """A process that the cluster's own workers start."""

    kind: Literal["process"]
    command: str
    """Program on the workers' machines that starts Beam's worker: /opt/apache/beam/boot in Beam's images."""
    variables: dict[str, str] = Field(default_factory=dict)
    """Environment variables for it. They travel with the job, so that none may be a secret."""
    package: str = ""
    """Source distribution of Galen that workers install when they start; for commands that do so, as boot does."""


class ExternalWorkers(Declaration):
    """A pool of workers that runs already: beside each of the cluster's workers, or on this machine."""

    kind: Literal["external"]
    address: Address
    """Host and port of the pool, as the cluster's workers see it; localhost for one beside each of them."""


class LoopbackWorkers(Declaration):
    """Threads of the run's own process, for a cluster on the same machine."""

    kind: Literal["loopback"]


Workers = Annotated[
    DockerWorkers | ProcessWorkers | ExternalWorkers | LoopbackWorkers,
    Field(discriminator="kind"),
]
