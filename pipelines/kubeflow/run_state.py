"""Whether a run that has no verdict is still on."""

from pipeline_configs.environment import Environment
from pipeline_configs.errors import ConfigError, GalenError
from pipelines.metadata.records import RunContext

__all__ = ["ENDED", "still_runs"]

ENDED = ("SUCCEEDED", "FAILED", "CANCELED", "SKIPPED")
"""States of KFP in which no container of a run is left."""


def still_runs(environment: Environment, run: RunContext) -> str:
    """Returns why a run must be taken for one that is on; "" where it is over.

    Args:
        environment: Where KFP is; asked from within a pod.
        run: A run without a verdict.
    """
    if not run.facts.get("kubeflow_run"):
        return f"which process {run.facts.get('process', '')} began"
    if environment.kubeflow is None:
        return "of which nobody can be asked"
    from pipelines.kubeflow.api import Api

    try:
        state = str(Api(environment.kubeflow, inside=True).run(run.id).state)
    except ConfigError:  # KFP knows it no more
        return ""
    except GalenError as error:
        return f"and KFP cannot be asked about it ({error.problems[0].what})"
    return "" if state in ENDED else f"which KFP says is {state}"
