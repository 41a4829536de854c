"""Tells people how a run ended: by webhook, in a chat, by e-mail. Never with a patient's value."""

import json
import logging
import smtplib
import socket
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from http.client import HTTPException, InvalidURL
from typing import Any

from pipeline_configs.errors import GalenError, Problem, RunFailed
from pipeline_configs.notification import Email, Notification, Slack, Webhook
from pipelines.secrets import read_secret

__all__ = ["Message", "notify"]

_LOG = logging.getLogger("galen.cluster")
_ATTEMPTS, _LIMIT = 3, 20.0


@dataclass(frozen=True)
class Message:
    """What is told.

    Attributes:
        task: Name of the task.
        environment: Name of the environment.
        run: Id of the run.
        verdict: In two words: blessed, not blessed, data problem, failed, nothing new.
        text: In a sentence.
        link: Page of the run; "" where there is none.
        span: Span of the data; "" where it is not known.
        metrics: Metrics on the eval split, as text.
        good: Whether there is nothing to look after.
    """

    task: str
    environment: str
    run: str
    verdict: str
    text: str
    link: str = ""
    span: str = ""
    metrics: str = ""
    good: bool = False

    @property
    def lines(self) -> list[str]:
        """The message as lines of text, without its headline."""
        facts = [("environment", self.environment), ("run", self.run), ("span", self.span), ("metrics", self.metrics)]
        return [self.text, *(f"{name}: {value}" for name, value in facts if value), *([self.link] if self.link else [])]

    @property
    def headline(self) -> str:
        """The message in a line."""
        return f"Galen, {self.task}: {self.verdict}"


def notify(
    message: Message,
    ways: tuple[Notification, ...],
    told: set[int] | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> list[Problem]:
    """Tells people, in each declared way, each tried three times.

    Args:
        message: What to tell.
        ways: How.
        told: Numbers of ways in which they were told already; those that work are added.
        pause: Waits between attempts.

    Returns:
        A problem for each way that did not work; the others were used all the same.
    """
    problems: list[Problem] = []
    told = set() if told is None else told
    for number, way in enumerate(ways):
        if number in told or (way.when == "problems" and message.good):
            continue
        try:
            _attempted(way, message, pause)
            told.add(number)
        except GalenError as error:
            problems += error.problems
    return problems


def _attempted(way: Notification, message: Message, pause: Callable[[float], None]) -> None:
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return _send(way, message)
        except (OSError, smtplib.SMTPException, HTTPException, ValueError) as error:
            _LOG.warning("%s: attempt %d failed (%s)", way.kind, attempt, type(error).__name__)
            if attempt == _ATTEMPTS or isinstance(error, ValueError | InvalidURL):
                raise _undelivered(way, error) from None
            pause(2.0**attempt)


def _send(way: Notification, message: Message) -> None:
    if isinstance(way, Email):
        _mail(way, message)
    elif isinstance(way, Slack):
        bullet = ":white_check_mark:" if message.good else ":warning:"
        _post(way, {"text": "\n".join([f"{bullet} *{message.headline}*", *message.lines])})
    else:
        _post(
            way,
            {
                "task": message.task,
                "environment": message.environment,
                "run": message.run,
                "verdict": message.verdict,
                "message": message.text,
                "span": message.span,
                "metrics": message.metrics,
                "link": message.link,
                "good": message.good,
            },
        )


def _post(way: Webhook | Slack, body: dict[str, object]) -> None:
    url = read_secret(way.url, f"address of the {way.kind}")
    if not url.startswith(("http://", "https://")):
        raise ValueError("not an address of a web page")
    request = urllib.request.Request(
        url, json.dumps(body).encode(), {"Content-Type": "application/json", "User-Agent": "galen"}
    )
    with urllib.request.build_opener(_NoRedirect).open(request, timeout=_LIMIT):
        pass


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirected post would become a request without a body, and tell nobody."""

    def redirect_request(self, *arguments: Any) -> None:
        """Makes it an error."""


def _mail(way: Email, message: Message) -> None:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = message.headline, way.sender, ", ".join(way.to)
    mail.set_content("\n".join(message.lines))
    context = ssl.create_default_context()
    name = socket.gethostname()  # the whole name would be asked of a name server, which pods may not reach
    if way.encryption == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(way.host, way.port, name, timeout=_LIMIT, context=context)
    else:
        server = smtplib.SMTP(way.host, way.port, name, timeout=_LIMIT)
    with server:
        if way.encryption == "starttls":
            server.starttls(context=context)
        if way.user and way.password:
            server.login(read_secret(way.user, "user of the mail server"), read_secret(way.password, "mail password"))
        server.send_message(mail)


def _undelivered(way: Notification, error: Exception) -> RunFailed:
    """Without the address, which is a secret."""
    found = type(error).__name__
    if isinstance(error, urllib.error.HTTPError):
        found = f"HTTP {error.code}" + (", to another address" if 300 <= error.code < 400 else "")
    elif isinstance(error, smtplib.SMTPResponseException):
        found = f"SMTP {error.smtp_code}"
    elif isinstance(error, OSError) and (error.strerror or getattr(error, "reason", "")):
        found = str(error.strerror or getattr(error, "reason", ""))
    where = f"{way.host}:{way.port}" if isinstance(way, Email) else way.kind
    fix = "check notifications in the environment's file, the secret, and that pods may reach the address"
    return RunFailed(Problem("the end of the run could not be told", where, found=found, fix=fix))
