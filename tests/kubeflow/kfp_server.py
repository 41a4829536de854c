"""An HTTP server with the routes of the KFP API, as kfp_server_api defines them, and what the backend refuses.

Paths, bodies and answers are those of api/v2beta1 (run.proto, recurring_run.proto, pipeline.proto, experiment.proto),
checks and messages those of backend/src/apiserver. Nothing runs here; a test says what becomes of runs.
"""

import base64
import json
import re
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

TOKEN = "a token of the tests"
NAMESPACE = "galen"


class Refused(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def now() -> str:
    """Returns the time as the API writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class KfpServer:
    """A KFP.

    Attributes:
        runs: Runs by id, as the API gives them out.
        recurring: Recurring runs by id.
        logs: Text of a pod's log by its name.
        archive: What Argo keeps of a node's log, by its id.
        requests: Method and path of each request, in order.
        both: Names of recurring runs of which two were enabled at the same time.
        login: Whether each request is sent to a login page, as by a proxy whose session has expired.
    """

    def __init__(self) -> None:
        self.experiments: dict[str, dict[str, Any]] = {}
        self.pipelines: dict[str, dict[str, Any]] = {}
        self.versions: dict[str, dict[str, Any]] = {}
        self.runs: dict[str, dict[str, Any]] = {}
        self.recurring: dict[str, dict[str, Any]] = {}
        self.logs: dict[str, str] = {}
        self.archive: dict[str, bytes] = {}
        self.requests: list[tuple[str, str]] = []
        self.both: list[str] = []
        self.login = False
        self.on_run: Callable[[dict[str, Any]], None] = lambda run: None
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.handle(self, "GET")

            def do_POST(self) -> None:
                outer.handle(self, "POST")

            def do_DELETE(self) -> None:
                outer.handle(self, "DELETE")

            def log_message(self, *arguments: Any) -> None:
                """Stays quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def host(self) -> str:
        """Address of the server."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """Stops the server."""
        self._server.shutdown()
        self._server.server_close()

    def handle(self, request: Any, method: str) -> None:
        """Answers a request."""
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        parts = urlsplit(request.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        with self._lock:
            self.requests.append((method, parts.path))
            try:
                status, answer = self._answer(method, parts.path, query, body, request.headers)
            except Refused as error:
                code = {400: 3, 401: 16, 403: 7, 404: 5, 409: 6}.get(error.status, 13)
                status, answer = error.status, {"code": code, "message": str(error), "details": []}
        plain = isinstance(answer, str)
        content = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
        request.send_response(status)
        if status == 302:
            request.send_header("Location", "/login")
        request.send_header("Content-Type", "text/html" if plain else "application/json")
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    def _answer(self, method: str, path: str, query: Any, body: bytes, headers: Any) -> tuple[int, Any]:
        if path == "/login":
            return 200, "<html><title>Log in</title></html>"
        if self.login:
            return 302, ""
        if headers.get("authorization") != f"Bearer {TOKEN}":
            raise Refused(401, "Request header error: Review.Status.Authenticated is false")
        if query.get("namespace", NAMESPACE) != NAMESPACE:
            message = "User 'engineer' is not authorized with reason: no RoleBinding (request: namespaces)"
            raise Refused(403, f"Failed to authorize with API: {message}")
        found = re.fullmatch(r"/apis/v1alpha1/runs/([^/]+)/nodes/([^/]+)/log", path)
        if found:
            if found.group(2) not in self.logs:
                raise Refused(500, f'pods "{found.group(2)}" not found')
            return 200, self.logs[found.group(2)]
        found = re.fullmatch(r"/apis/v2beta1/runs/([^/]+)/nodes/([^/]+)/artifacts/main-logs:read", path)
        if found:
            if found.group(2) not in self.archive:
                raise Refused(404, "Failed to read artifact: ResourceNotFoundError")
            return 200, {"data": base64.b64encode(self.archive[found.group(2)]).decode()}
        assert path.startswith("/apis/v2beta1/"), path
        words = path.removeprefix("/apis/v2beta1/").split("/")
        handler = getattr(self, f"_{words[0]}")
        if words[:2] in (["pipelines", "upload"], ["pipelines", "upload_version"]):
            return 200, self._uploaded(words[1], query, body, headers)
        return 200, handler(method, words[1:], query, json.loads(body) if body else {})

    @staticmethod
    def _page(found: list[Any], key: str, query: Any) -> dict[str, Any]:
        size, start = int(query.get("page_size") or 20), int(query.get("page_token") or 0)
        rest = str(start + size) if start + size < len(found) else ""
        return {key: found[start : start + size], "total_size": len(found), "next_page_token": rest}

    @staticmethod
    def _filtered(found: list[Any], query: Any) -> list[Any]:
        for predicate in json.loads(query.get("filter") or "{}").get("predicates", ()):
            assert predicate["operation"] in (1, "EQUALS")
            wanted = predicate.get("stringValue") or predicate.get("string_value")
            found = [one for one in found if one[predicate["key"]] == wanted]
        return found

    def _healthz(self, method: str, words: list[str], query: Any, body: Any) -> Any:
        return {"multi_user": True}

    def _experiments(self, method: str, words: list[str], query: Any, body: Any) -> Any:
        if method == "POST":
            made = {"experiment_id": str(uuid.uuid4()), "created_at": now(), **body}
            self.experiments[made["experiment_id"]] = made
            return made
        if words:
            return self.experiments[words[0]]
        return self._page(self._filtered(list(self.experiments.values()), query), "experiments", query)

    def _uploaded(self, kind: str, query: Any, body: bytes, headers: Any) -> Any:
        head = f"Content-Type: {headers['Content-Type']}\r\n\r\n".encode()
        [part] = message_from_bytes(head + body).get_payload()  # type: ignore[misc]
        spec = next(iter(yaml.safe_load_all(part.get_payload(decode=True))))  # type: ignore[union-attr]
        assert spec["schemaVersion"] == "2.1.0"
        if kind == "upload":
            if any(one["display_name"] == query["name"] for one in self.pipelines.values()):
                raise Refused(409, f"Failed to create a new pipeline. The name {query['name']} already exist")
            made = {"pipeline_id": str(uuid.uuid4()), "display_name": query["name"], "created_at": now()}
            self.pipelines[made["pipeline_id"]] = made
            self._version(made["pipeline_id"], query["name"], spec)
            return made
        return self._version(query["pipelineid"], query["name"], spec)

    def _version(self, pipeline: str, name: str, spec: Any) -> Any:
        if any((one["pipeline_id"], one["display_name"]) == (pipeline, name) for one in self.versions.values()):
            raise Refused(409, f"The name {name} already exist. Specify a new name")
        made = {
            "pipeline_id": pipeline,
            "pipeline_version_id": str(uuid.uuid4()),
            "display_name": name,
            "created_at": now(),
            "pipeline_spec": spec,
        }
        self.versions[made["pipeline_version_id"]] = made
        return made

    def _pipelines(self, method: str, words: list[str], query: Any, body: Any) -> Any:
        if len(words) == 2:
            found = [one for one in self.versions.values() if one["pipeline_id"] == words[0]]
            return self._page(found, "pipeline_versions", query)
        return self._page(self._filtered(list(self.pipelines.values()), query), "pipelines", query)

    def _checked(self, body: Any) -> dict[str, Any]:
        version = self.versions[body["pipeline_version_reference"]["pipeline_version_id"]]
        known = version["pipeline_spec"]["root"]["inputDefinitions"]["parameters"]
        given = body.get("runtime_config", {}).get("parameters", {})
        for name, value in given.items():
            if name not in known:
                raise Refused(400, f"parameter(s) provided are not required by pipeline: {name}")
            kind = {"STRING": str, "BOOLEAN": bool}.get(known[name]["parameterType"], int | float)
            if not isinstance(value, kind):
                raise Refused(400, f"input parameter {name} requires type {known[name]['parameterType']}")
        if body["experiment_id"] not in self.experiments:
            raise Refused(404, f"Experiment {body['experiment_id']} not found")
        return dict(body)

    def _runs(self, method: str, words: list[str], query: Any, body: Any) -> Any:
        if method == "POST" and words:
            run, _, verb = words[0].partition(":")
            assert verb == "terminate"
            if self.runs[run]["state"] not in ("PENDING", "RUNNING", "PAUSED"):
                raise Refused(400, f"Failed to terminate a run {run}. Row not found")
            self.runs[run]["state"] = "CANCELING"
            return {}
        if method == "POST":
            made = {"run_id": str(uuid.uuid4()), "state": "PENDING", "created_at": now(), **self._checked(body)}
            made["finished_at"] = "1970-01-01T00:00:00Z"
            self.runs[made["run_id"]] = made
            self.on_run(made)
            return made
        if words:
            if words[0] not in self.runs:
                raise Refused(404, f"Run {words[0]} not found")
            return self.runs[words[0]]
        found = [run for run in self.runs.values() if run["experiment_id"] == query.get("experiment_id")]
        return self._page(list(reversed(found)), "runs", query)

    def _recurringruns(self, method: str, words: list[str], query: Any, body: Any) -> Any:
        if method == "POST" and not words:
            return self._made_recurring(body)
        if not words:
            wanted = query.get("experiment_id")
            found = [one for one in self.recurring.values() if wanted in (None, one["experiment_id"])]
            return self._page(found, "recurringRuns", query)
        name, _, verb = words[0].partition(":")
        if name not in self.recurring:
            raise Refused(404, f"Recurring run {name} not found")
        if method == "DELETE":
            del self.recurring[name]
            return {}
        if verb:
            self.recurring[name]["status"] = {"enable": "ENABLED", "disable": "DISABLED"}[verb]
            names = [one["display_name"] for one in self.recurring.values() if one["status"] == "ENABLED"]
            self.both += [one for one in set(names) if names.count(one) > 1]
            return {}
        return self.recurring[name]

    def _made_recurring(self, body: Any) -> Any:
        cron = body["trigger"]["cron_schedule"]["cron"]
        fields = cron.split()
        if not 5 <= len(fields) <= 6:
            raise Refused(400, f"Schedule cron is not a supported format. Error: found {len(fields)}: {cron}")
        if not 1 <= int(body["max_concurrency"]) <= 10:
            raise Refused(400, "Max concurrency of a recurring run must be at least 1 and at most 10")
        made = {"recurring_run_id": str(uuid.uuid4()), "created_at": now(), **self._checked(body)}
        made["status"] = "ENABLED" if body.get("mode") == "ENABLE" else "DISABLED"
        self.recurring[made["recurring_run_id"]] = made
        return made
