from pathlib import Path
from typing import Any

import pytest

from pipeline_configs.beam_dataflow import DataflowBeam
from pipeline_configs.beam_direct import DirectBeam
from pipeline_configs.beam_portable import FlinkBeam, SparkBeam
from pipeline_configs.errors import ConfigError
from pipelines.config import load_environment

FLINK = "runner: flink, job_endpoint: 'jobs:8099', workers: {kind: external, address: 'localhost:50000'}"
DATAFLOW = "runner: dataflow, project: my-project, region: europe-west3, temp_location: 'gs://bucket/tmp'"


def declared(tmp_path: Path, beam: str, root: str = "work/pipelines") -> Any:
    file = tmp_path / "here.yaml"
    file.write_text(
        f"name: here\npipeline_root: {root}\nmetadata: {{path: work/metadata.sqlite}}\n"
        f"serving_root: work/serving\nlog_root: work/logs\nbeam: {{{beam}}}\n"
    )
    return load_environment(str(file))


@pytest.mark.parametrize(
    ("beam", "kind"),
    [
        ("", DirectBeam),
        ("mode: multi_threading, workers: 2", DirectBeam),
        ("runner: direct, mode: in_memory, workers: 1", DirectBeam),
        (FLINK, FlinkBeam),
        ("runner: spark, master: 'local[2]', job_server_jar: a.jar, workers: {kind: loopback}", SparkBeam),
    ],
)
def test_the_runner_says_which_options_there_are(tmp_path: Path, beam: str, kind: type) -> None:
    assert type(declared(tmp_path, beam).beam) is kind


def test_dataflow_needs_a_pipeline_root_that_its_workers_see(tmp_path: Path) -> None:
    assert type(declared(tmp_path, f"{DATAFLOW}, image: galen", "gs://bucket/p").beam) is DataflowBeam
    with pytest.raises(ConfigError, match="pipeline_root has to be in gs://"):
        declared(tmp_path, f"{DATAFLOW}, image: galen")


def test_containers_of_workers_need_a_pipeline_root_that_they_see(tmp_path: Path) -> None:
    beam = "runner: flink, job_endpoint: 'jobs:8099', workers: {kind: docker, image: galen}"
    assert declared(tmp_path, beam, "gs://bucket/p").beam.workers.image == "galen"
    with pytest.raises(ConfigError, match="containers of workers see no folder of a machine"):
        declared(tmp_path, beam)


@pytest.mark.parametrize(
    ("beam", "says"),
    [
        ("runner: flik", r"beam\.runner: the runner is not known\n.*\n.*\n  to do: did you mean 'flink'"),
        (f"{FLINK}, paralelism: 2", r"the key 'paralelism' is not known here\n  to do: did you mean 'parallelism'"),
        ("runner: flink, job_endpoint: 'a:1'", r"beam\.workers: the key 'workers' is missing"),
        ("runner: flink, job_endpoint: 'a:1', workers: {kind: dokker}", r"beam\.workers\.kind: the kind is not known"),
        ("runner: flink, workers: {kind: loopback}", "either job_endpoint"),
        (f"{FLINK}, job_server_jar: a.jar, master: 'a:1'", "either job_endpoint"),
        ("runner: flink, job_server_jar: a.jar, workers: {kind: loopback}", "job_server_jar needs master"),
        ("runner: flink, job_endpoint: nowhere, workers: {kind: loopback}", r"beam\.job_endpoint: the text has"),
        (f"{FLINK}, options: ['--parallelism=3']", r"--parallelism stands in options; give beam\.parallelism"),
        (f"{FLINK}, options: ['--runner=Other']", r"give beam\.runner"),
        (f"{FLINK}, options: ['parallelism=3']", "begins with two dashes"),
        ("mode: in_memory, workers: 4", "in_memory works in one thread"),
        ("options: ['--direct_num_workers=4']", r"give beam\.workers"),
        (f"{DATAFLOW}", "workers need Galen: give image, or package"),
        (f"{DATAFLOW}, image: i, workers: 12", "workers is more than max_workers"),
        (f"{DATAFLOW}, image: i, options: ['--num_workers=3']", r"give beam\.workers"),
        (DATAFLOW.replace("gs://bucket/tmp", "/tmp") + ", image: i", r"beam\.temp_location"),
    ],
)
def test_what_contradicts_itself_is_refused(tmp_path: Path, beam: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        declared(tmp_path, beam)


def test_a_secret_does_not_travel_with_a_job(tmp_path: Path) -> None:
    option = "options: ['--azure_connection_string=hunter2']"
    assert declared(tmp_path, option).beam.options  # of this machine it does not leave
    with pytest.raises(ConfigError, match="would travel with the job") as error:
        declared(tmp_path, f"{FLINK}, {option}")
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    "option",
    [
        "--s3_secret_access_key=hunter2",
        "--other=AccountName=a;AccountKey=hunter2",
        "--other=BlobEndpoint=https://a;SharedAccessSignature=hunter2",
        "--other=Endpoint=sb://a;sharedaccesskey=hunter2",
        "--other=https://a.blob.core.windows.net/c?sv=1&sig=hunter2",
        "--hdfs_user=hunter2",
    ],
)
def test_a_secret_is_known_by_its_name_or_its_form(tmp_path: Path, option: str) -> None:
    with pytest.raises(ConfigError, match="would travel with the job") as error:
        declared(tmp_path, f"{FLINK}, options: ['{option}']")
    assert "hunter2" not in str(error.value) and option.split("=")[0] in str(error.value)
    assert declared(tmp_path, f"{FLINK}, options: ['--s3_endpoint_url=http://minio:9000']").beam.options


@pytest.mark.parametrize("options", ["['--s3_secret_access_key', 'hunter2']", "['--s3_secret_access_key hunter2']"])
def test_the_value_of_an_option_is_not_repeated(tmp_path: Path, options: str) -> None:
    with pytest.raises(ConfigError, match=r"begins with two dashes.*the option at place \d of \d") as error:
        declared(tmp_path, f"options: {options}")
    assert "hunter2" not in str(error.value)


def test_workers_elsewhere_get_whole_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    environment = declared(tmp_path, FLINK)
    assert environment.pipeline_root == f"{tmp_path}/work/pipelines"
    assert environment.metadata.path == f"{tmp_path}/work/metadata.sqlite"
    assert environment.pseudonym_key.file == ""
    assert declared(tmp_path, FLINK, "gs://bucket/p").pipeline_root == "gs://bucket/p"
    assert declared(tmp_path, "runner: direct").pipeline_root == "work/pipelines"
