"""Telling people by e-mail, and what the pages and metrics of a node hold."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from pydantic import ValidationError
from rich.console import Console

from pipeline_configs.environment import Environment
from pipeline_configs.errors import Problem, RunFailed
from pipeline_configs.notification import Email, Webhook
from pipelines import config
from pipelines.cluster import tasks
from pipelines.cluster.notify import Message, notify
from pipelines.cluster.order import NodeOrder
from pipelines.cluster.page import metrics_of, page, write_metrics
from pipelines.exit_codes import ExitCode
from pipelines.launching import lean
from pipelines.recorded.summary import Estimate, GroupResult, Summary, ThresholdResult
from tests.mariadb import free_port

MESSAGE = Message(
    task="sepsis",
    environment="kubeflow",
    run="3f2a",
    verdict="not blessed",
    text="not blessed; nothing was pushed",
    link="https://kfp.example/#/runs/details/3f2a",
    span="20787",
    metrics="auroc 0.612 (0.540-0.684)",
)


class Inbox:
    """Keeps what a mail server is given."""

    def __init__(self) -> None:
        self.mails: list[Any] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails.append(envelope)
        return "250 OK"


@pytest.fixture
def server() -> Iterator[Controller]:
    def right(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        known = isinstance(data, LoginPassword) and (data.login, data.password) == (b"galen", b"the mail password")
        return AuthResult(success=known, handled=False)

    found = Controller(
        Inbox(),
        hostname="127.0.0.1",
        port=free_port(),
        authenticator=right,
        auth_require_tls=False,
    )
    found.start()
    yield found
    found.stop()


def email(server: Controller, **changes: Any) -> Email:
    declared = {
        "kind": "email",
        "host": "127.0.0.1",
        "port": server.port,
        "encryption": "none",
        "sender": "galen@hospital.example",
        "to": ["ml@hospital.example", "clinic@hospital.example"],
        "user": {"variable": "MAIL_USER"},
        "password": {"variable": "MAIL_PASSWORD"},
    }
    return Email.model_validate(declared | changes)


def test_an_email_says_task_verdict_run_and_link(server: Controller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_USER", "galen")
    monkeypatch.setenv("MAIL_PASSWORD", "the mail password")
    assert notify(MESSAGE, (email(server),)) == []
    [mail] = server.handler.mails
    text = mail.content.decode()
    assert "Subject: Galen, sepsis: not blessed" in text and MESSAGE.link in text and "run: 3f2a" in text
    assert mail.rcpt_tos == ["ml@hospital.example", "clinic@hospital.example"]


def test_what_a_mail_server_refuses_is_said_without_the_password(
    server: Controller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_USER", "galen")
    monkeypatch.setenv("MAIL_PASSWORD", "another password")
    pauses: list[float] = []
    [problem] = notify(MESSAGE, (email(server),), pause=pauses.append)
    assert problem.found == "SMTP 535" and "another password" not in str(problem) and len(pauses) == 2
    monkeypatch.delenv("MAIL_PASSWORD")
    [problem] = notify(MESSAGE, (email(server),), pause=pauses.append)
    assert "the mail password is not given" in problem.what
    [problem] = notify(MESSAGE, (email(server, port=free_port(), user=None),), pause=pauses.append)
    assert "refused" in problem.found.lower()
    # A server that cannot encrypt gets nothing where encryption is asked for.
    [problem] = notify(MESSAGE, (email(server, encryption="starttls", user=None),), pause=pauses.append)
    assert not server.handler.mails and problem.what == "the end of the run could not be told"


def test_a_webhook_that_sends_elsewhere_has_told_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    class Elsewhere(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(302)
            self.send_header("Location", "/login")
            self.end_headers()

        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            """Stays quiet."""

    with HTTPServer(("127.0.0.1", 0), Elsewhere) as there:
        threading.Thread(target=there.serve_forever, daemon=True).start()
        monkeypatch.setenv("HOOK", f"http://127.0.0.1:{there.server_address[1]}/hook")
        way = Webhook.model_validate({"kind": "webhook", "url": {"variable": "HOOK"}})
        told: set[int] = set()
        [problem] = notify(MESSAGE, (way,), told, pause=lambda seconds: None)
        there.shutdown()
    assert problem.found == "HTTP 302, to another address" and not told


def test_who_was_told_is_not_told_again(server: Controller) -> None:
    told: set[int] = set()
    ways = (email(server, user=None), email(server, user=None, when="problems"))
    assert notify(MESSAGE, ways, told) == [] and told == {0, 1}
    assert notify(MESSAGE, ways, told) == [] and len(server.handler.mails) == 2


def test_without_metadata_people_are_told_and_its_patience_is_waited_once(
    server: Controller, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Any] = []

    def away(environment: Environment, **options: Any) -> None:
        opened.append(environment)
        raise RunFailed(Problem("the metadata database does not answer"))

    here = config.load_environment("local").model_copy(update={"notifications": (email(server, user=None),)})
    monkeypatch.setattr(config, "load_environment", lambda name: here)
    monkeypatch.setattr(lean, "without_tfma", lambda: None)
    monkeypatch.setattr(tasks, "Store", away)
    assert tasks.end_run(NodeOrder("diabetes_progression", "local", "End", "3f2a"), Console()) == ExitCode.OK
    [mail] = server.handler.mails
    assert "the metadata database does not answer" in mail.content.decode() and len(opened) == 1


def test_good_news_is_not_told_to_those_who_want_problems(server: Controller) -> None:
    good = Message("sepsis", "kubeflow", "1", "blessed", "blessed", good=True)
    assert notify(good, (email(server, when="problems", user=None),)) == []
    assert not server.handler.mails
    assert notify(MESSAGE, (email(server, when="problems", user=None),)) == []
    assert len(server.handler.mails) == 1


SUMMARY = Summary(
    metrics={"eval": {"auroc": Estimate(0.812, 0.75, 0.87), "brier": Estimate(None)}},
    groups=[GroupResult("sex=female", 40, 12, Estimate(0.8, 0.7, 0.9), Estimate(0.7, 0.5, 0.9))],
    thresholds=[ThresholdResult("auroc", "at_least", 0.7, 0.812, 0.112, "passed", "sex=female")],
    blessed=True,
)


def test_a_page_stands_alone_and_says_what_it_is_given_as_text(tmp_path: Path) -> None:
    text = page("<script>alert(1)</script>", "run & run", ["a < b"], verdict="x", good=False, summary=SUMMARY)
    assert "<script" not in text and "a &lt; b" in text and "run &amp; run" in text
    assert "sex=female" in text and "0.812 (0.750-0.870)" in text and "passed by 0.112" in text
    assert "http" not in text  # nothing that a browser would fetch


def test_metrics_are_numbers_by_name_where_kfp_reads_them(tmp_path: Path) -> None:
    found = metrics_of(SUMMARY)
    assert found == {"auroc": 0.812, "auroc_at_least_sex_female_margin": 0.112, "blessed": 1.0}
    file = tmp_path / "outputs" / "output_metadata.json"
    given = {"outputs": {"outputFile": str(file), "artifacts": {"metrics": {"artifacts": [{"name": "m", "uri": "u"}]}}}}
    write_metrics(found, json.dumps(given))
    said = json.loads(file.read_text())
    assert said == {"artifacts": {"metrics": {"artifacts": [{"name": "m", "metadata": found}]}}}
    write_metrics(found, "no JSON")
    write_metrics(found, "{}")


@pytest.mark.parametrize(
    "wrong", [{"sender": "galen"}, {"to": ["a@b", "x y@z"]}, {"host": "smtp://mail"}, {"host": ""}]
)
def test_an_address_that_is_none_is_refused_with_the_configuration(wrong: dict[str, Any]) -> None:
    declared = {"kind": "email", "host": "mail", "sender": "galen@example.org", "to": ["team@example.org"]}
    with pytest.raises(ValidationError, match=f"{next(iter(wrong))}"):
        Email.model_validate(declared | wrong)
