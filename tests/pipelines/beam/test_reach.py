import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from pipeline_configs.beam import Beam
from pipelines.beam.reach import beam_problems

LOOPBACK = {"kind": "loopback"}


def problems(**beam: Any) -> list[str]:
    return [str(problem) for problem in beam_problems(TypeAdapter(Beam).validate_python(beam))]


@contextmanager
def rest(slots: int, keys: tuple[str, ...] = ()) -> Iterator[str]:
    """Answers as the REST interface of Flink does."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            config = [{"key": key, "value": ""} for key in keys]
            overview = {"slots-total": slots, "flink-version": "1.19.3"}
            body = json.dumps(overview if self.path == "/overview" else config).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: Any) -> None:
            pass

    server = HTTPServer(("localhost", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def listening() -> Iterator[str]:
    with socket.create_server(("localhost", 0)) as server:
        yield f"localhost:{server.getsockname()[1]}"


def closed() -> str:
    with listening() as address:
        return address


def test_a_cluster_that_answers_is_in_order() -> None:
    with rest(2) as master, listening() as jobs, listening() as pool:
        workers = {"kind": "external", "address": pool}
        assert problems(runner="flink", master=master, job_endpoint=jobs, parallelism=2, workers=workers) == []


def test_what_does_not_answer_is_named_with_host_and_port() -> None:
    nowhere = closed()
    found = problems(runner="flink", master=nowhere, job_endpoint=nowhere, workers=LOOPBACK)
    assert len(found) == 2
    assert f"beam.job_endpoint: the job service does not answer at {nowhere}" in found[0]
    assert f"beam.master: Flink does not answer at {nowhere}" in found[1]
    assert all("to do:" in text and "refused" in text for text in found)


def test_a_pool_on_this_machine_is_looked_for_and_one_elsewhere_is_not() -> None:
    with rest(1) as master, listening() as jobs:
        workers = {"kind": "external", "address": closed()}
        (found,) = problems(runner="flink", master=master, job_endpoint=jobs, workers=workers)
        assert "the pool of workers does not answer" in found
        assert problems(runner="flink", job_endpoint=jobs, workers=workers) == []


def test_too_few_slots_are_told_unless_the_cluster_grows() -> None:
    with listening() as jobs:
        with rest(1) as master:
            (found,) = problems(runner="flink", master=master, job_endpoint=jobs, parallelism=4, workers=LOOPBACK)
            assert "fewer slots" in found
            assert "at most 1" in found
        with rest(0, ("kubernetes.cluster-id",)) as master:
            assert not problems(runner="flink", master=master, job_endpoint=jobs, parallelism=4, workers=LOOPBACK)


def test_something_else_on_the_port_is_told() -> None:
    with listening() as jobs, listening_http() as master:
        (found,) = problems(runner="flink", master=master, job_endpoint=jobs, workers=LOOPBACK)
        assert "not Flink's REST interface" in found


@contextmanager
def listening_http() -> Iterator[str]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(404)

        def log_message(self, *arguments: Any) -> None:
            pass

    server = HTTPServer(("localhost", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_a_missing_jar_and_a_missing_java_are_told() -> None:
    found = problems(
        runner="spark", master="local[2]", job_server_jar="/nowhere/a.jar", java="no-such-java", workers=LOOPBACK
    )
    assert len(found) == 2
    assert "beam.job_server_jar: there is no such jar" in found[0]
    assert "Galen does not download it" in found[0]
    assert "beam.java: there is no Java" in found[1]


def test_a_missing_source_distribution_is_told(tmp_path: Path) -> None:
    dataflow = {"runner": "dataflow", "project": "my-project", "region": "europe-west3"}
    dataflow |= {"temp_location": "gs://bucket/t", "package": str(tmp_path / "galen.tar.gz")}
    (found,) = problems(**dataflow)
    assert "there is no such source distribution" in found
    assert "make sdist" in found
    (tmp_path / "galen.tar.gz").write_bytes(b"")
    assert problems(**dataflow) == []


def test_credentials_that_are_named_and_not_there_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json")
    dataflow = {"runner": "dataflow", "project": "my-project", "region": "europe-west3"}
    (found,) = problems(**dataflow, temp_location="gs://bucket/t", image="i")
    assert "GOOGLE_APPLICATION_CREDENTIALS: there is no such file" in found


def test_this_machine_is_always_there() -> None:
    assert problems(runner="direct") == []
