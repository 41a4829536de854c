"""The API of Kubeflow Pipelines, through its own client, with errors that a person can act on.

What the client does not do itself: it has no time limits, it takes the HTML of a login page for an answer in which
nothing is set, and it raises whatever the HTTP library raises.
"""

import contextlib
import functools
import io
import json
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline_configs.environment import Environment
from pipeline_configs.errors import ConfigError, GalenError, Problem, RunFailed
from pipeline_configs.kubeflow import Kubeflow
from pipelines.secrets import read_secret

__all__ = ["Api", "kubeflow_of", "plain"]

_PAGE = 100


def kubeflow_of(environment: Environment) -> Kubeflow:
    """Returns where an environment's KFP is.

    Raises:
        ConfigError: It has none.
    """
    if environment.kubeflow is None:
        what = f"the environment '{environment.name}' is not one of Kubeflow Pipelines"
        raise ConfigError(Problem(what, "--env", fix="give one with `kubeflow`, such as --env kubeflow"))
    return environment.kubeflow


class Api:
    """One KFP, for one namespace.

    Args:
        declared: Where it is.
        inside: Whether this is a pod, which reaches it by another address.

    Raises:
        RunFailed: It does not answer.
        ConfigError: The token is not given.
    """

    def __init__(self, declared: Kubeflow, *, inside: bool = False) -> None:
        import kfp

        self.declared = declared
        self.host = (declared.inner_host if inside else declared.host).rstrip("/")
        token = self._token()
        with self.telling("be reached"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "This client only works with Kubeflow Pipeline v2.0.0-beta.2 and later"
            self._reachable()
            _limit_requests(declared.request_timeout)
            self.client = kfp.Client(
                host=self.host,
                # In the constructor any other value than its default keeps the client from asking the server.
                namespace=declared.namespace,
                existing_token=token,
                ssl_ca_cert=declared.ca or None,
            )
        self.client._run_api.api_client.configuration.refresh_api_key_hook = self._renew
        self._refuse_pages()

    def _renew(self, configuration: Any) -> None:
        """Reads the token again: one in a file is replaced before it expires, and a run may take longer than that."""
        token = self._token()
        if token:
            configuration.api_key["authorization"] = token

    def _refuse_pages(self) -> None:
        """Refuses a server that answers with pages, as a login does: the client takes them for empty answers."""
        try:
            json.loads(self.get("/apis/v2beta1/healthz"))
        except ValueError:
            raise self._no_answer() from None

    def _token(self) -> str | None:
        secret = self.declared.token
        if secret is None:
            return None
        if secret.file and not Path(secret.file).exists() and not secret.variable:
            return None
        import os

        if secret.variable not in os.environ and secret.file and not Path(secret.file).exists():
            return None  # an API without authentication, or one that asks for it: it will say so
        return read_secret(secret, "token for Kubeflow Pipelines")

    def _reachable(self) -> None:
        """Connects once, with a time limit: the client's constructor may ask the server without one."""
        import socket
        from urllib.parse import urlsplit

        parts = urlsplit(self.host)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        socket.create_connection((parts.hostname or "", port), timeout=min(10.0, self.declared.request_timeout)).close()

    @contextlib.contextmanager
    def telling(self, what: str, name: str = "") -> Iterator[None]:
        """Turns errors of the client into problems.

        Args:
            what: What cannot be done: "list runs".
            name: Of which object.
        """
        import kfp_server_api
        import urllib3

        try:
            with contextlib.redirect_stdout(io.StringIO()):  # the client prints addresses of pages
                yield
        except GalenError:
            raise
        except kfp_server_api.ApiException as error:
            raise self._refused(error, what, name) from None
        except (OSError, urllib3.exceptions.HTTPError) as error:
            raise self._unreachable(error) from None
        except ValueError as error:
            raise RunFailed(Problem(f"Kubeflow Pipelines cannot {what}", name, found=str(error))) from None

    def _unreachable(self, error: Exception) -> RunFailed:
        reason = getattr(error, "reason", None) or error
        found = re.sub(r"^.*?object at 0x[0-9a-f]+>: ", "", str(reason)) or type(reason).__name__
        fix = "check kubeflow.host in the environment's file, and that a VPN or kubectl port-forward is up"
        if "CERTIFICATE" in found.upper() or "SSL" in type(reason).__name__.upper():
            fix = "give the authority's certificates with kubeflow.ca in the environment's file"
        return RunFailed(Problem("Kubeflow Pipelines does not answer", self.host, found=found, fix=fix))

    def _refused(self, error: Any, what: str, name: str) -> GalenError:
        said, status = plain(error.body) or str(error.reason), int(error.status or 0)
        where = f"{self.host}, namespace {self.declared.namespace}"
        if status == 401 or "Unauthenticated" in said or "Authenticated is false" in said:
            problem = Problem(
                "Kubeflow Pipelines refuses the token",
                where,
                found=said,
                fix="it may have expired: make a new one (kubectl create token ... --audience pipelines.kubeflow.org)",
            )
            return RunFailed(problem)
        if status == 403 or "not authorized" in said:
            fix = "check kubeflow.namespace, and that the token's user may work there (a RoleBinding in the profile)"
            return RunFailed(Problem(f"no permission to {what}", where, found=said, fix=fix))
        if status == 404:
            return ConfigError(Problem(f"Kubeflow Pipelines knows no such {name or 'object'}", where, found=said))
        return RunFailed(Problem(f"Kubeflow Pipelines cannot {what}", name or where, found=f"HTTP {status}: {said}"))

    def answered(self, answer: Any, field: str) -> Any:
        """Returns an answer that has a field, which each real one has.

        Raises:
            RunFailed: It is something else, such as the page of a login.
        """
        if getattr(answer, field, None) is None:
            raise self._no_answer()
        return answer

    def _no_answer(self) -> RunFailed:
        return RunFailed(
            Problem(
                "the answer is not one of Kubeflow Pipelines",
                self.host,
                found="a page, perhaps that of a login",
                fix="check the address (often it ends in /pipeline) and the token",
            )
        )

    # Experiments, runs

    def experiment(self, *, create: bool = False) -> str:
        """Returns the id of the declared experiment; "" where there is none and none is to be made."""
        name, namespace = self.declared.experiment, self.declared.namespace
        with self.telling("find the experiment", f"experiment {name}"):
            if create:
                made = self.client.create_experiment(name, namespace=namespace)
                return str(self.answered(made, "experiment_id").experiment_id)
            try:
                found = self.client.get_experiment(experiment_name=name, namespace=namespace)
            except ValueError:
                return ""
            return str(self.answered(found, "experiment_id").experiment_id)

    def run(self, run: str) -> Any:
        """Returns a run of KFP."""
        with self.telling("show the run", f"run '{run}'"):
            return self.answered(self.client.get_run(run), "run_id")

    def scheduled_at(self, run: str) -> datetime | None:
        """Returns when a run was due; None where nobody scheduled it."""
        found = self.run(run)
        return found.scheduled_at if found.recurring_run_id else None

    def runs(self, experiment: str, *, most: int = 0) -> Iterator[Any]:
        """Yields the experiment's runs, the newest first."""
        token, shown = "", 0
        while True:
            with self.telling("list runs"):
                page = self.client.list_runs(
                    page_token=token, page_size=_PAGE, sort_by="created_at desc", experiment_id=experiment
                )
            for run in page.runs or ():
                yield run
                shown += 1
                if most and shown >= most:
                    return
            token = page.next_page_token or ""
            if not token:
                return

    def recurring_runs(self) -> list[Any]:
        """Returns the namespace's recurring runs: also those of an experiment that was declared before."""
        namespace = self.declared.namespace
        found: list[Any] = []
        token = ""
        while True:
            with self.telling("list schedules"):
                page = self.client.list_recurring_runs(page_token=token, page_size=_PAGE, namespace=namespace)
            found += page.recurring_runs or ()
            token = page.next_page_token or ""
            if not token:
                return found

    def terminate(self, run: str) -> None:
        """Asks a run to stop."""
        with self.telling("stop the run", f"run '{run}'"):
            self.client.terminate_run(run)

    # Pipelines and versions

    def pipeline(self, name: str, file: Path, version: str, description: str) -> tuple[str, str]:
        """Returns ids of a pipeline and of a version of it, uploaded where they are not there yet.

        Args:
            name: Name of the pipeline.
            file: The compiled pipeline.
            version: Name of the version, which says what is in it.
            description: For the pages.
        """
        what = f"pipeline {name}"
        pipeline = self.pipeline_id(name)
        if not pipeline:
            try:
                with self.telling("take the pipeline", what):
                    made = self.client.upload_pipeline(
                        str(file), name, description=description, namespace=self.declared.namespace
                    )
                pipeline = str(self.answered(made, "pipeline_id").pipeline_id)
            except RunFailed:  # perhaps since somebody else was just faster
                pipeline = self.pipeline_id(name)
                if not pipeline:
                    raise
        found = self._version_id(pipeline, version)
        if not found:
            try:
                with self.telling("take the pipeline", what):
                    uploaded = self.client.upload_pipeline_version(
                        str(file), version, pipeline_id=pipeline, description=description
                    )
                found = str(self.answered(uploaded, "pipeline_version_id").pipeline_version_id)
            except RunFailed:
                found = self._version_id(pipeline, version)
                if not found:
                    raise
        return pipeline, found

    def pipeline_id(self, name: str) -> str:
        """Returns the id of the pipeline of this name; "" where there is none."""
        wanted = {"predicates": [{"operation": 1, "key": "display_name", "stringValue": name}]}
        with self.telling("list pipelines"):
            page = self.client.list_pipelines(namespace=self.declared.namespace, filter=json.dumps(wanted))
        return next((str(p.pipeline_id) for p in page.pipelines or () if p.display_name == name), "")

    def _version_id(self, pipeline: str, name: str) -> str:
        token = ""
        while True:
            with self.telling("list versions"):
                page = self.client.list_pipeline_versions(pipeline, page_token=token, page_size=_PAGE)
            for version in page.pipeline_versions or ():
                if version.display_name == name:
                    return str(version.pipeline_version_id)
            token = page.next_page_token or ""
            if not token:
                return ""

    # What the client has no method for

    def get(self, path: str) -> str:
        """Returns the text at a path of the API, such as a pod's log."""
        with self.telling("be read", path):
            response = self.client._run_api.api_client.call_api(
                path, "GET", header_params={"Accept": "*/*"}, auth_settings=["Bearer"], _preload_content=False
            )
            return str(response.data.decode("utf-8", "replace"))


def _limit_requests(seconds: float) -> None:
    """Gives each request of KFP's client a time limit, those of its constructor included; it has none itself."""
    import kfp_server_api

    kind: Any = kfp_server_api.ApiClient
    unlimited = getattr(kind.call_api, "unlimited", kind.call_api)

    @functools.wraps(unlimited)
    def call_api(*arguments: Any, **options: Any) -> Any:
        options["_request_timeout"] = options.get("_request_timeout") or (seconds, seconds)  # to connect, to read
        return unlimited(*arguments, **options)

    call_api.unlimited = unlimited  # type: ignore[attr-defined]
    kind.call_api = call_api


def plain(body: Any) -> str:
    """Returns the message in an answer of the API, without the stack that some versions put before it."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body or "")
    with contextlib.suppress(ValueError, AttributeError):
        tree: Mapping[str, Any] | Sequence[Any] = json.loads(text)
        if isinstance(tree, Mapping):
            text = str(tree.get("error_message") or tree.get("message") or tree.get("error") or "")
    text = re.sub(r"<[^>]*>", " ", text)
    return " ".join(text.split())[:300]
