"""`galen compile`: from the names of a task and an environment to a pipeline file."""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline_configs.environment import Environment
from pipeline_configs.errors import ConfigError, Problem
from pipeline_configs.kubeflow import BEGIN
from pipeline_configs.task import Task

__all__ = ["Compiled", "compiled", "declared"]

_MOST_BYTES = 1_000_000
"""A workflow must fit into etcd's 1.5 MB, and Argo's is somewhat larger than what it is made from."""


@dataclass(frozen=True)
class Compiled:
    """A compiled pipeline.

    Attributes:
        file: Where it is.
        task: The task, as its containers will read it.
        environment: The environment, as its containers will read it.
        origin: What it was compiled from.
        nodes: Its nodes, in the order in which they run.
        warnings: Sentences about what works, and may surprise.
        digest: SHA-256 of the file, in hex, shortened to twelve characters.
    """

    file: Path
    task: Task
    environment: Environment
    origin: str
    nodes: tuple[str, ...]
    warnings: tuple[str, ...]
    digest: str

    @property
    def version(self) -> str:
        """Name of the version in KFP: the same file has the same one."""
        return f"{self.origin}-{self.digest}"


def declared(task: str, environment: str) -> tuple[Task, Path, Environment, dict[str, str]]:
    """Reads task and environment as a container will.

    Returns:
        Both, the task's file, and the environment variables that they are read with.

    Raises:
        ConfigError: One of them is wrong, or the environment is not one of KFP.
    """
    from pipelines.config import load_environment, load_task, used_variables

    first = load_environment(environment)
    own = dict(first.kubeflow.container(BEGIN).variables) if first.kubeflow else {}
    with _variables(own):
        found, file = load_task(task)
        used = used_variables(task, environment)
        return found, file, load_environment(environment), used


def compiled(task: str, environment: str, file: Path) -> Compiled:
    """Compiles a task's pipeline.

    Args:
        task: Name of the task.
        environment: Name of the environment.
        file: Where to; its folder must exist.

    Raises:
        ConfigError: Something is wrong with the declarations, or would be refused in the cluster.
    """
    from pipelines.check import check_declarations
    from pipelines.cluster.compiled_from import compiled_from
    from pipelines.kubeflow.compile import compile_pipeline
    from pipelines.kubeflow.lint import lint, warnings
    from pipelines.nodes import node_ids

    _refuse_name(file)
    found, task_file, where, variables = declared(task, environment)
    nodes = node_ids(found)
    problems = [*lint(found, where, nodes, variables), *check_declarations(found, task_file)]
    if problems:
        raise ConfigError(*problems)
    with _variables(variables):
        origin = compiled_from(task, environment)
        graph = _graph(found, task_file, where)
        with tempfile.TemporaryDirectory(prefix="galen-") as folder:
            made = Path(folder) / "pipeline.yaml"
            compile_pipeline(found, where, graph, origin, variables, made)
            content = made.read_bytes()
    if len(content) > _MOST_BYTES:
        raise ConfigError(
            Problem(
                "the pipeline is too large for Kubernetes",
                str(file),
                f"at most {_MOST_BYTES:,} bytes",
                f"{len(content):,} bytes",
                "fewer variables, labels and annotations by node; ConfigMaps for what is long",
            )
        )
    try:
        file.write_bytes(content)
    except OSError as error:
        raise ConfigError(Problem("the pipeline cannot be written", str(file), found=error.strerror or "")) from None
    digest = hashlib.sha256(content).hexdigest()[:12]
    return Compiled(file, found, where, origin, tuple(nodes), tuple(warnings(where, nodes)), digest)


def _graph(task: Task, file: Path, environment: Environment) -> dict[str, tuple[str, ...]]:
    """The pipeline's nodes, each with those it waits for: of the real pipeline."""
    from pipelines.logs import quiet_environment

    quiet_environment()
    from tfx.dsl.compiler.compiler import Compiler

    from pipelines.builder import build
    from pipelines.launching.plan import Plan

    plan = Plan(Compiler().compile(build(task, file, environment, {})))
    return {node: tuple(plan.before(node)) for node in plan.nodes}


def _refuse_name(file: Path) -> None:
    if file.suffix not in (".yaml", ".yml"):
        raise ConfigError(Problem("KFP takes pipelines as YAML", "-o", "a file that ends in .yaml", file.name))
    if not file.parent.is_dir():
        raise ConfigError(Problem("there is no such folder", f"-o {file}", fix=f"mkdir -p {file.parent}"))


@contextlib.contextmanager
def _variables(values: Mapping[str, str]) -> Iterator[None]:
    """Sets environment variables for a while: those that a container will have."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
