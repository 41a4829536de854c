"""submit, schedule, runs, logs, stop and backfill, through kfp.Client against a server with the API's routes."""

import gzip
import io
import json
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline_configs.errors import ConfigError, GalenError, RunFailed
from pipelines.commands.cluster import cluster_app
from pipelines.config import load_environment, load_task
from pipelines.kubeflow import compiling
from pipelines.kubeflow import runs as cluster_runs
from pipelines.kubeflow.api import Api
from pipelines.kubeflow.compiling import declared
from pipelines.kubeflow.parameters import arguments
from pipelines.kubeflow.runs import find_run, runs, stop
from pipelines.kubeflow.schedule import schedule, schedules, unschedule
from pipelines.kubeflow.submit import dates_between, submit, uploaded
from tests.kubeflow.kfp_executor import ROOT
from tests.kubeflow.kfp_server import NAMESPACE, TOKEN, KfpServer, Refused

pytestmark = pytest.mark.slow

TASK = "diabetes_progression"
GRAPH = {"CuratedSchema": (), "RecordsExampleGen": (), "Trainer": ("RecordsExampleGen", "CuratedSchema")}


@pytest.fixture
def server() -> Iterator[KfpServer]:
    found = KfpServer()
    yield found
    found.close()


@pytest.fixture
def kfp(server: KfpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KfpServer:
    """A server that the environment `kubeflow` names; a short graph stands for the pipeline's, which takes TFX."""
    (tmp_path / "environments").mkdir()
    text = (ROOT / "pipeline_configs" / "environments" / "kubeflow.yaml").read_text()
    (tmp_path / "environments" / "kubeflow.yaml").write_text(text)
    monkeypatch.setenv("GALEN_CONFIGS", str(tmp_path))
    monkeypatch.setenv("GALEN_KFP_HOST", server.host)
    monkeypatch.setenv("GALEN_NAMESPACE", NAMESPACE)
    monkeypatch.setenv("GALEN_IMAGE", "galen")
    monkeypatch.setenv("GALEN_KFP_TOKEN", TOKEN)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(compiling, "_graph", lambda *arguments: GRAPH)
    return server


def client() -> Api:
    declared = load_environment("kubeflow").kubeflow
    assert declared is not None
    return Api(declared)


def galen(*words: str) -> Any:
    """Runs a command in this process; returns its result."""
    from typer.testing import CliRunner

    return CliRunner().invoke(cluster_app, list(words))


def test_a_submitted_run_has_its_parameters_its_account_and_no_cache_of_kfp(kfp: KfpServer) -> None:
    found, api = uploaded(TASK, "kubeflow")
    run = submit(found, api, {}, {"span": "2026-11-01", "force": True})
    there = kfp.runs[run.id]
    assert there["runtime_config"]["parameters"] == {"span": "2026-11-01", "force": True}
    assert there["service_account"] == "galen-pipeline"
    assert run.link == f"{kfp.host}/#/runs/details/{run.id}"
    spec = kfp.versions[there["pipeline_version_reference"]["pipeline_version_id"]]["pipeline_spec"]
    body = spec["components"]["comp-condition-2"]["dag"]["tasks"]
    assert not any(task["cachingOptions"] for task in body.values())


def test_the_same_pipeline_is_uploaded_once(kfp: KfpServer) -> None:
    first, api = uploaded(TASK, "kubeflow")
    second, _ = uploaded(TASK, "kubeflow")
    assert (first.pipeline, first.version) == (second.pipeline, second.version)
    # The first version of a pipeline has the pipeline's name in KFP; ours is the second.
    assert [one["display_name"] for one in kfp.versions.values()] == [
        f"galen-{TASK.replace('_', '-')}",
        first.compiled.version,
    ]
    submit(first, api, {}, {})
    assert len(runs(api, TASK)) == 1


def test_parameters_that_the_pipeline_does_not_have_are_refused_before_anything_is_submitted(kfp: KfpServer) -> None:
    result = galen("submit", TASK, "--param", "training.epochs=3")
    assert isinstance(result.exception, ConfigError)
    assert "has no parameter 'training.epochs'" in str(result.exception)
    assert "the path names none" in str(galen("submit", TASK, "--param", "span=2026-11-01").exception)
    backfilled = galen("backfill", TASK, "--from", "2026-11-01", "--to", "2026-11-05", "--env", "kubeflow")
    assert "there are no spans to run" in str(backfilled.exception)
    adjustable = load_task(TASK)[0].model_copy(update={"adjustable": ("training.epochs",)})
    for nothing in (None, ""):
        with pytest.raises(ConfigError, match="cannot take a value away"):
            arguments(adjustable, {"training.epochs": nothing})
    assert not kfp.runs


def test_a_pipeline_is_the_same_whichever_machine_compiles_it(kfp: KfpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    found, _ = uploaded(TASK, "kubeflow")
    text = str(kfp.versions[found.version]["pipeline_spec"])
    assert kfp.host not in text and "'GALEN_KFP_HOST': 'http://outside.invalid'" in str(declared(TASK, "kubeflow")[3])
    monkeypatch.setenv("GALEN_METADATA_OUTER_HOST", "database.hospital.example")
    other = KfpServer()
    monkeypatch.setenv("GALEN_KFP_HOST", other.host)
    assert uploaded(TASK, "kubeflow")[0].compiled.version == found.compiled.version
    other.close()


def test_waiting_ends_with_the_code_of_the_verdict(kfp: KfpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def ended(state: str, verdict: str) -> Any:
        kfp.on_run = lambda run: run.update(state=state)
        monkeypatch.setattr(cluster_runs, "verdicts", lambda *arguments: (dict.fromkeys(kfp.runs, verdict), ""))
        return galen("submit", TASK, "--wait")

    assert ended("SUCCEEDED", "blessed").exit_code == 0
    refused = ended("SUCCEEDED", "not blessed")
    assert refused.exit_code == 3 and "succeeded, not blessed" in refused.output
    assert ended("FAILED", "data problem").exit_code == 4 and ended("FAILED", "").exit_code == 1
    assert ended("SUCCEEDED", "nothing new").exit_code == 0


def test_a_token_that_is_renewed_is_read_again(kfp: KfpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    api = client()
    monkeypatch.setenv("GALEN_KFP_TOKEN", "an expired one")
    with pytest.raises(RunFailed, match="refuses the token"):
        schedules(api)
    monkeypatch.setenv("GALEN_KFP_TOKEN", TOKEN)
    assert schedules(api) == []


def test_a_schedule_is_made_once_and_is_due_nightly_with_its_date_as_span(kfp: KfpServer) -> None:
    found, api = uploaded(TASK, "kubeflow")
    made, done = schedule(found, api, "0 2 * * *", "Europe/Berlin")
    assert done == "made" and made.next is not None and made.next.hour == 2
    [there] = kfp.recurring.values()
    assert there["trigger"]["cron_schedule"]["cron"] == "0 0 0,1 * * *"  # summer and winter, in UTC
    assert there["status"] == "ENABLED" and there["max_concurrency"] == 1 and there["no_catchup"] is True
    given = there["runtime_config"]["parameters"]
    assert given["if_new"] is True and given["schedule"] == "0 2 * * *" and given["timezone"] == "Europe/Berlin"
    assert "span" not in given  # the task's path names no spans
    assert schedule(found, api, "0 2 * * *", "Europe/Berlin") == (made, "unchanged")
    assert len(kfp.recurring) == 1


def test_a_changed_schedule_replaces_the_old_one_and_both_are_never_enabled(kfp: KfpServer) -> None:
    found, api = uploaded(TASK, "kubeflow")
    schedule(found, api, "0 2 * * *", "UTC")
    kfp.requests.clear()
    made, done = schedule(found, api, "30 3 * * *", "UTC", catch_up=True)
    assert done == "replaced" and list(kfp.recurring) == [made.id] and not kfp.both
    assert kfp.recurring[made.id]["no_catchup"] is False
    verbs = [
        path.rpartition(":")[2] for method, path in kfp.requests if method in ("POST", "DELETE") and "recurring" in path
    ]
    assert [verb for verb in verbs if verb in ("enable", "disable")] == ["disable", "enable"]


@pytest.mark.parametrize("broken_after", [1, 2, 3, 4])
def test_a_replacement_that_was_interrupted_is_finished_by_the_next_one(kfp: KfpServer, broken_after: int) -> None:
    found, api = uploaded(TASK, "kubeflow")
    schedule(found, api, "0 2 * * *", "UTC")
    changes = 0
    answer = kfp._recurringruns

    def fragile(method: str, words: list[str], query: Any, body: Any) -> Any:
        nonlocal changes
        changes += method in ("POST", "DELETE")
        if changes == broken_after and method in ("POST", "DELETE"):
            raise Refused(500, "the database is away")
        return answer(method, words, query, body)

    kfp._recurringruns = fragile  # type: ignore[method-assign]
    with pytest.raises(RunFailed):
        schedule(found, api, "30 3 * * *", "UTC")
    kfp._recurringruns = answer  # type: ignore[method-assign]
    made, _ = schedule(found, api, "30 3 * * *", "UTC")
    assert list(kfp.recurring) == [made.id] and not kfp.both
    assert kfp.recurring[made.id]["status"] == "ENABLED"
    assert [one.wanted.cron for one in schedules(api)] == ["30 3 * * *"]


def test_nothing_is_replaced_while_a_schedule_is_just_due(kfp: KfpServer) -> None:
    found, api = uploaded(TASK, "kubeflow")
    schedule(found, api, "0 2 * * *", "UTC")
    clock = [datetime(2026, 11, 30, 1, 59, 40, tzinfo=UTC)]
    waited: list[float] = []

    def pause(seconds: float) -> None:
        from datetime import timedelta

        assert len(kfp.recurring) == 1  # KFP counts what was missed from when one was made
        waited.append(seconds)
        clock[0] += timedelta(seconds=seconds)

    schedule(found, api, "0 5 * * *", "UTC", now=lambda: clock[0], pause=pause)
    assert clock[0] > datetime(2026, 11, 30, 2, 0, 40, tzinfo=UTC) and waited


def test_nothing_is_replaced_while_a_run_of_the_schedule_is_on(kfp: KfpServer) -> None:
    found, api = uploaded(TASK, "kubeflow")
    old, _ = schedule(found, api, "0 2 * * *", "UTC")
    run = kfp.runs[submit(found, api, {}, {}).id]
    run |= {"recurring_run_id": old.id, "scheduled_at": "2026-11-30T02:00:00Z", "state": "RUNNING"}
    with pytest.raises(RunFailed, match="a run of the present schedule is on"):
        schedule(found, api, "0 5 * * *", "UTC")
    assert list(kfp.recurring) == [old.id] and kfp.recurring[old.id]["status"] == "ENABLED"
    assert schedule(found, api, "0 2 * * *", "UTC")[1] == "unchanged"
    run["state"] = "SUCCEEDED"
    assert schedule(found, api, "0 5 * * *", "UTC")[1] == "replaced"


def test_a_schedule_that_was_made_and_not_enabled_is_made_anew(kfp: KfpServer) -> None:
    found, api = uploaded(TASK, "kubeflow")
    old, _ = schedule(found, api, "0 2 * * *", "UTC")
    kfp.recurring[old.id]["status"] = "DISABLED"
    new, _ = schedule(found, api, "0 2 * * *", "UTC")
    assert list(kfp.recurring) == [new.id] and new.id != old.id and kfp.recurring[new.id]["status"] == "ENABLED"


def test_a_schedule_in_another_experiment_or_of_a_task_that_is_no_more_is_found(kfp: KfpServer, tmp_path: Path) -> None:
    found, api = uploaded(TASK, "kubeflow")
    schedule(found, api, "0 2 * * *", "UTC")
    file = tmp_path / "environments" / "kubeflow.yaml"
    file.write_text(file.read_text().replace("  defaults:", "  experiment: another\n  defaults:"))
    found, api = uploaded(TASK, "kubeflow")
    assert schedule(found, api, "0 2 * * *", "UTC")[1] == "unchanged" and len(kfp.recurring) == 1
    [one] = kfp.recurring.values()
    one["description"] = one["description"].replace(TASK, "gone")
    assert "no longer scheduled" in galen("unschedule", "gone").output and not kfp.recurring
    assert "there is no task" in str(galen("unschedule", "gone").exception)


def test_unschedule_ends_only_the_tasks_own(kfp: KfpServer) -> None:
    found, api = uploaded(TASK, "kubeflow")
    schedule(found, api, "0 2 * * *", "UTC")
    assert unschedule(api, "another_task", "kubeflow") == 0
    assert unschedule(api, TASK, "kubeflow") == 1 and not kfp.recurring
    assert "was not scheduled" in galen("unschedule", TASK).output


def test_recurring_runs_of_others_are_left_alone(kfp: KfpServer) -> None:
    found, api = uploaded(TASK, "kubeflow")
    schedule(found, api, "0 2 * * *", "UTC")
    [own] = kfp.recurring.values()
    foreign = ("by hand", "galen: nightly by hand", "galen: {}", "galen: null", 'galen: {"task": 5}')
    for number, text in enumerate(foreign):
        kfp.recurring[f"foreign{number}"] = {**own, "recurring_run_id": f"foreign{number}", "description": text}
    unschedule(api, TASK, "kubeflow")
    assert len(kfp.recurring) == 5 and schedules(api) == []


def test_runs_are_listed_over_pages_and_stopped(kfp: KfpServer) -> None:
    found, api = uploaded(TASK, "kubeflow")
    made = [submit(found, api, {}, {"span": str(n)}) for n in range(120)]
    listed = runs(api, TASK)
    assert [run.id for run in listed] == [run.id for run in reversed(made)]
    assert listed[0].ended is None and listed[0].on
    for run in made[:-1]:
        kfp.runs[run.id]["state"] = "SUCCEEDED"
    assert [run.id for run in stop(api, TASK)] == [made[-1].id]
    assert kfp.runs[made[-1].id]["state"] == "CANCELING"
    assert find_run(api, TASK, made[5].id[:12]).span == "5"
    with pytest.raises(ConfigError, match="there is no run 'zzz'"):
        find_run(api, TASK, "zzz")


def _fnv(name: str) -> int:
    value = 0x811C9DC5
    for byte in name.encode():
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value


def test_logs_are_shown_by_task_from_pods_that_are_there(kfp: KfpServer) -> None:
    found, api = uploaded(TASK, "kubeflow")
    run = submit(found, api, {}, {})
    # As KFP tells them: Argo's nodes with their children and without parents. The container's node is tried again, so
    # that its pods' numbers are Argo's hashes of the node's name with (0) and (1) after it.
    child, pods = f"galen-abcde-{_fnv('galen-abcde.root.trainer.executor')}", []
    pods += [str(_fnv(f"galen-abcde.root.trainer.executor({attempt})")) for attempt in (0, 1)]
    kfp.runs[run.id]["run_details"] = {
        "task_details": [
            {"display_name": "trainer-driver", "start_time": "2026-11-30T01:00:00Z"},
            {
                "display_name": "trainer",
                "start_time": "2026-11-30T01:00:01Z",
                "state": "SUCCEEDED",
                "child_tasks": [{"pod_name": child}],
            },
            {
                "display_name": "executor",
                "start_time": "2026-11-30T01:00:02Z",
                "child_tasks": [{"pod_name": f"galen-abcde-{number}"} for number in pods],
            },
        ]
    }
    # From 2.14 on pods' names have the numbers of annotations and labels, before they had not.
    for template in ("metadata-0-2-retry-system-container-impl", "retry-system-container-impl"):
        for number, text in zip(pods, ("✗ Trainer\n", "✓ Trainer 6.3 s\n"), strict=True):
            kfp.logs[f"galen-abcde-{template}-{number}"] = text
        result = galen("logs", TASK, "--env", "kubeflow", "--node", "Trainer")
        assert result.exit_code == 0 and "trainer  succeeded\n✗ Trainer" in result.output
        assert "attempt 2\n✓ Trainer 6.3 s" in result.output
        kfp.logs.clear()
    kfp.logs["galen-abcde-metadata-0-2-system-container-impl-" + child.rpartition("-")[2]] = "once\n"
    assert "once" in galen("logs", TASK, "--env", "kubeflow").output
    kfp.logs.clear()
    assert "no log: " in galen("logs", TASK, "--env", "kubeflow").output
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        entry = tarfile.TarInfo("main.log")
        entry.size = 5
        archive.addfile(entry, io.BytesIO(b"saved"))
    for content in (b"saved", gzip.compress(b"saved"), packed.getvalue()):
        kfp.archive[f"galen-abcde-{pods[0]}"] = content
        assert galen("logs", TASK, "--env", "kubeflow").output.splitlines()[-1] == "saved"


def test_backfill_runs_spans_in_order_and_stops_at_the_first_that_fails(
    kfp: KfpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def end(run: dict[str, Any]) -> None:
        assert all(one["state"] == "SUCCEEDED" for one in kfp.runs.values() if one is not run)  # one at a time
        span = run["runtime_config"]["parameters"]["span"]
        seen.append(span)
        assert run["runtime_config"]["parameters"]["if_new"] is True
        run["state"] = "FAILED" if span == "2026-11-03" else "SUCCEEDED"

    kfp.on_run = end
    monkeypatch.setenv("HEART_DISEASE_CSV", "/galen/data/{YYYY}-{MM}-{DD}/*.csv")
    result = galen("backfill", "heart_disease", "--from", "2026-11-01", "--to", "2026-11-05", "--env", "kubeflow")
    assert seen == ["2026-11-01", "2026-11-02", "2026-11-03"] and result.exit_code == 1
    assert "2026-11-02: succeeded" in result.output


def test_spans_of_a_backfill() -> None:
    assert dates_between("2026-02-27", "2026-03-01") == ("2026-02-27", "2026-02-28", "2026-03-01")
    assert dates_between("3", "5") == ("3", "4", "5")
    for first, last in (("5", "3"), ("2026-03-01", "2026-02-27"), ("3", "2026-01-01"), ("yesterday", "today")):
        with pytest.raises(ConfigError, match="these are no spans"):
            dates_between(first, last)


def test_an_expired_token_a_wrong_namespace_a_login_page_and_no_answer_are_told_apart(
    kfp: KfpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(**variables: str) -> str:
        with monkeypatch.context() as changed:
            for name, value in variables.items():
                changed.setenv(name, value)
            with pytest.raises(GalenError) as caught:
                schedules(client())
        assert TOKEN not in str(caught.value)
        return str(caught.value)

    assert "refuses the token" in said(GALEN_KFP_TOKEN="an old token")
    assert "no permission" in said(GALEN_NAMESPACE="another") and "another" in said(GALEN_NAMESPACE="another")
    assert "does not answer" in said(GALEN_KFP_HOST="http://127.0.0.1:9")
    assert "does not answer" in said(GALEN_KFP_HOST="http://no-such-host.invalid")
    assert "the token for Kubeflow Pipelines is empty" in said(GALEN_KFP_TOKEN=" ")
    kfp.login = True
    assert "not one of Kubeflow Pipelines" in said()


def test_a_server_that_takes_a_connection_and_says_nothing_is_given_up(kfp: KfpServer, tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        declared = load_environment("kubeflow").kubeflow
        assert declared is not None
        host = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(RunFailed, match="does not answer"):
            Api(declared.model_copy(update={"host": host, "request_timeout": 0.3}))


def test_json_for_scripts(kfp: KfpServer) -> None:
    assert galen("schedule", TASK, "--timezone", "Asia/Kolkata").exit_code == 0
    [one] = json.loads(galen("schedules", "--json").stdout)
    assert one["task"] == TASK and one["enabled"] and one["next"].endswith("+05:30")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--cron", "0 2 * *"), "this is no schedule"),
        (("--cron", "61 2 * * *"), "this is no schedule"),
        (("--cron", "*/5 * * * *"), "more often than hourly"),
        (("--timezone", "Europe/Berln"), "did you mean 'Europe/Berlin'?"),
        (("--param", "schedule=0 3 * * *"), "a schedule sets this parameter itself"),
        (("--param", "if_new=false"), "a schedule sets this parameter itself"),
    ],
)
def test_a_wrong_schedule_is_refused_and_nothing_is_left(kfp: KfpServer, words: tuple[str, ...], message: str) -> None:
    result = galen("schedule", TASK, *words)
    assert message in str(result.exception) and not kfp.recurring
