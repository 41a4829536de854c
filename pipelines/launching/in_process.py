"""Runs a plan's nodes one after the other in this process."""

import time

from pipeline_configs.environment import Environment
from pipelines.launching.launch import launch
from pipelines.launching.observer import NodeResult, Observer
from pipelines.launching.plan import Plan
from pipelines.metadata.store import Store

__all__ = ["run_nodes"]


def run_nodes(plan: Plan, store: Store, environment: Environment, observer: Observer) -> list[NodeResult]:
    """Runs a plan.

    Args:
        plan: What to run.
        store: Its metadata.
        environment: Where its artifacts are.
        observer: Who is told.

    Returns:
        How each node ended, in order.

    Raises:
        RunFailed: A node could not run because an input is missing.
        Exception: Whatever a node raises.
    """
    observer.planned(plan.to_run, plan.base)
    results, to_run = [], set(plan.to_run)
    for name in plan.nodes:
        if name in to_run:
            observer.node_started(name)
        start = time.monotonic()
        try:
            result = launch(plan, name, store, environment)
        except BaseException:
            observer.node_failed(name, time.monotonic() - start)
            raise
        observer.node_ended(result)
        results.append(result)
    return results
