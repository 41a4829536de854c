"""Runs a compiled KFP pipeline on this machine: each task's own command line as a process, as KFP would in a pod.

What its driver and launcher do is done here from the YAML alone: order and parallelism of the graph, conditions, exit
handlers, retries, placeholders in arguments (backend/src/v2, launcher and driver), environment variables, secrets and
claims of the second document. A pod sees no variable of this process.
"""

import json
import os
import re
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import yaml

ROOT = Path(__file__).resolve().parents[2]
TYPES = {"STRING": str, "BOOLEAN": bool, "NUMBER_DOUBLE": float, "NUMBER_INTEGER": int}


class Process(Protocol):
    """What runs in a pod."""

    def kill(self) -> None:
        """Ends it as the kernel does."""

    def wait(self) -> int:
        """Returns its exit code; a signal's number is negative."""


def started(command: Sequence[str], variables: Mapping[str, str], folder: Path, log: Path) -> Process:
    """Starts a command as a process of its own."""
    with log.open("wb") as output:
        return subprocess.Popen(command, env=variables, cwd=folder, stdout=output, stderr=output)


@dataclass
class Attempt:
    """One try of a task: a pod."""

    task: str
    number: int
    command: list[str]
    log: Path
    code: int = 0


@dataclass
class Result:
    """How a pipeline ended.

    Attributes:
        run: Id of the run.
        state: SUCCEEDED or FAILED.
        tasks: State of each container task: SUCCEEDED, FAILED or SKIPPED.
        attempts: All attempts, in the order in which they began.
        outputs: Folder of each task's outputs.
        overlapped: Pairs of tasks that ran at the same time.
    """

    run: str
    state: str
    tasks: dict[str, str]
    attempts: list[Attempt]
    outputs: Path
    overlapped: set[tuple[str, str]]

    def log(self, task: str) -> str:
        """Returns the log of a task's last attempt."""
        return [a for a in self.attempts if a.task == task][-1].log.read_text()

    def page(self, task: str) -> str:
        """Returns what the KFP pages show of a task."""
        return (self.outputs / task / "page").read_text()

    def metrics(self, task: str) -> dict[str, Any]:
        """Returns the metrics that a task handed to KFP."""
        said = json.loads((self.outputs / task / "output_metadata.json").read_text())
        return dict(said["artifacts"]["metrics"]["artifacts"][0]["metadata"])


@dataclass
class KfpExecutor:
    """A KFP.

    Attributes:
        file: The compiled pipeline.
        folder: Where logs and outputs go.
        secrets: Kubernetes secrets by name, each with its keys.
        claims: PersistentVolumeClaims that exist.
        started: Told of each attempt as soon as its process runs.
        start: Starts a container's command with its variables, in a folder, with a log; as it is where left out.
        image: Environment variables of the image.
        pod: Makes of a container's command and variables the command that runs it; this Python where left out.
    """

    file: Path
    folder: Path
    secrets: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    claims: frozenset[str] = frozenset()
    started: "Callable[[Attempt, Process], None]" = lambda attempt, process: None
    start: "Callable[[list[str], Mapping[str, str], Path, Path], Process] | None" = None
    image: Mapping[str, str] = field(default_factory=dict)
    pod: Callable[[list[str], Mapping[str, str]], list[str]] | None = None
    run_id: str = ""

    def run(self, **parameters: Any) -> Result:
        """Runs the pipeline to its end."""
        spec, platform = yaml.safe_load_all(self.file.read_text())
        self._spec, self._kubernetes = spec, platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
        self._run = self.run_id or str(uuid.uuid4())
        self._states: dict[str, str] = {}
        self._attempts: list[Attempt] = []
        self._running: set[str] = set()
        self._overlapped: set[tuple[str, str]] = set()
        self._lock = threading.Lock()
        inputs = self._inputs(spec["root"].get("inputDefinitions", {}).get("parameters", {}), parameters)
        well = self._dag(spec["root"]["dag"], inputs)
        state = "SUCCEEDED" if well else "FAILED"
        return Result(self._run, state, self._states, self._attempts, self.folder / self._run, self._overlapped)

    @staticmethod
    def _inputs(known: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        assert not set(given) - set(known), f"parameter(s) provided are not required: {set(given) - set(known)}"
        values = {}
        for name, definition in known.items():
            assert name in given or "defaultValue" in definition, f"parameter {name} is not optional"
            values[name] = given.get(name, definition.get("defaultValue"))
            assert isinstance(values[name], TYPES[definition["parameterType"]]), name
        return values

    def _dag(self, dag: Mapping[str, Any], inputs: Mapping[str, Any]) -> bool:
        """Runs a graph, each task when those before it are done; returns whether it ended well."""
        tasks, outputs, states = dag["tasks"], {}, {}
        done = {name: threading.Event() for name in tasks}

        def one(name: str) -> None:
            try:
                states[name], outputs[name] = self._when_ready(tasks[name], inputs, done, states, outputs)
            except BaseException:
                states[name], outputs[name] = "FAILED", {}
                raise
            finally:
                done[name].set()

        with ThreadPoolExecutor(len(tasks)) as pool:
            for future in [pool.submit(one, name) for name in tasks]:
                future.result()
        # The run's state is that of the body, not of an exit task.
        body = [s for name, s in states.items() if "strategy" not in tasks[name].get("triggerPolicy", {})]
        return all(state in ("SUCCEEDED", "SKIPPED") for state in body)

    def _when_ready(
        self, task: Mapping[str, Any], inputs: Mapping[str, Any], done: Any, states: Any, outputs: Any
    ) -> tuple[str, dict[str, Any]]:
        before = set(task.get("dependentTasks", ()))
        sources = task.get("inputs", {}).get("parameters", {})
        before |= {s["taskOutputParameter"]["producerTask"] for s in sources.values() if "taskOutputParameter" in s}
        for name in before:
            done[name].wait()
        trigger = task.get("triggerPolicy", {})
        always = trigger.get("strategy") == "ALL_UPSTREAM_TASKS_COMPLETED"
        if not always and any(states[name] != "SUCCEEDED" for name in before):
            self._note(task, "SKIPPED")
            return "SKIPPED", {}
        values = {name: self._value(source, inputs, outputs, states) for name, source in sources.items()}
        if "condition" in trigger and not _holds(trigger["condition"], values):
            return "SKIPPED", {}
        component = self._spec["components"][task["componentRef"]["name"]]
        if "dag" in component:
            return ("SUCCEEDED" if self._dag(component["dag"], values) else "FAILED"), {}
        values = self._inputs_of(component, values)
        state, made = self._container(task, component, values)
        self._note(task, state)
        return state, made

    @staticmethod
    def _inputs_of(component: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
        known = component.get("inputDefinitions", {}).get("parameters", {})
        return {name: values.get(name, definition.get("defaultValue")) for name, definition in known.items()}

    def _note(self, task: Mapping[str, Any], state: str) -> None:
        self._states[task["taskInfo"]["name"]] = state

    def _value(self, source: Mapping[str, Any], inputs: Any, outputs: Any, states: Any) -> Any:
        if "componentInputParameter" in source:
            return inputs[source["componentInputParameter"]]
        if "taskOutputParameter" in source:
            wanted = source["taskOutputParameter"]
            return outputs[wanted["producerTask"]][wanted["outputParameterKey"]]
        if "taskFinalStatus" in source:
            state = states[source["taskFinalStatus"]["producerTask"]]
            return {"state": "COMPLETE" if state == "SUCCEEDED" else "FAILED", "error": {}}
        constant = source["runtimeValue"]["constant"]
        return self._run if constant == "{{$.pipeline_job_uuid}}" else constant

    def _container(
        self, task: Mapping[str, Any], component: Mapping[str, Any], values: Mapping[str, Any]
    ) -> tuple[str, dict[str, Any]]:
        name, label = task["taskInfo"]["name"], component["executorLabel"]
        container = self._spec["deploymentSpec"]["executors"][label]["container"]
        for number in range(1, task.get("retryPolicy", {}).get("maxRetryCount", 0) + 2):
            folder = self.folder / self._run / name
            (folder / "go").unlink(missing_ok=True)
            folder.mkdir(parents=True, exist_ok=True)
            command = self._filled([*container["command"], *container["args"]], component, values, folder)
            attempt = Attempt(name, number, command, folder / f"attempt-{number}.log")
            variables = self._variables(container, self._kubernetes.get(label, {}))
            if self.pod:
                command, variables = self.pod(command, variables), dict(os.environ)
            with self._lock:
                self._attempts.append(attempt)
                self._overlapped |= {(other, name) for other in self._running} | {(name, o) for o in self._running}
                self._running.add(name)
            try:
                process = (self.start or started)(command, variables, self.folder, attempt.log)
                self.started(attempt, process)
                attempt.code = process.wait()
            finally:
                with self._lock:
                    self._running.discard(name)
            if attempt.code == 0:
                return "SUCCEEDED", self._outputs(component, folder)
        return "FAILED", {}

    def _outputs(self, component: Mapping[str, Any], folder: Path) -> dict[str, str]:
        found = component.get("outputDefinitions", {})
        for name in found.get("artifacts", {}):
            assert name == "metrics" or (folder / name).is_file(), f"{folder}: no artifact {name}"
        return {name: (folder / name).read_text() for name in found.get("parameters", {})}

    def _filled(self, words: list[str], component: Any, values: Mapping[str, Any], folder: Path) -> list[str]:
        outputs = component.get("outputDefinitions", {})
        artifacts = {
            name: {"artifacts": [{"name": name, "uri": f"minio://mlpipeline/{self._run}/{name}"}]}
            for name in outputs.get("artifacts", {})
        }
        executor_input = {
            "inputs": {"parameterValues": dict(values)},
            "outputs": {"artifacts": artifacts, "outputFile": str(folder / "output_metadata.json")},
        }
        texts = {"{{$}}": json.dumps(executor_input)}
        texts |= {f"{{{{$.inputs.parameters['{name}']}}}}": _text(value) for name, value in values.items()}
        texts |= {f"{{{{$.outputs.artifacts['{n}'].path}}}}": str(folder / n) for n in outputs.get("artifacts", {})}
        texts |= {
            f"{{{{$.outputs.parameters['{n}'].output_file}}}}": str(folder / n) for n in outputs.get("parameters", {})
        }
        filled = []
        for word in words:
            for placeholder, text in texts.items():
                word = word.replace(placeholder, text)
            assert "{{$" not in word, word
            filled.append(word)
        assert filled[:3] == ["python", "-m", "pipelines.node"]
        return filled if self.pod else [sys.executable, *filled[1:]]

    def _variables(self, container: Mapping[str, Any], pod: Mapping[str, Any]) -> dict[str, str]:
        found = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "PYTHONPATH": str(ROOT)}
        found |= {**self.image, **{one["name"]: one["value"] for one in container.get("env", ())}}
        for secret in pod.get("secretAsEnv", ()):
            keys = self.secrets[secret["secretName"]]
            found |= {one["envVar"]: keys[one["secretKey"]] for one in secret["keyToEnv"]}
        for claim in pod.get("pvcMount", ()):
            assert claim.get("constant") or claim["pvcNameParameter"]["runtimeValue"]["constant"] in self.claims
        return found


def _holds(condition: str, values: Mapping[str, Any]) -> bool:
    """Evaluates the one form of condition that `dsl.If(output == "text")` compiles to."""
    found = re.fullmatch(r"inputs\.parameter_values\['([^']+)'\] == '([^']*)'", condition)
    assert found, condition
    return bool(values[found.group(1)] == found.group(2))


def _text(value: Any) -> str:
    """As the launcher puts values into arguments."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:f}".rstrip("0").rstrip(".")
    return value if isinstance(value, str) else json.dumps(value)
