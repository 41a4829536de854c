"""Data in S3, against moto's server in a process of its own: read, listed, and every way in which it can fail."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.ingest.header import inspect_header
from components.ingest.job import FileJob, Result, ingest_file
from components.ingest.source import find, fingerprint, locate
from components.storage import create, delete, rename, use_options
from pipeline_configs.errors import DataProblem, RunFailed
from pipelines.check import check_data
from pipelines.config import load_environment
from tests.components.ingest.helpers import HEADER, make_task

ROWS = "\n".join([HEADER, *(f"{i},{i % 90},m,yes,Köln,{i % 2}" for i in range(300)), ""]).encode()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Address of a running S3."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{address}/moto-api/", timeout=1).close()
                break
            except OSError:
                assert process.poll() is None, "moto's server has ended"
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(10)


def tell(server: str, command: str, body: str) -> None:
    """Sends a command to moto itself."""
    headers = {"Content-Type": "text/plain"}
    request = urllib.request.Request(f"{server}/moto-api/{command}", body.encode(), headers, method="POST")
    urllib.request.urlopen(request).close()


@pytest.fixture
def s3(server: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client of an S3 with one bucket, `hospital`; reached by environment variables."""
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", server)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    tell(server, "reset", "")
    use_options([])
    client = boto3.client("s3")
    client.create_bucket(Bucket="hospital")
    return client


def put(s3: Any, key: str, body: bytes = ROWS) -> None:
    s3.put_object(Bucket="hospital", Key=key, Body=body)


def problems(path: str, **changes: Any) -> str:
    return "\n".join(map(str, inspect_header(make_task(**{"data.path": path, **changes}))))


def test_spans_and_versions(s3: Any) -> None:
    for key in ("x/span-2/v1/a.csv", "x/span-10/v1/a.csv", "x/span-10/v2/a.csv", "x/span-10/v2/b.csv"):
        put(s3, key)
    location = locate("s3://hospital/x/span-{SPAN}/v{VERSION}/*.csv")
    found = find(location, "csv")
    assert (found.span, found.version) == (10, 2)
    assert [file.path for file in found.files] == [f"s3://hospital/x/span-10/v2/{name}.csv" for name in "ab"]
    assert {file.size for file in found.files} == {len(ROWS)}
    assert find(location, "csv", 2).files[0].path == "s3://hospital/x/span-2/v1/a.csv"
    before = fingerprint(found)
    put(s3, "x/span-10/v2/b.csv")
    assert fingerprint(found) == before
    put(s3, "x/span-10/v2/b.csv", ROWS.replace(b"yes", b"TRU"))
    assert fingerprint(found) != before


def test_a_folder(s3: Any) -> None:
    put(s3, "x/a.csv")
    put(s3, "x/readme.md")
    assert [file.name for file in find(locate("s3://hospital/x"), "csv").files] == ["a.csv"]
    assert [file.name for file in find(locate("s3://hospital/x/"), "csv").files] == ["a.csv"]


def test_csv_and_parquet_are_read(s3: Any, settings: Any, tmp_path: Path) -> None:
    put(s3, "a.csv")
    columns = {"id": range(300), "age": [i % 90 for i in range(300)], "sex": ["m"] * 300, "smoker": [True] * 300}
    pq.write_table(
        pa.table({**columns, "site": ["Köln"] * 300, "outcome": [i % 2 for i in range(300)]}), tmp_path / "a.parquet"
    )
    s3.upload_file(str(tmp_path / "a.parquet"), "hospital", "a.parquet")
    rows = []
    for data_format in ("csv", "parquet"):
        path = f"s3://hospital/a.{data_format}"
        task = make_task(**{"data.format": data_format, "data.path": path})
        assert inspect_header(task) == []
        result: Result = ingest_file(settings(task), FileJob(0, path, "a", 1))
        assert result.counts, result.problems
        rows.append(result.counts.rows)
    assert rows[0] == rows[1]
    assert rows[0].total() == 300


def test_the_address_of_the_storage_as_a_beam_option(s3: Any, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    put(s3, "a.csv")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    use_options([f"--s3_endpoint_url={server}"])
    assert problems("s3://hospital/a.csv") == ""


def test_galen_check_reaches_the_storage_by_the_environments_options(
    s3: Any, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apache_beam.io.filesystems import FileSystems

    put(s3, "a.csv")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setattr(FileSystems, "_pipeline_options", None)  # as in a process that has just started
    local = load_environment("local")
    beam = local.beam.model_copy(update={"options": (f"--s3_endpoint_url={server}",)})
    environment = local.model_copy(update={"beam": beam})
    assert check_data(make_task(**{"data.path": "s3://hospital/a.csv"}), environment) == []


def test_output_is_written_renamed_and_deleted(s3: Any, settings: Any) -> None:
    put(s3, "a.csv")
    with create("s3://hospital/out/.work/a") as file:
        file.write(b"content")
    rename([("s3://hospital/out/.work/a", "s3://hospital/out/a")])
    assert s3.get_object(Bucket="hospital", Key="out/a")["Body"].read() == b"content"
    delete("s3://hospital/out")
    delete("s3://hospital/out")
    assert [item["Key"] for item in s3.list_objects_v2(Bucket="hospital")["Contents"]] == ["a.csv"]


def test_missing_file(s3: Any) -> None:
    assert "s3://hospital/none.csv: there is no such file or folder" in problems("s3://hospital/none.csv")
    assert "s3://hospital/x/*.csv: no file matches" in problems("s3://hospital/x/*.csv")
    assert "s3://hospital/{SPAN}/a.csv: no file matches" in problems("s3://hospital/{SPAN}/a.csv")


def test_missing_bucket(s3: Any) -> None:
    text = problems("s3://clinic/a.csv")
    assert "s3://clinic/a.csv: there is no such bucket" in text


def test_wrong_header(s3: Any) -> None:
    put(s3, "a.csv", ROWS.replace(b",", b";"))
    assert "s3://hospital/a.csv: the file has another delimiter" in problems("s3://hospital/a.csv")


@pytest.fixture
def no_credentials(s3: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A bucket that is there, and nothing to be let in by."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))


def never(*_: Any) -> Any:
    """What must not be asked: without credentials Beam tries again for ten minutes."""
    raise AssertionError


@pytest.mark.usefixtures("no_credentials")
def test_no_credentials() -> None:
    text = problems("s3://hospital/a.csv")
    assert "there are no credentials for the storage" in text
    assert "AWS_ACCESS_KEY_ID" in text


def test_no_permission(s3: Any, server: str) -> None:
    """moto checks permissions once it is told to."""
    put(s3, "a.csv")
    iam = boto3.client("iam")
    iam.create_user(UserName="nobody")
    key = iam.create_access_key(UserName="nobody")["AccessKey"]
    options = [f"--s3_access_key_id={key['AccessKeyId']}", f"--s3_secret_access_key={key['SecretAccessKey']}"]
    tell(server, "reset-auth", "0")
    try:
        use_options(options)
        text = problems("s3://hospital/a.csv")
    finally:
        tell(server, "reset-auth", "inf")
    assert "no permission for the storage" in text
    assert key["SecretAccessKey"] not in text


def test_storage_that_does_not_answer(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    for ask in (problems, lambda path: find(locate(path), "csv")):
        with pytest.raises(RunFailed, match="s3://hospital: the storage does not answer") as error:
            ask("s3://hospital/a.csv")
        assert str(error.value).count("to do:") == 1


@pytest.fixture
def overloaded(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An S3 that asks everybody to come again later."""

    class Overloaded(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(503)
            self.end_headers()
            self.wfile.write(b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>")

        do_HEAD = do_GET

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Overloaded) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        yield
        server.shutdown()


@pytest.mark.usefixtures("s3", "overloaded")
def test_an_overloaded_storage_may_be_asked_again() -> None:
    with pytest.raises(RunFailed, match="s3://hospital: the storage is overloaded") as error:
        find(locate("s3://hospital/P123.csv"), "csv")
    assert "HTTP 503" in str(error.value) and "P123" not in str(error.value)


@pytest.mark.usefixtures("s3")
def test_a_job_whose_storage_does_not_answer_may_be_tried_again(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(path: str) -> Any:
        raise ConnectionResetError(104, "reset")

    monkeypatch.setattr("components.ingest.read.open_file", away)
    result = ingest_file(settings(make_task()), FileJob(0, "s3://hospital/a.csv", "a.csv", 1))
    assert result.failure == "RunFailed" and type(result.error) is RunFailed
    assert "s3://hospital: the storage does not answer" in str(result.error)


def test_a_file_that_goes_away_between_looking_and_reading(s3: Any, settings: Any) -> None:
    result = ingest_file(settings(make_task()), FileJob(0, "s3://hospital/gone.csv", "gone.csv", 1))
    assert result.failure == "DataProblem"
    assert "s3://hospital/gone.csv: there is no such file" in str(result.error)
    assert json.loads(result.to_json())["counts"] is None


def test_listing_raises_one_clear_problem(s3: Any) -> None:
    with pytest.raises(DataProblem, match="there is no such bucket"):
        find(locate("s3://clinic/{SPAN}/*.csv"), "csv")
