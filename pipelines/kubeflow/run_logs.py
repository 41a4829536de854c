"""What the containers of a run of KFP said."""

import base64
import gzip
import io
import json
import re
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipeline_configs.container import Container
from pipeline_configs.errors import GalenError
from pipeline_configs.kubeflow import BEGIN, END
from pipelines.kubeflow.api import Api
from pipelines.kubeflow.compile import labels_of, task_of_node
from pipelines.nodes import NODES

__all__ = ["NodeLog", "logs"]

_TEMPLATES = ("system-container-impl", "retry-system-container-impl")
"""Names that KFP gives to what runs containers; they stand in pods' names, and not in the API. From 2.14 on they begin
with how many annotations and labels a pod has."""


@dataclass(frozen=True)
class NodeLog:
    """The log of one container.

    Attributes:
        task: Name of its task in KFP, such as trainer.
        state: As KFP says it, in lower case.
        text: The log; "" where it could not be had.
        missing: Why not.
        attempt: Which of the logs of its task this is, from 1; 0 where there is none.
    """

    task: str
    state: str
    text: str
    missing: str = ""
    attempt: int = 0


def logs(client: Api, run: str, task: str, node: str = "") -> Iterator[NodeLog]:
    """Yields the logs of a run's containers, in the order in which their nodes began.

    Args:
        client: KFP.
        run: Id of the run.
        task: Name of the task.
        node: Only of this node.
    """
    details = client.run(run).run_details
    found = sorted((details.task_details if details else None) or [], key=lambda t: str(t.start_time or ""))
    wanted = {task_of_node(known): known for known in (BEGIN, *NODES, END) if node in ("", known)}
    for one in found:
        name = str(one.display_name or "")
        # KFP tells Argo's nodes without their parents. That of a node has one child, which runs its container.
        children = [str(child.pod_name) for child in one.child_tasks or () if child.pod_name]
        if name in wanted and children:
            container = client.declared.container(wanted[name])
            yield from _attempts(client, run, name, str(one.state or "unknown").lower(), children[0], task, container)


def _attempts(
    client: Api, run: str, name: str, state: str, child: str, task: str, container: Container
) -> Iterator[NodeLog]:
    """The logs of a container, one an attempt where it may be tried again."""
    counted = f"metadata-{len(container.annotations)}-{len(labels_of(task, container))}"
    templates = (*(f"{counted}-{template}" for template in _TEMPLATES), *_TEMPLATES)
    shown = 0
    for pod in (child, *(_attempt(child, number) for number in range(container.retries.most + 1))):
        log = _log(client, name, state, list(_paths(run, pod, templates)))
        if not log.missing:
            shown += 1
            yield replace(log, attempt=shown)
        elif pod != child:
            if not shown:
                yield log
            return


def _attempt(node: str, number: int) -> str:
    """Id of an attempt's pod: Argo takes FNV-1a of its name, which is that of what is tried again and "(0)"."""
    workflow, _, found = node.rpartition("-")
    value = int(found) if found.isdigit() else 0
    for byte in f"({number})".encode():
        value = (value ^ byte) * 16777619 % 2**32
    return f"{workflow}-{value}"


def _log(client: Api, name: str, state: str, paths: Sequence[str]) -> NodeLog:
    missing = "the pod is gone, and KFP keeps no logs (Argo's archiveLogs is off)"
    for path in paths:
        try:
            text = client.get(path)
        except GalenError as error:
            missing = error.problems[0].found or missing
            continue
        return NodeLog(name, state, _text(text))
    return NodeLog(name, state, "", missing)


def _paths(run: str, node: str, templates: Sequence[str]) -> Iterator[str]:
    """Where the log of a node may be: of a pod that is there, and in the archive."""
    workflow, _, number = node.rpartition("-")
    names = [node, *(f"{workflow}-{template}-{number}" for template in templates)]
    for pod in dict.fromkeys(names):
        yield f"/apis/v1alpha1/runs/{run}/nodes/{pod}/log"
    yield f"/apis/v2beta1/runs/{run}/nodes/{node}/artifacts/main-logs:read"


def _text(answer: str) -> str:
    """The log in an answer: plain, or in JSON as base64 of text, gzip or tar."""
    try:
        said: Any = json.loads(answer)
        content = base64.b64decode(said["data"])
    except (ValueError, KeyError, TypeError):
        return answer
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    if re.match(rb"ustar", content[257:262]):
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            files = [archive.extractfile(member) for member in archive.getmembers() if member.isfile()]
            content = b"".join(file.read() for file in files if file)
    return content.decode("utf-8", "replace")
