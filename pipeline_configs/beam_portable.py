"""Beam on a cluster of Flink or Spark, through a job service that translates for it."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from pipeline_configs.beam_options import DistributedOptions
from pipeline_configs.beam_workers import AddressOrNone, Workers

__all__ = ["FlinkBeam", "PortableBeam", "SparkBeam"]

_OWNED = {
    "job_endpoint": "beam.job_endpoint",
    "job_server_java_launcher": "beam.java",
    "environment_type": "beam.workers",
    "environment_config": "beam.workers",
    "environment_option": "beam.workers",
    "environment_options": "beam.workers",
    "sdk_worker_parallelism": "beam.processes",
    "extra_package": "beam.workers.package",
    "extra_packages": "beam.workers.package",
}


class PortableBeam(DistributedOptions):
    """What Flink and Spark share."""

    master: str = ""
    """The cluster's own address; needed where Galen starts the job service, and otherwise only looked at by the check
    before a run."""
    job_endpoint: AddressOrNone = ""
    """Host and port of a job service that runs already; better where one serves many runs."""
    job_server_jar: str = ""
    """Jar of Beam's job server, on this machine: each Beam job then starts one of its own. Nothing is downloaded."""
    java: str = "java"
    """Program that runs the jar."""
    workers: Workers
    """Where the workers' Python comes from, and with it Galen."""
    processes: Annotated[int, Field(ge=1)] = 1
    """Python processes beside each machine of the cluster; as many as it has slots is what uses its cores."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.job_endpoint) == bool(self.job_server_jar):
            raise ValueError("give either job_endpoint, a job service that runs, or job_server_jar, to start one")
        if self.job_server_jar and not self.master:
            raise ValueError("job_server_jar needs master, the address of the cluster")
        return self


class FlinkBeam(PortableBeam):
    """Beam on a Flink cluster."""

    OWNED: ClassVar[dict[str, str]] = {
        **_OWNED,
        "flink_master": "beam.master",
        "flink_job_server_jar": "beam.job_server_jar",
        "flink_version": "beam.job_server_jar",
        "flink_submit_uber_jar": "beam.job_endpoint",
        "parallelism": "beam.parallelism",
        "number_of_execution_retries": "beam.retries",
    }

    runner: Literal["flink"]
    """flink: on a Flink cluster."""
    master: AddressOrNone = ""
    """Host and port of the JobManager's REST interface; needed where Galen starts the job service, and otherwise only
    looked at by the check before a run."""
    parallelism: Annotated[int, Field(ge=1)] = 1
    """Slots that a job takes. A job that asks for more than there are waits, and fails after five minutes."""
    retries: Annotated[int, Field(ge=0)] = 0
    """How often Flink starts a job again that failed. There are no checkpoints: Flink takes none of batch jobs, and a
    node's result is the checkpoint of a run."""


class SparkBeam(PortableBeam):
    """Beam on a Spark cluster."""

    OWNED: ClassVar[dict[str, str]] = {
        **_OWNED,
        "spark_master_url": "beam.master",
        "spark_job_server_jar": "beam.job_server_jar",
        "spark_version": "beam.job_server_jar",
        "spark_submit_uber_jar": "beam.job_endpoint",
        "spark_rest_url": "beam.job_endpoint",
    }

    runner: Literal["spark"]
    """spark: on a Spark cluster."""
    master: Annotated[str, Field(pattern=r"^(|spark://[^/]+:[0-9]+|local(\[([0-9]+|\*)\])?|yarn)$")] = ""
    """Spark's master: spark://host:7077, or local[2] for this machine; needed where Galen starts the job service."""
