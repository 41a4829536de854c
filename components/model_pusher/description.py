"""model_metadata.json: what a pushed model is, where it comes from, how good it is.

It holds counts, metrics and names of columns; nothing of a patient.
"""

import importlib.metadata
import json
import math
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from components.model_pusher.publish import Checksum
from components.model_pusher.revision import galen_version, git_revision
from pipeline_configs.task import Task

__all__ = ["FORMAT", "Evidence", "describe_model"]

FORMAT = 1
"""Number of this form of the file."""

LIBRARIES = ("tensorflow", "keras", "tfx", "tensorflow-transform", "tensorflow-model-analysis", "scikit-learn", "numpy")


@dataclass(frozen=True)
class Evidence:
    """What the run knows about the model.

    Attributes:
        model_id: Id of the model's artifact in ML Metadata.
        model_uri: Its URI.
        baseline: `artifact_id` and pushed `version` of the model it was held against; {} on a first run.
        signatures: From the model itself: by signature, dtype and shape of each input and output.
        spans: `span` and `version` of each Examples artifact.
        training: training.json of the run.
        performance: performance.json.
        thresholds: Checks of components.evaluation.results, as dictionaries.
        ingest: report.json of the ingest.
    """

    model_id: int
    model_uri: str
    baseline: Mapping[str, Any] = field(default_factory=dict)
    signatures: Mapping[str, Any] = field(default_factory=dict)
    spans: Sequence[Mapping[str, Any]] = ()
    training: Mapping[str, Any] = field(default_factory=dict)
    performance: Mapping[str, Any] = field(default_factory=dict)
    thresholds: Sequence[Mapping[str, Any]] = ()
    ingest: Mapping[str, Any] = field(default_factory=dict)


def describe_model(task: Task, evidence: Evidence, version: int, files: Mapping[str, Checksum]) -> bytes:
    """Returns the file's content.

    Args:
        task: The task.
        evidence: What the run knows.
        version: The version that is pushed.
        files: Checksums of its files.
    """
    performance, ingest = evidence.performance, evidence.ingest
    spans = evidence.spans or ([{"span": ingest.get("span"), "version": ingest.get("version")}] if ingest else [])
    document = {
        "format": FORMAT,
        "task": task.name,
        "title": task.title,
        "modality": task.modality,
        "version": version,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "model": {"artifact_id": evidence.model_id, "uri": evidence.model_uri},
        "label": {"name": task.label.name, "description": task.label.description},
        "inputs": _inputs(task, evidence.signatures.get("predict", {}).get("inputs", {})),
        "signatures": evidence.signatures,
        "declaration": task.model_dump(mode="json", exclude_defaults=True),
        "decision_threshold": task.evaluation.decision_threshold,
        "data": {
            "spans": spans,
            **{key: ingest[key] for key in ("rows", "positives", "patients", "quarantined") if key in ingest},
        },
        "training": _without(evidence.training, "history"),
        "metrics": {split: found.get("models", {}) for split, found in performance.get("splits", {}).items()},
        "slices": performance.get("slices", []),
        "comparisons": performance.get("comparisons", []),
        "better_than_baselines": performance.get("better_than_baselines"),
        "remarks": performance.get("remarks", []),
        "thresholds": evidence.thresholds,
        "baseline": evidence.baseline or None,
        "galen": {"version": galen_version(), "git_revision": git_revision() or None},
        "libraries": {"python": platform.python_version(), **_libraries()},
        "files": {name: asdict(checksum) for name, checksum in files.items()},
    }
    return (json.dumps(_plain(document), indent=1, allow_nan=False) + "\n").encode()


def _inputs(task: Task, signature: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each input feature as the task declares it, with the dtype that the model's plain signature takes."""
    return [
        {
            "name": name,
            "kind": feature.kind,
            "dtype": signature.get(name, {}).get("dtype"),
            "unit": getattr(feature, "unit", None),
            "description": feature.description,
        }
        for name, feature in task.inputs.items()
    ]


def _without(value: Any, name: str) -> Any:
    """The value without a key, at any depth: the course of the training stays in training.json."""
    if not isinstance(value, Mapping):
        return value
    return {key: _without(item, name) for key, item in value.items() if key != name}


def _libraries() -> dict[str, str]:
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _plain(value: Any) -> Any:
    """The value with tuples as lists and numbers that JSON does not have as null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
