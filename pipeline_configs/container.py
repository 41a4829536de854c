"""What a node's container gets on Kubernetes, as an environment declares it by default and for single nodes."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from pipeline_configs.declaration import Declaration

__all__ = [
    "MEMORY_VOLUME",
    "SCRATCH_VOLUME",
    "ConfigFiles",
    "Container",
    "Cpus",
    "Duration",
    "Gpu",
    "NodeAffinity",
    "ObjectName",
    "Quantity",
    "Retries",
    "Scratch",
    "SecretFiles",
    "SecretKey",
    "Toleration",
    "Volume",
    "seconds",
]

ObjectName = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$", max_length=253)
]
"""Name of a Kubernetes object (RFC 1123 subdomain): lower-case letters, digits, `-` and `.`."""

SCRATCH_VOLUME, MEMORY_VOLUME = "scratch", "shared-memory"
"""Names of the volumes that Galen makes, which no other volume of the container can have."""

Cpus = Annotated[str, StringConstraints(pattern=r"^([1-9][0-9]{0,6}m|[1-9][0-9]{0,3}|[0-9]{1,4}\.[0-9]{1,3})$")]
"""Number of CPUs as Kubernetes writes it: 500m, 2, 1.5."""

Quantity = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,14}(K|M|G|T|P|Ki|Mi|Gi|Ti|Pi)$")]
"""Bytes of memory or storage, with their unit: 512Mi, 8Gi."""

Duration = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,5}[smh]$|^[1-9][0-9]{0,2}d$")]
"""A length of time: 30s, 10m, 2h, 1d."""

VariableName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
"""Name of an environment variable."""

MountPath = Annotated[str, StringConstraints(pattern=r"^(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$")]
"""Absolute path in the container."""

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds(duration: str) -> int:
    """Returns a `Duration` in seconds."""
    return int(duration[:-1]) * _UNITS[duration[-1]]


class Gpu(Declaration):
    """Accelerators of a container."""

    type: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9./-]*$")] = "nvidia.com/gpu"
    """Name of the resource, as the device plugin announces it."""
    count: Annotated[int, Field(ge=1, le=64)] = 1
    """How many."""


class Toleration(Declaration):
    """A taint of nodes that a pod puts up with."""

    key: str
    """Key of the taint."""
    operator: Literal["Exists", "Equal"] = "Exists"
    """Exists: whatever its value; Equal: this value."""
    value: str = ""
    """Value of the taint, with Equal."""
    effect: Literal["", "NoSchedule", "PreferNoSchedule", "NoExecute"] = ""
    """Effect of the taint; any where left out."""


class NodeAffinity(Declaration):
    """Nodes that a pod must be, or should rather be, on."""

    key: str
    """Label of the nodes."""
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"] = "In"
    """How the label is compared."""
    values: tuple[str, ...] = ()
    """With what."""
    weight: Annotated[int, Field(ge=0, le=100)] = 0
    """How much it is preferred, from 1 to 100; 0 where it is required."""


class SecretKey(Declaration):
    """One key of a Kubernetes secret."""

    secret: ObjectName
    """Name of the secret."""
    key: Annotated[str, StringConstraints(pattern=r"^[-._a-zA-Z0-9]+$")]
    """Key in it."""


class SecretFiles(Declaration):
    """A Kubernetes secret as files, one a key."""

    secret: ObjectName
    """Name of the secret."""
    path: MountPath
    """Folder."""


class ConfigFiles(Declaration):
    """A Kubernetes ConfigMap as files, one a key."""

    config_map: ObjectName
    """Name of the ConfigMap."""
    path: MountPath
    """Folder."""


class Volume(Declaration):
    """A volume that exists."""

    claim: ObjectName
    """Name of the PersistentVolumeClaim."""
    path: MountPath
    """Folder that it is mounted at."""
    sub_path: Annotated[
        str, StringConstraints(pattern=r"^([A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*)?$")
    ] = ""
    """Folder within the volume; the whole where left out."""


class Scratch(Declaration):
    """A volume that comes and goes with the container.

    Without a storage class it is a folder on the node's own disk (emptyDir), which any user may write to. With one it
    is a claim of its own, whose root belongs to root as a rule: Kubeflow Pipelines cannot set a pod's fsGroup, so that
    `user` can write there only where the storage makes the root writable.
    """

    size: Quantity
    """How large. A pod that fills more of its node's disk than this is evicted."""
    path: MountPath = "/tmp"
    """Folder that it is mounted at."""
    storage_class: ObjectName | None = None
    """Storage class of a claim; the node's own disk where left out."""


class Retries(Declaration):
    """How often a node that failed is tried again."""

    most: Annotated[int, Field(ge=0, le=10)] = 2
    """Further attempts."""
    backoff: Duration = "30s"
    """Pause before the first of them."""
    factor: Annotated[int, Field(ge=1, le=10)] = 2
    """How many times as long each further pause is."""


class Container(Declaration):
    """A node's container; what is left out for a node is that of the default."""

    image: str = ""
    """Image, by digest: registry/galen@sha256:..."""
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"
    """When the image is pulled."""
    image_pull_secrets: tuple[ObjectName, ...] = ()
    """Secrets for the registry."""
    cpu: Cpus | None = None
    """CPUs asked for."""
    cpu_limit: Cpus | None = None
    """Most CPUs."""
    memory: Quantity | None = None
    """Memory asked for."""
    memory_limit: Quantity | None = None
    """Most memory."""
    gpu: Gpu | None = None
    """Accelerators."""
    shared_memory: Quantity | None = None
    """Size of /dev/shm, taken from memory; 64Mi where left out, too little for several GPUs."""
    node_selector: Mapping[str, str] = {}
    """Labels that the pod's node must have."""
    tolerations: tuple[Toleration, ...] = ()
    """Taints that the pod puts up with."""
    node_affinity: tuple[NodeAffinity, ...] = ()
    """Nodes that it must or should rather be on."""
    variables: Mapping[VariableName, str] = {}
    """Environment variables; never secrets."""
    secrets: Mapping[VariableName, SecretKey] = {}
    """Environment variables from secrets."""
    secret_files: tuple[SecretFiles, ...] = ()
    """Secrets as files."""
    config_files: tuple[ConfigFiles, ...] = ()
    """ConfigMaps as files, such as tasks of your own."""
    volumes: tuple[Volume, ...] = ()
    """Volumes that exist, such as that of the pipeline root."""
    scratch: Scratch | None = None
    """A volume for temporary files."""
    user: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    """Number of the user that it runs as; the image's where left out."""
    labels: Mapping[str, str] = {}
    """Labels of the pod."""
    annotations: Mapping[str, str] = {}
    """Annotations of the pod."""
    retries: Retries = Retries()
    """How often a node that failed is tried again."""
    timeout: Duration | None = None
    """Longest time for one attempt, from the start of the pod; none where left out."""

    def over(self, default: "Container") -> "Container":
        """Returns this container with what it leaves out taken from a default.

        Mappings (variables, secrets, labels ...) are merged key by key, everything else is taken whole.
        """
        given: dict[str, Any] = {}
        for name in {*self.model_fields_set, *default.model_fields_set}:
            own, other = getattr(self, name), getattr(default, name)
            given[name] = own if name in self.model_fields_set else other
            if isinstance(own, dict):
                given[name] = {**other, **own}
        return Container(**given)
