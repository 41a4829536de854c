"""The last task of a run in a cluster: writes the verdict, and tells people."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline_configs.environment import Environment
from pipeline_configs.task import Task
from pipelines.cluster.order import NodeOrder
from pipelines.cluster.run_node import failures_of
from pipelines.exit_codes import ExitCode
from pipelines.failure import Failure
from pipelines.metadata.records import Node
from pipelines.metadata.store import Store
from pipelines.recorded.facts import last_facts
from pipelines.recorded.summary import Summary, summarise
from pipelines.screen.summary import verdict_of

__all__ = ["Ended", "end"]


@dataclass(frozen=True)
class Ended:
    """How a run ended.

    Attributes:
        code: As of `galen run`.
        verdict: In two words, for tables; "nothing new" where there was nothing to do.
        message: In a sentence.
        summary: What it came to.
        failures: Why nodes failed, by node.
        span: Span of the data.
    """

    code: ExitCode
    verdict: str
    message: str
    summary: Summary
    failures: dict[str, Failure]
    span: str = ""


def end(order: NodeOrder, task: Task, environment: Environment, store: Store) -> Ended:
    """Ends a run; a second time it says the same.

    Raises:
        RunFailed: The metadata cannot be written.
    """
    run = store.run(order.run)
    if run is None:
        return Ended(
            ExitCode.FAILED, "failed", "the run failed before it had begun; see the log of Begin", Summary(), {}
        )
    if run.facts.get("verdict") == "nothing new":
        return Ended(ExitCode.OK, "nothing new", run.facts.get("message", ""), Summary(), {})
    nodes = store.with_artifacts(store.nodes(run, task.name))
    summary = summarise(nodes, task.evaluation.key_metric)
    failures = failures_of(run)
    code, message = _verdict(nodes, summary, failures, order, task)
    facts = {**last_facts(code, message), "span": summary.span, "summary": summary.to_json()}
    if run.facts.get("ended"):
        facts["ended"] = run.facts["ended"]
    store.add_facts(run, facts)
    return Ended(code, code.verdict, message, summary, failures, summary.span)


def _verdict(
    nodes: Sequence[Node],
    summary: Summary,
    failures: dict[str, Failure],
    order: NodeOrder,
    task: Task,
) -> tuple[ExitCode, str]:
    if failures:
        first = next(iter(failures.values()))
        return first.code, first.message
    bad = [node for node in nodes if node.state not in ("complete", "cached")]
    if bad:
        return ExitCode.FAILED, f"{bad[0].id} did not end: its container was stopped, or killed for lack of memory"
    if _stopped(order.status) and summary.blessed is None:
        return ExitCode.FAILED, "the run was stopped, or a container could not be started; see the KFP pages"
    return verdict_of(summary, (), task.push.enabled)


def _stopped(status: str) -> bool:
    """Whether KFP says that the tasks before did not end well; what it says is JSON."""
    try:
        return bool(json.loads(status).get("state") not in ("COMPLETE", "SUCCEEDED"))
    except (ValueError, AttributeError):
        return False
