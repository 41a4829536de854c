"""Whether what an environment says of Beam is there: before TFX starts, and before anything is read."""

import json
import os
import shutil
import socket
import urllib.request
from pathlib import Path
from typing import Any

from pipeline_configs.beam import Beam
from pipeline_configs.beam_dataflow import DataflowBeam
from pipeline_configs.beam_direct import DirectBeam
from pipeline_configs.beam_portable import FlinkBeam, SparkBeam
from pipeline_configs.beam_workers import DockerWorkers, ExternalWorkers, ProcessWorkers
from pipeline_configs.errors import Problem

__all__ = ["beam_problems"]

_PATIENCE = 5.0
"""Seconds that an address gets to answer."""

_LOCAL = ("localhost", "127.0.0.1")


def beam_problems(beam: Beam) -> list[Problem]:
    """Returns what is missing for a run: files, programs, and services that do not answer."""
    if isinstance(beam, DirectBeam):
        return []
    if isinstance(beam, DataflowBeam):
        return [*_package(beam.package, "beam.package"), *_google_credentials()]
    problems = [*_job_server(beam), *_workers(beam)]
    if isinstance(beam, FlinkBeam) and beam.master:
        problems += _flink(beam)
    if isinstance(beam, SparkBeam) and beam.master.startswith("spark://"):
        address = beam.master.removeprefix("spark://")
        problems += _answers(address, "Spark's master", "beam.master", "start it, or correct beam.master")
    return problems


def _job_server(beam: FlinkBeam | SparkBeam) -> list[Problem]:
    if beam.job_endpoint:
        fix = "start Beam's job server for this cluster, or correct beam.job_endpoint"
        return _answers(beam.job_endpoint, "the job service", "beam.job_endpoint", fix)
    problems = []
    if not Path(beam.job_server_jar).expanduser().is_file():
        fix = "give the path of Beam's job server jar for this runner; Galen does not download it"
        problems.append(Problem("there is no such jar", "beam.job_server_jar", found=beam.job_server_jar, fix=fix))
    if shutil.which(beam.java) is None:
        fix = "install a Java runtime (11 or 17), give its path as beam.java, or use a job service (beam.job_endpoint)"
        problems.append(Problem("there is no Java to start the job server with", "beam.java", found=beam.java, fix=fix))
    return problems


def _workers(beam: FlinkBeam | SparkBeam) -> list[Problem]:
    workers = beam.workers
    if isinstance(workers, DockerWorkers | ProcessWorkers):
        return _package(workers.package, "beam.workers.package")
    # The address is the cluster's view; only where the cluster is this machine can it be tried from here.
    if isinstance(workers, ExternalWorkers) and beam.master.split(":")[0] in _LOCAL:
        fix = "start it: python -m apache_beam.runners.worker.worker_pool_main --service_port=PORT"
        return _answers(workers.address, "the pool of workers", "beam.workers.address", fix)
    return []


def _flink(beam: FlinkBeam) -> list[Problem]:
    fix = "start the cluster (`make run-flink` starts one on this machine for a run), or correct beam.master"
    unreachable = _answers(beam.master, "Flink", "beam.master", fix)
    if unreachable:
        return unreachable
    try:
        overview = _json(f"http://{beam.master}/overview")
        slots, flink = overview["slots-total"], overview["flink-version"]
    except (OSError, ValueError, KeyError, TypeError):
        what = "what answers there is not Flink's REST interface"
        return [Problem(what, "beam.master", "the JobManager's rest.port, 8081 by default", beam.master)]
    if slots < beam.parallelism and not _grows(beam.master):
        what = f"Flink {flink} has fewer slots than a job asks for"
        fix = "add TaskManagers or slots, or lower beam.parallelism"
        return [Problem(what, "beam.parallelism", f"at most {slots}", str(beam.parallelism), fix)]
    return []


def _grows(master: str) -> bool:
    """Whether the cluster starts TaskManagers as they are asked for, so that its slots say nothing."""
    try:
        keys = {entry["key"] for entry in _json(f"http://{master}/jobmanager/config")}
    except (OSError, ValueError, KeyError, TypeError):
        return True
    return any(key.startswith(("kubernetes.", "yarn.")) for key in keys)


def _json(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=_PATIENCE) as answer:
        return json.load(answer)


def _answers(address: str, who: str, where: str, fix: str) -> list[Problem]:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=_PATIENCE).close()
    except (OSError, OverflowError) as error:
        found = getattr(error, "strerror", None) or str(error) or "no answer"
        return [Problem(f"{who} does not answer at {address}", where, found=found, fix=fix)]
    return []


def _package(package: str, where: str) -> list[Problem]:
    if not package or Path(package).expanduser().is_file():
        return []
    return [Problem("there is no such source distribution", where, found=package, fix="make it: make sdist")]


def _google_credentials() -> list[Problem]:
    file = os.environ.get("GOOGLE_APPLICATION_CREDENTIALS", "")
    if not file or Path(file).is_file():
        return []
    return [Problem("there is no such file of credentials", "GOOGLE_APPLICATION_CREDENTIALS", found=file)]
