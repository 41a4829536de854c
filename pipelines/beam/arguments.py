"""Beam's arguments, made from what an environment declares."""

import json
from pathlib import Path

from pipeline_configs.beam import Beam
from pipeline_configs.beam_dataflow import DataflowBeam
from pipeline_configs.beam_direct import DirectBeam
from pipeline_configs.beam_portable import FlinkBeam, PortableBeam, SparkBeam
from pipeline_configs.beam_workers import DockerWorkers, ExternalWorkers, LoopbackWorkers, Workers
from pipeline_configs.task import Task
from pipelines.beam.workload import choose, workload_of
from pipelines.nodes import EXAMPLE_GENS

__all__ = ["beam_args", "node_args"]

_COMMON = (
    # A tenth of a Beam node's fixed cost; the types are those of TFX's own graphs, which do not change.
    "--no_pipeline_type_check",
)

_HERE = "--sdk_container_image=none"
"""Without an image TFX builds a source distribution of itself at every Beam node, for workers that have TFX already."""

_KEPT = "--environment_cache_millis=60000"
"""Without it a worker ends when a stage does, and the next stage waits for TensorFlow to be imported once more."""


def beam_args(beam: Beam) -> list[str]:
    """Returns the arguments that hold for all nodes of a pipeline."""
    if isinstance(beam, DirectBeam):
        mode = "in_memory" if beam.mode == "auto" else beam.mode
        arguments = ["--runner=DirectRunner", *_direct(mode, beam.workers), _HERE]
    elif isinstance(beam, DataflowBeam):
        arguments = _dataflow(beam)
    else:
        arguments = _portable(beam)
    return [*arguments, *_COMMON, *beam.options]


def node_args(beam: Beam, task: Task, node: str, span: int | str | None = None) -> list[str]:
    """Returns the arguments that a node has beyond those of its pipeline.

    With `mode: auto` only the ingest works in parallel: what it reads is large, and what the other nodes read of
    images and notes is not.

    Args:
        beam: What the environment declares.
        task: The task.
        node: Id of the node.
        span: The span asked for; the newest where it is None.
    """
    if not isinstance(beam, DirectBeam):
        # By its name a job is found on the cluster's pages; lower-case letters, digits and dashes, as Dataflow asks.
        return [f"--job_name=galen-{task.name.replace('_', '-')}-{node.lower()}"]
    if beam.mode != "auto" or node not in EXAMPLE_GENS.values():
        return []
    return _direct(*choose(workload_of(task, span), beam.workers))


def _direct(mode: str, workers: int) -> list[str]:
    return [f"--direct_running_mode={mode}", f"--direct_num_workers={1 if mode == 'in_memory' else workers}"]


def _portable(beam: FlinkBeam | SparkBeam) -> list[str]:
    arguments = [f"--runner={_portable_runner(beam)}", f"--sdk_worker_parallelism={beam.processes}", _KEPT]
    if beam.job_endpoint:
        arguments.append(f"--job_endpoint={beam.job_endpoint}")
    if isinstance(beam, FlinkBeam):
        arguments.append(f"--parallelism={beam.parallelism}")
        if beam.retries:
            arguments.append(f"--number_of_execution_retries={beam.retries}")
    if beam.job_server_jar:
        # Named even where there is one by default: what is not named is downloaded.
        kind, master = ("flink", "flink_master") if isinstance(beam, FlinkBeam) else ("spark", "spark_master_url")
        jar = Path(beam.job_server_jar).expanduser().absolute()
        arguments += [f"--{kind}_job_server_jar={jar}", f"--{master}={beam.master}"]
        arguments.append(f"--job_server_java_launcher={beam.java}")
    return [*arguments, *_workers(beam.workers)]


def _portable_runner(beam: PortableBeam) -> str:
    if beam.job_endpoint:
        return "PortableRunner"
    return "FlinkRunner" if isinstance(beam, FlinkBeam) else "SparkRunner"


def _workers(workers: Workers) -> list[str]:
    if isinstance(workers, LoopbackWorkers):
        return ["--environment_type=LOOPBACK", _HERE]
    if isinstance(workers, ExternalWorkers):
        return ["--environment_type=EXTERNAL", f"--environment_config={workers.address}", _HERE]
    if isinstance(workers, DockerWorkers):
        image = [f"--sdk_container_image={workers.image}"]
        return [
            "--environment_type=DOCKER",
            f"--environment_config={workers.image}",
            *image,
            *_package(workers.package),
        ]
    config = {"command": workers.command, "env": workers.variables}
    started = ["--environment_type=PROCESS", f"--environment_config={json.dumps(config)}"]
    return [*started, *(_package(workers.package) or [_HERE])]


def _package(package: str) -> list[str]:
    return [f"--extra_package={Path(package).expanduser().absolute()}"] if package else []


def _dataflow(beam: DataflowBeam) -> list[str]:
    given = {
        "runner": "DataflowRunner",
        "project": beam.project,
        "region": beam.region,
        "temp_location": beam.temp_location,
        "staging_location": beam.staging_location,
        "worker_machine_type": beam.machine_type,
        "num_workers": beam.workers,
        "max_num_workers": beam.max_workers,
        "disk_size_gb": beam.disk_gb,
        "service_account_email": beam.service_account,
        "subnetwork": beam.subnetwork,
        "dataflow_kms_key": beam.kms_key,
        "sdk_container_image": beam.image,
    }
    arguments = [f"--{name}={value}" for name, value in given.items() if value]
    addresses = [] if beam.public_ips else ["--no_use_public_ips"]
    # All code of a job is in modules, and what stands in the process of the run is not for the workers.
    return [*arguments, "--no_save_main_session", *addresses, *_package(beam.package)]
