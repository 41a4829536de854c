"""What a run came to: metrics, baselines, thresholds, blessing and push, as plain data that fits into the metadata."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from pipelines.metadata.records import Artifact, Node
from pipelines.recorded.describe import ingest_report, json_file

__all__ = ["Estimate", "GroupResult", "Summary", "ThresholdResult", "span_of", "summarise"]


_PLACES = {"Model": "model", "GalenPerformance": "performance report", "ModelEvaluation": "evaluation"}


@dataclass(frozen=True)
class Estimate:
    """A metric with its confidence interval."""

    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class ThresholdResult:
    """One threshold and what became of it.

    Attributes:
        metric: Name of the metric.
        kind: at_least, above, at_most or max_worsening (against the last blessed model).
        bound: The bound's number.
        value: What was measured, for max_worsening how much worse it became; None where it was not.
        margin: By how much it is passed (positive) or missed (negative); None where it was not measured.
        verdict: passed, failed, or not enough evidence, which neither passes nor refuses the model.
        group: Slice, such as "sex=female"; "" for all patients.
    """

    metric: str
    kind: str
    bound: float
    value: float | None
    margin: float | None
    verdict: str
    group: str = ""


@dataclass(frozen=True)
class GroupResult:
    """A group of patients on the eval split.

    Attributes:
        name: Such as "sex=female".
        rows: Its rows.
        positives: Positives among them.
        auroc: None where there is not enough evidence.
        sensitivity: None where there is not enough evidence.
    """

    name: str
    rows: int
    positives: int
    auroc: Estimate | None = None
    sensitivity: Estimate | None = None


@dataclass(frozen=True)
class Summary:
    """What a run came to.

    Attributes:
        span: Span of the newest data, "" where it is not known.
        rows: Rows by split that the metrics are measured on; without metrics, those of the ingest.
        key_metric: The metric that stands for the model in lists.
        metrics: Estimates by split and metric.
        baselines: Estimates on the eval split by baseline and metric.
        groups: Groups by one slice feature each, on the eval split.
        remarks: Sentences worth reading, such as that the network is not better than a baseline.
        thresholds: Each threshold with its result.
        blessed: The verdict on the model; None where there is none.
        pushed: Whether the model was pushed; None where the pipeline does not push.
        version: Version that was pushed.
        places: Folders and files, by what they are.
    """

    span: str = ""
    rows: Mapping[str, int] = field(default_factory=dict)
    key_metric: str = ""
    metrics: Mapping[str, Mapping[str, Estimate]] = field(default_factory=dict)
    baselines: Mapping[str, Mapping[str, Estimate]] = field(default_factory=dict)
    groups: Sequence[GroupResult] = ()
    remarks: Sequence[str] = ()
    thresholds: Sequence[ThresholdResult] = ()
    blessed: bool | None = None
    pushed: bool | None = None
    version: str = ""
    places: Mapping[str, str] = field(default_factory=dict)

    @property
    def key_estimate(self) -> Estimate | None:
        """The key metric on the eval split."""
        return self.metrics.get("eval", {}).get(self.key_metric)

    def to_json(self) -> str:
        """Returns the summary as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Summary":
        """Reads what `to_json` wrote, also of another version of Galen: what is not known is left out."""
        try:
            values: dict[str, Any] = {k: v for k, v in json.loads(text).items() if k in cls.__dataclass_fields__}
            for name in ("metrics", "baselines"):
                values[name] = {
                    group: {metric: Estimate(**estimate) for metric, estimate in estimates.items()}
                    for group, estimates in values.get(name, {}).items()
                }
            values["groups"] = tuple(_group(group) for group in values.get("groups", ()))
            values["thresholds"] = tuple(ThresholdResult(**threshold) for threshold in values.get("thresholds", ()))
            return cls(**values)
        except (ValueError, TypeError, AttributeError):
            return cls()


def _group(tree: Mapping[str, Any]) -> GroupResult:
    estimates = {name: Estimate(**tree[name]) for name in ("auroc", "sensitivity") if tree.get(name)}
    return GroupResult(str(tree["name"]), int(tree["rows"]), int(tree["positives"]), **estimates)


def summarise(nodes: Sequence[Node], key_metric: str = "auroc") -> Summary:
    """Gathers what a run came to from the artifacts of its nodes.

    Args:
        nodes: The run's nodes with their artifacts; those of an earlier run where they were reused.
        key_metric: The metric for lists.
    """
    from pipelines.recorded.results import groups_of, performance_of, rows_of, thresholds_of

    newest: dict[str, Artifact] = {}
    for node in nodes:
        if not node.hands_on:
            newest.update({artifact.type: artifact for found in node.outputs.values() for artifact in found})
    places = {}
    for kind, name in _PLACES.items():
        if kind in newest:
            places[name] = newest[kind].uri
    rows: dict[str, int] = {}
    if "GalenIngestReport" in newest:
        rows = {str(k): int(v) for k, v in ingest_report(newest["GalenIngestReport"]).get("rows", {}).items()}
    report = newest.get("GalenPerformance")
    performance = json_file(f"{report.uri}/performance.json") if report else {}
    metrics, baselines, remarks = performance_of(performance)
    blessing, pushed = newest.get("ModelBlessing"), newest.get("PushedModel")
    version = ""
    if pushed and pushed.number("pushed") == 1:
        version = str(pushed.properties.get("pushed_version", ""))
        places["pushed model"] = str(pushed.properties.get("pushed_destination") or pushed.uri)
    blessed = blessing.number("blessed") if blessing else None
    return Summary(
        span=span_of(nodes),
        rows=rows_of(performance) or rows,
        key_metric=key_metric,
        metrics=metrics,
        baselines=baselines,
        groups=groups_of(performance),
        remarks=remarks,
        thresholds=thresholds_of(newest["ModelEvaluation"].uri) if "ModelEvaluation" in newest else (),
        blessed=None if blessed is None else blessed == 1,
        pushed=None if pushed is None else pushed.number("pushed") == 1,
        version=version,
        places=places,
    )


def span_of(nodes: Sequence[Node]) -> str:
    """Returns the span that a run ingested, or took from the cache; "" where it did not get so far."""
    numbers = [a.number("span") for node in nodes if not node.hands_on for a in node.outputs_of("Examples")]
    return next((str(number) for number in numbers if number is not None), "")
