"""Containers of a run: they die in each phase, lose their database, meet another run, and the end is told."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from examples.sklearn_data import export
from pipelines.cluster.compiled_from import compiled_from
from pipelines.config import load_environment, load_task, schema_file
from pipelines.kubeflow.compile import compile_pipeline
from pipelines.kubeflow.compiling import declared
from pipelines.metadata.store import Store
from tests.kubeflow.conftest import SECRETS, Cluster
from tests.kubeflow.kfp_executor import KfpExecutor, Result
from tests.kubeflow.kfp_server import TOKEN, KfpServer
from tests.pipelines.light_pipeline import SECRET
from tests.warm import WarmProcess

pytestmark = pytest.mark.slow

TASK = "diabetes_progression"
GRAPH = {"Ingest": (), "Learn": ("Ingest",), "Judge": ("Learn",), "Push": ("Judge", "Learn")}


def light_pod(command: Sequence[str], variables: Mapping[str, str], folder: Path, log: Path) -> WarmProcess:
    """Starts a pod whose node is light: two hundred that import TFX each would take a quarter of the tests' time."""
    imports, module = "tests.kubeflow.light_imports", "tests.kubeflow.light_node"
    return WarmProcess(imports, module, command[3:], variables, folder, log)


class Light:
    """The light pipeline, compiled, and who runs it."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.logs = cluster.work / "logs"
        self.logs.mkdir(exist_ok=True)
        self.origin = ""

    def environment(self, change: Callable[[dict[str, Any]], None] = lambda tree: None) -> None:
        """Changes the environment's file."""
        file = self.cluster.folder / "configs" / "environments" / "kubeflow.yaml"
        tree = yaml.safe_load(file.read_text())
        tree["kubeflow"]["defaults"]["variables"]["GALEN_HOME"] = str(self.cluster.work)
        change(tree)
        file.write_text(yaml.safe_dump(tree))

    def executor(self, **options: Any) -> KfpExecutor:
        """Compiles the pipeline, and returns a KFP for it."""
        file = self.cluster.folder / f"pipeline-{time.monotonic_ns()}.yaml"
        task, _, environment, variables = declared(TASK, "kubeflow")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("GALEN_HOME", str(self.cluster.work))
            origin = self.origin or compiled_from(TASK, "kubeflow")
        compile_pipeline(task, environment, GRAPH, origin, variables, file)
        return self.cluster.executor(file, start=light_pod, **options)

    def run(self, **parameters: Any) -> Result:
        """Runs the pipeline."""
        return self.executor().run(**parameters)

    def containers(self, **nodes: str) -> None:
        """Says in which phase containers die."""
        (self.logs / "containers.json").write_text(json.dumps(nodes))

    def behave(self, **nodes: str) -> None:
        """Says what nodes do beyond their work."""
        (self.logs / "control.json").write_text(json.dumps(nodes))

    @property
    def store(self) -> Store:
        return Store(load_environment("kubeflow"), write=True)


@pytest.fixture
def light(cluster: Cluster) -> Light:
    found = Light(cluster)
    found.environment()
    return found


@pytest.fixture
def kfp(light: Light, monkeypatch: pytest.MonkeyPatch) -> Iterator[KfpServer]:
    """A KFP API that containers reach."""
    server = KfpServer()

    def change(tree: dict[str, Any]) -> None:
        tree["kubeflow"]["inner_host"] = server.host
        tree["kubeflow"]["defaults"]["variables"]["GALEN_KFP_TOKEN"] = TOKEN

    light.environment(change)
    monkeypatch.setenv("GALEN_KFP_TOKEN", TOKEN)
    yield server
    server.close()


@pytest.mark.parametrize("phase", ["start", "driver", "executor", "publishing", "published"])
def test_a_node_that_is_killed_in_any_phase_ends_well_when_it_is_tried_again(light: Light, phase: str) -> None:
    light.containers(Learn=phase)
    result = light.run()
    assert result.state == "SUCCEEDED", result.log("learn")
    assert [a.code for a in result.attempts if a.task == "learn"] == [-9, 0]
    store = light.store
    run = store.run(result.run)
    assert run is not None and run.facts["verdict"] == "blessed"
    [learn] = store.with_artifacts([node for node in store.nodes(run, TASK) if node.id == "Learn"])
    assert learn.state == "complete"
    [model] = learn.outputs["model"]
    assert not (Path(model.uri) / "torn").exists() and (Path(model.uri) / "weights").exists()


def test_a_node_waits_for_a_database_that_goes_away_while_it_works(light: Light) -> None:
    light.containers(Learn="slow")
    database = light.cluster.database

    def restart() -> None:
        sign = light.logs / "about-to-publish"
        while not sign.exists():
            time.sleep(0.05)
        database.stop(kill=True)
        time.sleep(4)
        database.start()

    thread = threading.Thread(target=restart)
    thread.start()
    try:
        result = light.run()
    finally:
        thread.join()
    assert result.state == "SUCCEEDED", result.log("learn")
    assert [a.code for a in result.attempts if a.task == "learn"] == [0]
    assert "does not answer; waiting" in result.log("learn")


def test_what_another_attempt_cannot_mend_is_not_done_again(light: Light) -> None:
    light.behave(Ingest="data problem")
    result = light.run()
    assert result.state == "FAILED" and result.tasks["learn"] == "SKIPPED" and result.tasks["end"] == "SUCCEEDED"
    attempts = [a for a in result.attempts if a.task == "ingest"]
    assert [a.code for a in attempts] == [4, 4, 4]
    assert all("the label is constant" in a.log.read_text() for a in attempts)
    assert "another one does not mend" in attempts[1].log.read_text()
    run = light.store.run(result.run)
    assert run is not None and run.facts["verdict"] == "data problem"
    assert "the label is constant" in result.page("end")
    # Somebody mends it and has KFP try the same run again.
    light.behave(Ingest="")
    again = light.executor(run_id=result.run).run()
    assert again.state == "SUCCEEDED", again.log("ingest")
    run = light.store.run(result.run)
    assert run is not None and run.facts["verdict"] == "blessed"


def test_a_full_volume_is_said_and_tried_again(light: Light) -> None:
    light.behave(Learn="disk full")
    result = light.run()
    assert result.state == "FAILED" and len([a for a in result.attempts if a.task == "learn"]) == 3
    assert "the disk is full" in result.log("learn") and "the disk is full" in result.page("end")


def test_no_value_of_a_patient_is_in_a_log_or_on_a_page(light: Light) -> None:
    light.behave(Ingest="value error", Learn="chatter")
    result = light.run()
    assert result.state == "FAILED"
    shown = "".join(file.read_text() for file in result.outputs.rglob("*") if file.is_file())
    assert "this is a defect in Galen" in shown
    for part in ("Jane Doe", "1931-02-03"):
        assert part in SECRET and part not in shown
    assert SECRETS["galen-metadata"]["password"] not in shown


def test_of_two_runs_at_once_the_second_is_refused_until_kfp_says_that_the_first_is_over(
    light: Light, kfp: KfpServer
) -> None:
    light.behave(Learn="hang")
    first: list[Any] = []
    kfp.runs["run-1"] = {"run_id": "run-1", "state": "RUNNING", "experiment_id": "e"}

    def remember(attempt: Any, process: Any) -> None:
        if attempt.task == "learn":
            first.append(process)

    thread = threading.Thread(target=lambda: light.executor(run_id="run-1", started=remember).run())
    thread.start()
    deadline = time.monotonic() + 120
    while not (light.logs / "Learn.hangs").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    refused = light.run()
    assert refused.state == "FAILED" and refused.tasks["begin"] == "FAILED"
    assert "another run of diabetes_progression has not ended" in refused.log("begin")
    assert "run run-1, which KFP says is RUNNING" in refused.log("begin")
    # As if the first run's workflow were deleted with all of its pods.
    light.behave()
    kfp.runs["run-1"]["state"] = "FAILED"
    third = light.run()
    assert third.state == "SUCCEEDED", third.log("begin")
    earlier = light.store.run("run-1")
    assert earlier is not None and earlier.facts["verdict"] == "interrupted"
    while thread.is_alive():
        for process in first:
            process.kill()
        thread.join(0.2)


def test_a_beginning_that_failed_and_then_went_well_is_no_failure_of_the_run(light: Light, kfp: KfpServer) -> None:
    light.store.begin_run(TASK, "run-1", {"kubeflow_run": "run-1"})
    kfp.runs["run-1"] = {"run_id": "run-1", "state": "RUNNING", "experiment_id": "e"}

    def end_the_other(attempt: Any, process: Any) -> None:
        if attempt.task == "begin" and attempt.number == 2:
            kfp.runs["run-1"]["state"] = "FAILED"

    result = light.executor(started=end_the_other).run()
    assert [attempt.code for attempt in result.attempts if attempt.task == "begin"] == [1, 0]
    run = light.store.run(result.run)
    assert result.state == "SUCCEEDED" and run is not None and run.facts["verdict"] == "blessed"


def test_a_pipeline_of_another_configuration_is_refused(light: Light) -> None:
    light.origin = "0.0.1-000000000000"
    result = light.run()
    assert result.state == "FAILED" and result.tasks["begin"] == "FAILED"
    assert "compiled from another version than this image holds" in result.log("begin")
    light.origin = compiled_from(TASK, "kubeflow").split("-")[0] + "-000000000000"
    assert "compiled from another configuration" in light.run().log("begin")


def test_a_node_that_dies_in_each_attempt_is_the_runs_failure(light: Light) -> None:
    def kill(attempt: Any, process: Any) -> None:
        if attempt.task == "learn":
            process.kill()

    result = light.executor(started=kill).run()
    assert result.state == "FAILED" and [a.code for a in result.attempts if a.task == "learn"] == [-9, -9, -9]
    run = light.store.run(result.run)
    assert run is not None and run.facts["verdict"] == "failed"
    assert "could not be started" in result.page("end")
    light.behave(Learn="hang")

    def kill_at_work(attempt: Any, process: Any) -> None:
        if attempt.task == "learn":
            sign = light.logs / "Learn.hangs"
            while not sign.exists():
                time.sleep(0.05)
            sign.unlink()
            process.kill()

    second = light.executor(started=kill_at_work).run()
    assert second.state == "FAILED" and "Learn did not end" in second.page("end")


def test_without_a_new_span_there_is_nothing_to_do(light: Light) -> None:
    from ml_metadata.proto import metadata_store_pb2 as pb

    source, schema = load_task(TASK)[1], schema_file(load_task(TASK)[1])
    folder = light.cluster.folder
    tree = yaml.safe_load(source.read_text())
    spans = light.cluster.work / "spans"
    tree["data"] = {"path": f"{spans}/{{YYYY}}-{{MM}}-{{DD}}/records.csv", "format": "csv"}
    (folder / "configs" / f"{TASK}.yaml").write_text(yaml.safe_dump(tree))
    (folder / "schemas").mkdir()
    (folder / "schemas" / schema.name).write_text(schema.read_text())
    (spans / "2026-11-01").mkdir(parents=True)
    export("diabetes", str(spans / "2026-11-01" / "records.csv"))

    def verdict(**parameters: Any) -> str:
        result = light.run(**parameters)
        run = light.store.run(result.run)
        assert run is not None
        return f"{result.state} {run.facts['verdict']} {run.facts['message']}"

    missing = verdict(span="2026-11-02", if_new=True)
    assert missing == "SUCCEEDED nothing new no new span: there are no files of 2026-11-02"
    assert verdict(span="2026-11-02").startswith("FAILED data problem")
    assert verdict(span="2026-11-01", if_new=True).startswith("SUCCEEDED blessed")
    # The light pipeline has no data gate; this is what a gate leaves behind.
    database = light.store.connection
    verdict_type = database.put_artifact_type(pb.ArtifactType(name="GalenGateVerdict"))
    artifact = pb.Artifact(type_id=verdict_type, uri="/x")
    artifact.custom_properties["span"].int_value = 20758  # days since 1970-01-01
    [number] = database.put_artifacts([artifact])
    pipeline = database.get_context_by_type_and_name("pipeline", TASK)
    database.put_attributions_and_associations([pb.Attribution(artifact_id=number, context_id=pipeline.id)], [])
    assert verdict(span="2026-11-01", if_new=True) == "SUCCEEDED nothing new span 2026-11-01 was ingested before"
    assert verdict(span="2026-11-01").startswith("SUCCEEDED blessed")


def test_a_schedule_that_is_not_due_does_nothing_and_succeeds(light: Light) -> None:
    result = light.run(
        schedule="0 2 * * *", timezone="Europe/Berlin", scheduled_time="2026-11-30T00:00:00Z", if_new=True
    )
    assert result.state == "SUCCEEDED"
    assert {task for task, state in result.tasks.items() if state == "SUCCEEDED"} == {"begin", "end"}
    assert "2026-11-30 01:00 Europe/Berlin, at which '0 2 * * *' is not due" in result.log("begin")
    run = light.store.run(result.run)
    assert run is not None and run.facts["verdict"] == "nothing new"


def test_the_time_of_a_scheduled_run_is_asked_of_kfp_where_it_does_not_fill_it_in(light: Light, kfp: KfpServer) -> None:
    kfp.runs["run-9"] = {
        "run_id": "run-9",
        "state": "RUNNING",
        "recurring_run_id": "r",
        "scheduled_at": "2026-07-01T00:00:00Z",
    }
    result = light.executor(run_id="run-9").run(
        schedule="0 2 * * *",
        timezone="Europe/Berlin",
        scheduled_time="[[ScheduledTime.2006-01-02T15:04:05Z]]",
    )
    assert result.state == "SUCCEEDED", result.log("begin")
    assert "scheduled for 2026-07-01 02:00 Europe/Berlin" in result.log("begin")
    assert result.tasks["push"] == "SUCCEEDED"
    # KFP's scheduler also starts a run at what is two o'clock in winter: one too many, unless it missed the other.
    again = light.run(schedule="0 2 * * *", timezone="Europe/Berlin", scheduled_time="2026-07-01T01:00:00Z")
    assert "is not due" in again.log("begin") and again.tasks.get("push") != "SUCCEEDED"
    missed = light.run(schedule="0 2 * * *", timezone="Europe/Berlin", scheduled_time="2026-07-02T01:00:00Z")
    assert "made up for 2026-07-02T02:00:00+02:00" in missed.log("begin") and missed.tasks["push"] == "SUCCEEDED"


class Inbox:
    """An HTTP server that keeps what is posted to it."""

    def __init__(self) -> None:
        self.posted: list[tuple[str, Any]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.posted.append((self.path, json.loads(body)))
                self.send_response(200 if "broken" not in self.path else 500)
                self.end_headers()

            def log_message(self, *arguments: Any) -> None:
                """Stays quiet."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stops the server."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    found = Inbox()
    yield found
    found.close()


def test_the_end_is_told_with_task_run_verdict_and_link(light: Light, inbox: Inbox) -> None:
    def change(tree: dict[str, Any]) -> None:
        tree["notifications"] = [
            {"kind": "webhook", "url": {"variable": "HOOK"}},
            {"kind": "slack", "url": {"variable": "CHAT"}},
            {"kind": "slack", "url": {"variable": "CHAT"}, "when": "problems"},
        ]
        tree["kubeflow"]["ui"] = "https://kfp.example/pipeline"
        hooks = {"HOOK": f"{inbox.url}/hook", "CHAT": f"{inbox.url}/chat"}
        tree["kubeflow"]["nodes"]["End"] = {"variables": hooks}

    light.environment(change)
    result = light.run()
    assert result.state == "SUCCEEDED" and result.tasks["end"] == "SUCCEEDED", result.log("end")
    [(first, hook), (second, chat)] = inbox.posted
    assert (first, second) == ("/hook", "/chat")
    assert hook["task"] == TASK and hook["run"] == result.run and hook["verdict"] == "blessed" and hook["good"]
    assert hook["link"] == f"https://kfp.example/pipeline/#/runs/details/{result.run}"
    assert f"*Galen, {TASK}: blessed*" in chat["text"] and hook["link"] in chat["text"]


def test_an_end_that_cannot_be_told_is_an_error_that_keeps_the_address_to_itself(light: Light, inbox: Inbox) -> None:
    def change(tree: dict[str, Any]) -> None:
        ways = (("webhook", "HOOK"), ("slack", "CHAT"))
        tree["notifications"] = [{"kind": kind, "url": {"variable": variable}} for kind, variable in ways]
        hooks = {"HOOK": f"{inbox.url}/broken/secret-part", "CHAT": f"{inbox.url}/chat"}
        tree["kubeflow"]["nodes"]["End"] = {"variables": hooks, "retries": {"most": 1, "backoff": "1s"}}

    light.environment(change)
    result = light.run()
    told = [path for path, _ in inbox.posted]
    assert result.tasks["end"] == "FAILED" and told.count("/broken/secret-part") == 6
    assert told.count("/chat") == 1  # whom it worked for is not told again by the second attempt
    assert "the end of the run could not be told" in result.log("end") and "HTTP 500" in result.log("end")
    assert "secret-part" not in result.log("end")
    run = light.store.run(result.run)
    assert run is not None and run.facts["verdict"] == "blessed"


def test_the_environment_of_the_tests_is_the_one_that_comes_with_galen(light: Light) -> None:
    task, _ = load_task(TASK)
    assert task.name == TASK and load_environment("kubeflow").metadata.kind == "mysql"
