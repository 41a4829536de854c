"""A run's plan in its pipeline root, where each of its containers finds it."""

from google.protobuf.message import DecodeError

from components.storage import create, open_file, rename
from pipeline_configs.environment import Environment
from pipeline_configs.errors import Problem, RunFailed
from pipelines.launching.plan import Plan

__all__ = ["plan_path", "read_plan", "write_plan"]


def plan_path(environment: Environment, task: str, run: str) -> str:
    """Returns where the plan of a run is."""
    return f"{environment.pipeline_root}/{task}/.plans/{run}"


def write_plan(plan: Plan, path: str) -> None:
    """Writes a plan, whole or not at all.

    Raises:
        RunFailed: The pipeline root cannot be written to.
    """
    part = f"{path}.part"
    try:
        with create(part) as stored:
            stored.write(plan.to_bytes())
        rename([(part, path)])
    except OSError as error:
        raise RunFailed(
            Problem(
                "the run's plan cannot be written",
                path,
                found=error.strerror or "no such storage, or no permission",
                fix="check that the pipeline root is mounted in each container, has room and may be written to",
            )
        ) from None


def read_plan(path: str) -> Plan:
    """Reads a plan.

    Raises:
        RunFailed: There is none, or it is not readable.
    """
    try:
        with open_file(path) as stored:
            plan = Plan.from_bytes(stored.read())
        if not plan.nodes:
            raise DecodeError
        return plan
    except DecodeError:
        what, fix = "the run's plan is damaged", "submit again: it goes on from the last finished node"
        raise RunFailed(Problem(what, path, fix=fix)) from None
    except OSError as error:
        raise RunFailed(
            Problem(
                "the run's plan cannot be read",
                path,
                expected="the file that the run's first task, Begin, wrote",
                found=error.strerror or "no such object",
                fix="mount the same volume for the pipeline root in each container: kubeflow.defaults.volumes",
            )
        ) from None
