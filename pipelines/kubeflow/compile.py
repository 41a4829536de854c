"""Compiles a task's pipeline for Kubeflow Pipelines: one container a node, between Begin and End.

Begin checks everything and says whether there is something to do; only then do the nodes run, each as soon as those
that it reads from have ended. End runs whatever happened. KFP schedules, retries and mounts; what a node reads, writes
and takes from the cache is TFX's business, as on one machine.
"""

import inspect
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pipeline_configs.container import Container
from pipeline_configs.environment import Environment
from pipeline_configs.kubeflow import BEGIN, END, Kubeflow
from pipeline_configs.task import Task
from pipelines.kubeflow.parameters import Parameter, parameters_of
from pipelines.kubeflow.resources import equip, retry_window

__all__ = ["Graph", "compile_pipeline", "labels_of", "pipeline_name", "task_of_node"]

Graph = Mapping[str, tuple[str, ...]]
"""Nodes in the order in which they run, each with those it waits for."""

_COMMAND = ["python", "-m", "pipelines.node"]


def pipeline_name(task: str) -> str:
    """Returns the name of a task's pipeline in KFP, which knows letters, digits and hyphens."""
    return f"galen-{task.replace('_', '-')}"


def compile_pipeline(
    task: Task, environment: Environment, graph: Graph, compiled: str, variables: Mapping[str, str], file: Path
) -> None:
    """Writes a pipeline as KFP takes it: two YAML documents, its specification and what concerns Kubernetes.

    Args:
        task: The task.
        environment: Where it is to run; with `kubeflow`.
        graph: Its nodes.
        compiled: What it is compiled from (pipelines.cluster.compiled_from).
        variables: Environment variables that the declarations were read with.
        file: Where to; .yaml.
    """
    from kfp import compiler, dsl

    assert environment.kubeflow is not None
    maker = _Maker(task, environment.name, environment.kubeflow, compiled, variables)

    def body(*given: Any) -> None:
        named = {parameter.name: value for parameter, value in zip(maker.parameters, given, strict=True)}
        run = {**named, "run": dsl.PIPELINE_JOB_ID_PLACEHOLDER}
        end = maker.task(END, run)
        with dsl.ExitHandler(end, name="run"):
            begin = maker.task(BEGIN, run)
            with dsl.If(begin.outputs["go"] == "yes", name="something-to-do"):
                made: dict[str, Any] = {}
                for node, before in graph.items():
                    made[node] = maker.task(node, run)
                    if before:
                        made[node].after(*(made[name] for name in before))

    _give_signature(body, maker.parameters)
    description = f"{task.title}. Compiled by Galen from {compiled}."
    pipeline = dsl.pipeline(name=pipeline_name(task.name), description=description)(body)
    compiler.Compiler().compile(pipeline, str(file))
    _widen_retries(file, environment.kubeflow, [BEGIN, *graph, END])


class _Maker:
    """Makes the tasks of one pipeline."""

    def __init__(
        self, task: Task, environment: str, kubeflow: Kubeflow, compiled: str, variables: Mapping[str, str]
    ) -> None:
        self._task, self._environment, self._kubeflow = task, environment, kubeflow
        self._compiled, self._variables = compiled, variables
        self.parameters = parameters_of(task)

    def task(self, node: str, given: Mapping[str, Any]) -> Any:
        """Returns the task of a node, with everything that its pod gets."""
        declared = self._kubeflow.container(node)
        container = declared.model_copy(
            update={
                "variables": {**self._variables, **declared.variables},
                "labels": labels_of(self._task.name, declared),
            }
        )
        task = self._component(node, container.image)(**given)
        equip(task, container)
        return task

    def _component(self, node: str, image: str) -> Any:
        from kfp import dsl

        outputs: dict[str, Any] = {"page": dsl.Output[dsl.HTML], "metrics": dsl.Output[dsl.Metrics]}
        if node == BEGIN:
            outputs["go"] = dsl.OutputPath(str)
        if node == END:
            outputs["status"] = dsl.PipelineTaskFinalStatus
        inputs = [Parameter("run", str, inspect.Parameter.empty), *self.parameters]

        def component(*given: Any) -> Any:
            ports = dict(zip([*(p.name for p in inputs), *outputs], given, strict=True))
            return dsl.ContainerSpec(image=image, command=_COMMAND, args=self._arguments(node, ports))

        component.__name__ = _words(node)
        component.__doc__ = f"{node} of {self._task.name}."
        _give_signature(component, inputs, outputs)
        return dsl.container_component(component)

    def _arguments(self, node: str, ports: Mapping[str, Any]) -> list[Any]:
        from kfp import dsl

        fixed = ["--task", self._task.name, "--env", self._environment, "--node", node, "--run", ports["run"]]
        for parameter in self.parameters:
            if parameter.key:
                fixed += ["--param", f"{parameter.key}={ports[parameter.name]}"]
            else:
                fixed += [parameter.flag, ports[parameter.name]]
        fixed += ["--compiled", self._compiled, "--page", ports["page"].path]
        if node == BEGIN:
            fixed += ["--go", ports["go"]]
        if node == END:
            fixed += ["--status", ports["status"]]
        return [*fixed, "--executor-input", dsl.PIPELINE_TASK_EXECUTOR_INPUT_PLACEHOLDER]


def labels_of(task: str, container: Container) -> dict[str, str]:
    """Returns the labels of a node's pod."""
    return {"app.kubernetes.io/part-of": "galen", "galen/task": task, **container.labels}


def task_of_node(node: str) -> str:
    """Returns the name that a node has in KFP: RecordsExampleGen is records-example-gen there."""
    return _words(node).replace("_", "-")


def _words(node: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", node).lower()


def _give_signature(function: Callable[..., Any], inputs: Any, outputs: Mapping[str, Any] | None = None) -> None:
    """Tells KFP, which reads signatures, what a function made for any parameters takes."""
    parameters = [
        inspect.Parameter(p.name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=p.default, annotation=p.type)
        for p in inputs
    ]
    parameters += [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind)
        for name, kind in (outputs or {}).items()
    ]
    function.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    function.__annotations__ = {p.name: p.annotation for p in parameters}


def _widen_retries(file: Path, kubeflow: Kubeflow, nodes: list[str]) -> None:
    """Gives retries the time they need: the SDK cuts it to an hour, after which a long training is not tried again."""
    import yaml

    documents = list(yaml.safe_load_all(file.read_text(encoding="utf-8")))
    windows = {task_of_node(node): retry_window(kubeflow.container(node)) for node in nodes}

    def walk(value: Any) -> None:
        for name, task in value.get("tasks", {}).items():
            if "retryPolicy" in task:
                task["retryPolicy"]["backoffMaxDuration"] = f"{windows[name]}s"

    walk(documents[0]["root"]["dag"])
    for component in documents[0]["components"].values():
        walk(component.get("dag", {}))
    with file.open("w", encoding="utf-8") as stream:
        yaml.safe_dump_all(documents, stream, sort_keys=True, width=120, allow_unicode=True)
