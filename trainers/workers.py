"""Which processes train one model together, as the variable TF_CONFIG of each of them says.

    {"cluster": {"chief": ["a:2222"], "worker": ["b:2222", "c:2222"]}, "task": {"type": "worker", "index": 0}}

The first of all, the chief where there is one, else worker 0, is the node of the pipeline: it writes the model. This
is what Kubeflow's training operator sets, and what TensorFlow's guides describe. Nothing here imports TensorFlow.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline_configs.errors import ConfigError, Problem

__all__ = ["ALONE", "CONFIG", "PATIENCE", "Workers", "patience", "workers_of"]

CONFIG = "TF_CONFIG"
"""Environment variable that describes the workers."""

PATIENCE = "GALEN_WORKERS_TIMEOUT"
"""Environment variable: seconds that workers wait for each other, at the start and in each step."""

_DEFAULT_PATIENCE = 1800
_KINDS = ("chief", "worker")
_EXAMPLE = '{"cluster": {"worker": ["host-0:2222", "host-1:2222"]}, "task": {"type": "worker", "index": 0}}'
_ADDRESS = re.compile(r"(\[[0-9a-fA-F:]+\]|[^\s:/]+):[0-9]{1,5}")


@dataclass(frozen=True)
class Workers:
    """The processes that train together.

    Attributes:
        cluster: Addresses by kind, `chief` before `worker`; empty for one process alone.
        kind: This process's kind.
        task: Its place among those of its kind.
    """

    cluster: Mapping[str, tuple[str, ...]]
    kind: str = "worker"
    task: int = 0

    @property
    def addresses(self) -> tuple[str, ...]:
        """All addresses, the chief's first."""
        return tuple(address for kind in _KINDS for address in self.cluster.get(kind, ()))

    @property
    def count(self) -> int:
        """How many there are."""
        return max(1, len(self.addresses))

    @property
    def index(self) -> int:
        """This process's place among all; 0 for the chief."""
        return self.task + (len(self.cluster.get("chief", ())) if self.kind == "worker" else 0)

    @property
    def chief(self) -> bool:
        """Whether this process writes the model."""
        return self.index == 0

    def __str__(self) -> str:
        return f"worker {self.index + 1} of {self.count}"


ALONE = Workers({})
"""One process."""


def workers_of(variables: Mapping[str, str]) -> Workers:
    """Returns the workers that TF_CONFIG describes; `ALONE` where it is not set or names one process.

    Args:
        variables: Environment variables.

    Raises:
        ConfigError: TF_CONFIG is not what TensorFlow expects.
    """
    text = variables.get(CONFIG, "").strip()
    if not text:
        return ALONE
    try:
        given = json.loads(text)
    except json.JSONDecodeError as error:
        raise _broken("is not JSON", f"an error at character {error.pos + 1}") from None
    if not isinstance(given, dict):
        raise _broken("is not an object", type(given).__name__)
    if not given.get("cluster"):
        return ALONE
    cluster, task = _cluster(given["cluster"]), given.get("task")
    if not isinstance(task, dict) or not {"type", "index"} <= set(task):
        raise _broken("does not say which of the processes this one is", "no task.type and task.index")
    kind, index = task["type"], task["index"]
    if kind not in cluster:
        raise _broken(f"has a task.type that the cluster has not: {kind!r}", f"a cluster of {', '.join(cluster)}")
    if isinstance(index, str) and index.isdigit():  # some operators write it as text
        index = int(index)
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < len(cluster[kind]):
        raise _broken(f"has a task.index that no {kind} has", f"{index!r}, with {len(cluster[kind])} of that kind")
    workers = Workers(cluster, kind, index)
    return workers if workers.count > 1 else ALONE


def patience(variables: Mapping[str, str]) -> int:
    """Returns the seconds that workers wait for each other.

    Raises:
        ConfigError: The variable is no positive number.
    """
    text = variables.get(PATIENCE, "") or str(_DEFAULT_PATIENCE)
    if not text.isdigit() or not int(text):
        raise ConfigError(Problem("is no length of time", PATIENCE, "seconds, a whole number above 0", text))
    return int(text)


def _cluster(given: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(given, dict):
        raise _broken("has a cluster that is no object", type(given).__name__)
    others = sorted(kind for kind, addresses in given.items() if kind not in _KINDS and addresses)
    if others:
        raise _broken("names processes that Galen does not train with", f"{', '.join(others)}; use chief and worker")
    cluster: dict[str, tuple[str, ...]] = {}
    for kind in _KINDS:
        addresses = given.get(kind) or []
        if not isinstance(addresses, list):
            raise _broken(f"has cluster.{kind} that is no list", type(addresses).__name__)
        wrong = [a for a in addresses if not isinstance(a, str) or not _ADDRESS.fullmatch(a)]
        if wrong:
            raise _broken(f"has an address in cluster.{kind} that is not host:port", repr(wrong[0]))
        if addresses:
            cluster[kind] = tuple(addresses)
    flat = [address for addresses in cluster.values() for address in addresses]
    if len(cluster.get("chief", ())) > 1:
        raise _broken("names more than one chief", f"{len(cluster['chief'])}")
    if len(set(flat)) < len(flat):
        raise _broken("names an address twice", next(a for a in flat if flat.count(a) > 1))
    return cluster


def _broken(what: str, found: str) -> ConfigError:
    fix = "correct it in this process's environment, or unset it to train in one process"
    return ConfigError(Problem(f"{CONFIG} {what}", "environment variable", _EXAMPLE, found, fix))
