"""The executor of ModelPusher: TFX's Pusher's, with Galen's push."""

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from tfx.components.evaluator import constants
from tfx.components.pusher import executor as tfx_pusher
from tfx.types import artifact_utils
from tfx.types.artifact import Artifact

from components.evaluation.results import read_results
from components.model_pusher.description import Evidence, describe_model
from components.model_pusher.model_check import check_model
from components.model_pusher.publish import DESCRIPTION, Checksum, Item, Published, existing_versions, publish
from components.storage import at_home, copy, digest, is_remote, names_below, open_file
from pipeline_configs.errors import Problem, RunFailed
from pipeline_configs.task import Task

__all__ = ["Executor"]

KERAS_FILE = "model.keras"

_log = logging.getLogger(__name__)

Inputs = Mapping[str, list[Artifact]]


class Executor(tfx_pusher.Executor):
    """Pushes a blessed model and describes it; see components.model_pusher.publish for how."""

    def Do(self, input_dict: Any, output_dict: Any, exec_properties: Any) -> None:
        """Pushes the model if it is blessed.

        Args:
            input_dict: model, model_blessing; optional evaluation, performance, model_run, ingest_report, examples.
            output_dict: pushed_model; says by its properties whether, where and as which version.
            exec_properties: task (JSON), destination (folder of the versions).

        Raises:
            RunFailed: The blessing is another model's, the model does not answer, or it cannot be written.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        pushed = artifact_utils.get_single_instance(output_dict["pushed_model"])
        task = Task.model_validate_json(exec_properties["task"])
        if not task.push.enabled:
            _log.info("not pushed: push.enabled is false in the task")
            self._MarkNotPushed(pushed)
            return
        if not self.CheckBlessing(input_dict):
            _log.warning("not pushed: the model is not blessed")
            self._MarkNotPushed(pushed)
            return
        _check_blessed_model(input_dict)
        model_path, destination = self.GetModelPath(input_dict), exec_properties["destination"].rstrip("/")
        items = [Item(f"{model_path}/{name}", name) for name in names_below(model_path)]
        items += _keras_file(input_dict)
        found = _pushed_before(items, destination) or _push(task, input_dict, model_path, items, destination)
        for item in [Item(f"{found.path}/{name}", name) for name in [*found.files, DESCRIPTION]]:
            _keep(item, pushed.uri)
        self._MarkPushed(pushed, pushed_destination=found.path, pushed_version=str(found.version))
        _log.info("pushed version %d to %s", found.version, found.path)


def _check_blessed_model(inputs: Inputs) -> None:
    """A blessing is of one model; TFX's Pusher does not look which."""
    model = artifact_utils.get_single_instance(inputs["model"])
    for blessing in inputs.get("model_blessing", []):
        blessed = blessing.get_int_custom_property(constants.ARTIFACT_PROPERTY_CURRENT_MODEL_ID_KEY)
        if blessed and model.id and blessed != model.id:
            raise RunFailed(
                Problem(
                    "the blessing is another model's",
                    "ModelPusher",
                    f"model {model.id}",
                    f"model {blessed}",
                    "run the Evaluator again",
                )
            )


def _keras_file(inputs: Inputs) -> list[Item]:
    runs = inputs.get("model_run", [])
    present = [run for run in runs if KERAS_FILE in names_below(run.uri)]
    return [Item(f"{run.uri.rstrip('/')}/{KERAS_FILE}", KERAS_FILE) for run in present[:1]]


def _pushed_before(items: list[Item], destination: str) -> Published | None:
    """The newest version, where it holds the very same files: a run that was killed right after its push."""
    for version in existing_versions(destination)[-1:]:
        path = f"{destination}/{version}"
        known = _json(f"{path}/{DESCRIPTION}").get("files", {})
        if set(known) != {item.target for item in items}:
            return None
        files = {item.target: Checksum(*digest(item.source)) for item in items}
        if all(known[name] == asdict(checksum) for name, checksum in files.items()) and _whole(path, files):
            return Published(version, path, files)
    return None


def _whole(path: str, files: dict[str, Checksum]) -> bool:
    """Whether a version still holds what was pushed."""
    try:
        return all(Checksum(*digest(f"{path}/{name}")) == checksum for name, checksum in files.items())
    except OSError:
        return False


def _push(task: Task, inputs: Inputs, model_path: str, items: list[Item], destination: str) -> Published:
    signatures = check_model(model_path)
    evidence = _evidence(task, inputs, signatures, destination)
    return publish(
        items,
        destination,
        lambda version, files: describe_model(task, evidence, version, files),
        # A local copy is asked again where it lies, before it gets its name; in a store it is not a model yet.
        lambda path: None if is_remote(path) else _asked(path),
    )


def _asked(path: str) -> None:
    check_model(path)


def _keep(item: Item, uri: str) -> None:
    """TFX's Pusher keeps a copy of what it pushed in its artifact; so does this one."""
    from tfx.dsl.io import fileio

    target = f"{uri.rstrip('/')}/{item.target}"
    fileio.makedirs(target.rpartition("/")[0])
    copy(item.source, target)


def _evidence(task: Task, inputs: Inputs, signatures: Mapping[str, Any], destination: str) -> Evidence:
    def first(name: str) -> Artifact | None:
        return next(iter(inputs.get(name, [])), None)

    def document(name: str, file: str) -> Mapping[str, Any]:
        artifact = first(name)
        return _json(f"{artifact.uri.rstrip('/')}/{file}") if artifact else {}

    model, evaluation, blessing = (
        artifact_utils.get_single_instance(inputs["model"]),
        first("evaluation"),
        first("model_blessing"),
    )
    checks = read_results(evaluation.uri, task.evaluation.confidence).checks if evaluation else ()
    return Evidence(
        model_id=int(model.id or 0),
        model_uri=at_home(model.uri),
        baseline=_baseline(blessing, destination) if blessing else {},
        signatures=signatures,
        spans=[
            {"span": _property(found, "span"), "version": _property(found, "version")}
            for found in inputs.get("examples", [])
        ],
        training=document("model_run", "training.json"),
        performance=document("performance", "performance.json"),
        thresholds=[asdict(check) for check in checks],
        ingest=document("ingest_report", "report.json"),
    )


def _property(artifact: Artifact, name: str) -> int | None:
    """A number in an artifact's properties, as TFX's ExampleGen (a property) or its driver (text) writes it."""
    for value in (artifact.get_string_custom_property(name), artifact.get_int_custom_property(name)):
        if value not in ("", None, 0):
            return int(value)
    return 0 if artifact.has_custom_property(name) else None


def _baseline(blessing: Artifact, destination: str) -> dict[str, Any]:
    """The model that the Evaluator compared with, and the version under which it was pushed."""
    number = blessing.get_int_custom_property(constants.ARTIFACT_PROPERTY_BASELINE_MODEL_ID_KEY)
    if not number:
        return {}
    for version in reversed(existing_versions(destination)):
        if _json(f"{destination}/{version}/{DESCRIPTION}").get("model", {}).get("artifact_id") == number:
            return {"artifact_id": number, "version": version}
    return {"artifact_id": number, "version": None}


def _json(path: str) -> Mapping[str, Any]:
    """Returns a JSON file's content, {} where there is no such file."""
    try:
        with open_file(path, unpack=False) as file:
            content = json.loads(file.read())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
