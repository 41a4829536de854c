"""Kubeflow Pipelines as an environment declares it: where it is, and what nodes' containers get there."""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from pipeline_configs.container import Container, ObjectName
from pipeline_configs.declaration import Declaration
from pipeline_configs.secret import Secret

__all__ = ["BEGIN", "END", "Kubeflow"]

BEGIN, END = "Begin", "End"
"""The two tasks around the pipeline's nodes: one checks and plans the run, the other ends it and tells people."""


class Kubeflow(Declaration):
    """Where tasks run as Kubeflow pipelines."""

    host: Annotated[str, StringConstraints(pattern=r"^https?://[^\s@]+$")]
    """Address of the KFP API as seen from your machine: https://kubeflow.hospital.example/pipeline"""
    inner_host: Annotated[str, StringConstraints(pattern=r"^https?://[^\s@]+$")] = (
        "http://ml-pipeline.kubeflow.svc.cluster.local:8888"
    )
    """Address of the KFP API as seen from a pod: nodes ask there when a run was scheduled and what other runs do."""
    ui: Annotated[str, StringConstraints(pattern=r"^(https?://[^\s@]+)?$")] = ""
    """Address of the KFP pages as people see it, for links; without it notifications have none."""
    namespace: ObjectName = "kubeflow"
    """Namespace of the runs: in a multi-user KFP that of your profile."""
    experiment: Annotated[str, StringConstraints(min_length=1, max_length=128)] = "galen"
    """Experiment that runs are listed under."""
    token: Secret | None = None
    """Bearer token for the API, on your machine and in pods; none where left out."""
    ca: str = ""
    """File with the certificates of the authority that signed the API's; the system's where left out."""
    service_account: ObjectName = "galen-pipeline"
    """Service account of the pods."""
    scheduler_timezone: str = "UTC"
    """Time zone of KFP's scheduler (CRON_SCHEDULE_TIMEZONE of its deployment)."""
    request_timeout: Annotated[float, Field(gt=0)] = 30.0
    """Seconds to wait for an answer of the API."""
    defaults: Container = Container()
    """Container of each node."""
    nodes: Mapping[str, Container] = {}
    """What single nodes have otherwise: by node id, or Begin and End."""

    @model_validator(mode="after")
    def _zone(self) -> Self:
        from zoneinfo import ZoneInfo

        try:
            ZoneInfo(self.scheduler_timezone)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"scheduler_timezone: '{self.scheduler_timezone}' is no time zone") from None
        return self

    def run_page(self, run: str) -> str:
        """Returns the address of a run's page."""
        return f"{(self.ui or self.host).rstrip('/')}/#/runs/details/{run}"

    def container(self, node: str) -> Container:
        """Returns a node's container, with the default's values where it has none of its own."""
        return self.nodes.get(node, Container()).over(self.defaults)
