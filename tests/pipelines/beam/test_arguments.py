import json
from typing import Any

import pytest
from pydantic import TypeAdapter

from pipeline_configs.beam import Beam
from pipelines.beam.arguments import beam_args

EXTERNAL = {"kind": "external", "address": "localhost:50000"}


def args(**beam: Any) -> list[str]:
    return beam_args(TypeAdapter(Beam).validate_python(beam))


def parsed(arguments: list[str]) -> dict[str, Any]:
    """What Beam's own parser makes of arguments; one that it does not know is an error."""
    from apache_beam.options.pipeline_options import PipelineOptions

    flags = [argument for argument in arguments if not argument.startswith("--number_of_execution_retries")]
    options = PipelineOptions(flags)
    known = options.get_all_options(drop_default=True)
    unknown = (
        PipelineOptions(flags).get_all_options(retain_unknown_options=True).keys() - options.get_all_options().keys()
    )
    assert not unknown
    return known


def test_direct_options_are_as_declared() -> None:
    known = parsed(args(runner="direct", mode="multi_threading", workers=3, options=["--s3_endpoint_url=http://a"]))
    assert known["direct_running_mode"] == "multi_threading"
    assert known["direct_num_workers"] == 3
    assert known["s3_endpoint_url"] == "http://a"
    assert parsed(args(runner="direct", mode="in_memory"))["sdk_container_image"] == "none"


def test_a_job_service_is_reached_through_the_portable_runner() -> None:
    beam = {"runner": "flink", "job_endpoint": "jobs:8099", "parallelism": 4, "processes": 2, "retries": 1}
    arguments = args(**beam, workers=EXTERNAL)
    known = parsed(arguments)
    assert known["runner"] == "PortableRunner"
    assert known["job_endpoint"] == "jobs:8099"
    assert known["parallelism"] == 4
    assert known["sdk_worker_parallelism"] == "2"
    assert (known["environment_type"], known["environment_config"]) == ("EXTERNAL", "localhost:50000")
    assert "--number_of_execution_retries=1" in arguments


@pytest.mark.parametrize(
    ("runner", "master", "flag"), [("flink", "master:8081", "flink"), ("spark", "spark://master:7077", "spark")]
)
def test_a_jar_is_always_named_so_that_none_is_downloaded(runner: str, master: str, flag: str) -> None:
    known = parsed(args(runner=runner, master=master, job_server_jar="/jars/a.jar", java="/j", workers=EXTERNAL))
    assert known["runner"] == f"{runner.capitalize()}Runner"
    assert known[f"{flag}_job_server_jar"] == "/jars/a.jar"
    assert known["job_server_java_launcher"] == "/j"
    assert known["flink_master" if runner == "flink" else "spark_master_url"] == master


@pytest.mark.parametrize(
    "workers",
    [
        {"kind": "loopback"},
        EXTERNAL,
        {"kind": "docker", "image": "galen:1"},
        {"kind": "docker", "image": "galen:1", "package": "/dist/galen.tar.gz"},
        {"kind": "process", "command": "/boot", "variables": {"A": "b"}},
        {"kind": "process", "command": "/boot", "package": "/dist/galen.tar.gz"},
    ],
)
def test_tfx_packs_itself_for_no_kind_of_workers(workers: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    from tfx.utils import dependency_utils

    def refused() -> str:
        raise AssertionError("TFX would have built a source distribution of itself, without Galen")

    monkeypatch.setattr(dependency_utils, "build_ephemeral_package", refused)
    arguments = args(runner="flink", job_endpoint="a:1", workers=workers)
    assert dependency_utils.make_beam_dependency_flags(arguments) == arguments
    known = parsed(arguments)
    assert known["environment_type"] == workers["kind"].upper()
    if "package" in workers:
        assert known["extra_packages"] == [workers["package"]]
    if workers["kind"] == "docker":
        assert known["environment_config"] == known["sdk_container_image"] == "galen:1"
    if workers["kind"] == "process":
        expected = {"command": "/boot", "env": workers.get("variables", {})}
        assert json.loads(known["environment_config"]) == expected


def test_dataflow_options_pass_its_own_check() -> None:
    from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions, WorkerOptions
    from apache_beam.options.pipeline_options_validator import PipelineOptionsValidator
    from apache_beam.runners.dataflow.dataflow_runner import DataflowRunner

    arguments = args(
        runner="dataflow",
        project="my-project",
        region="europe-west3",
        temp_location="gs://bucket/tmp",
        staging_location="gs://bucket/staging",
        machine_type="n2-standard-4",
        workers=2,
        max_workers=40,
        disk_gb=50,
        service_account="beam@my-project.iam.gserviceaccount.com",
        subnetwork="regions/europe-west3/subnetworks/private",
        kms_key="projects/p/locations/europe-west3/keyRings/r/cryptoKeys/k",
        image="europe-docker.pkg.dev/p/galen:1",
        package="/dist/galen.tar.gz",
    )
    parsed(arguments)
    # Not dry, the check would ask Google about the bucket.
    options = PipelineOptions([*arguments, "--job_name=galen", "--dry_run=True"])
    assert PipelineOptionsValidator(options, DataflowRunner()).validate() == []
    cloud, machines = options.view_as(GoogleCloudOptions), options.view_as(WorkerOptions)
    assert (cloud.project, cloud.region) == ("my-project", "europe-west3")
    assert cloud.temp_location == "gs://bucket/tmp"
    assert cloud.dataflow_kms_key.endswith("/k")
    assert cloud.service_account_email == "beam@my-project.iam.gserviceaccount.com"
    assert (machines.num_workers, machines.max_num_workers, machines.disk_size_gb) == (2, 40, 50)
    assert machines.machine_type == "n2-standard-4"
    assert machines.use_public_ips is False
    assert machines.subnetwork.endswith("/private")
    assert machines.sdk_container_image == "europe-docker.pkg.dev/p/galen:1"


def test_a_public_address_is_only_given_where_it_is_asked_for() -> None:
    from apache_beam.options.pipeline_options import PipelineOptions, WorkerOptions

    beam = {"runner": "dataflow", "project": "my-project", "region": "europe-west3", "image": "i"}
    arguments = args(**beam, temp_location="gs://bucket/t", public_ips=True)
    assert PipelineOptions(arguments).view_as(WorkerOptions).use_public_ips is None
