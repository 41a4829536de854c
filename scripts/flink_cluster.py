"""A Flink session cluster on this machine, with Beam's job server and a pool of Python workers, while it is used.

The workers are processes of their own, with none of the run's environment variables but those that they need, and with
Galen from the source distribution that setup.py makes: what they see here is what they would see on another machine
with the same storage mounted.
"""

import contextlib
import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from flink_setup import JOB_SERVER, LIBRARIES
from setup_console import SetupError

__all__ = ["Cluster"]

_ROOT = Path(__file__).resolve().parent.parent
_OPENED = ("lang", "net", "io", "nio", "util", "text", "time", "lang.reflect", "util.concurrent")
_OPENS = [
    *(f"--add-opens=java.base/java.{package}=ALL-UNNAMED" for package in _OPENED),
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
    "--add-exports=java.base/sun.net.util=ALL-UNNAMED",
    "--add-exports=java.rmi/sun.rmi.registry=ALL-UNNAMED",
]
"""What Flink needs of Java 17, which keeps its own classes closed (Flink's config.yaml says the same)."""

_LOG4J = """\
rootLogger.level = INFO
rootLogger.appenderRef.console.ref = console
appender.console.name = console
appender.console.type = CONSOLE
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{ISO8601} %-5p %c{1} - %m%n
"""

_MEMORY = {
    "taskmanager.cpu.cores": "{slots}",
    "taskmanager.memory.framework.heap.size": "128m",
    "taskmanager.memory.framework.off-heap.size": "128m",
    "taskmanager.memory.task.heap.size": "512m",
    "taskmanager.memory.task.off-heap.size": "0b",
    "taskmanager.memory.managed.size": "256m",
    "taskmanager.memory.network.min": "256m",
    "taskmanager.memory.network.max": "256m",
    "taskmanager.memory.jvm-metaspace.size": "256m",
    "taskmanager.memory.jvm-overhead.min": "192m",
    "taskmanager.memory.jvm-overhead.max": "192m",
    "external-resources": "none",
}
"""What Flink's own start script would have worked out."""


@dataclass
class Cluster:
    """Starts on entering, stops on leaving, whatever happens; also when this process is killed.

    Attributes:
        folder: For configuration, logs and temporary files.
        slots: Slots of the one TaskManager.
        secrets: Environment variables of the workers.
        say: Told what goes on.
    """

    folder: Path
    slots: int = 2
    secrets: Mapping[str, str] = field(default_factory=dict)
    say: Callable[[str], None] = print

    def __post_init__(self) -> None:
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.rest, self.job_port, self.pool_port, self._rpc = _free_ports(4)

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables by which `pipeline_configs/environments/flink.yaml` finds the cluster."""
        return {
            "GALEN_FLINK_MASTER": f"localhost:{self.rest}",
            "GALEN_FLINK_JOB_ENDPOINT": f"localhost:{self.job_port}",
            "GALEN_FLINK_WORKERS": f"localhost:{self.pool_port}",
        }

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            self.start_flink()
            self.start_job_server()
            self.start_workers()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start_flink(self) -> None:
        """Starts a JobManager and a TaskManager, and waits until all slots are offered."""
        self.say(f"starting Flink with {self.slots} slots; its pages are at http://localhost:{self.rest}")
        self._configure()
        java = ["java", *_OPENS, f"-Dlog4j.configurationFile=file:{self.folder}/log4j.properties"]
        classes = ["-cp", f"{LIBRARIES}/*"]
        entry = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint"
        folder = ["--configDir", str(self.folder)]
        self._start("jobmanager", [*java, "-Xmx512m", *classes, entry, *folder])
        self._wait("jobmanager", lambda: self.get("/overview") is not None)
        memory = [part for key, value in _MEMORY.items() for part in ("-D", f"{key}={value.format(slots=self.slots)}")]
        limits = ["-Xmx640m", "-XX:MaxDirectMemorySize=384m", "-XX:MaxMetaspaceSize=256m"]
        runner = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner"
        self._start("taskmanager", [*java, *limits, *classes, runner, *folder, *memory])
        self._wait("taskmanager", lambda: (self.get("/overview") or {}).get("slots-total") == self.slots)

    def start_job_server(self) -> None:
        """Starts Beam's job server, and waits until it answers."""
        self.say("starting Beam's job server")
        ports = ["--job-port", str(self.job_port), "--artifact-port", "0", "--expansion-port", "0"]
        where = ["--flink-master", f"localhost:{self.rest}", "--job-host", "localhost"]
        artifacts = ["--artifacts-dir", str(self.folder / "artifacts")]
        self._start("jobserver", ["java", *_OPENS, "-Xmx512m", "-jar", str(JOB_SERVER), *where, *ports, *artifacts])
        self._wait("jobserver", lambda: _listens(self.job_port))

    def start_workers(self) -> None:
        """Installs Galen from its source distribution into a folder, and starts the pool of workers with it."""
        self.say("making Galen's source distribution and installing it for the workers")
        site = self.folder / "site"
        if not site.exists():
            install_galen(site)
        # Beam's pool starts `python`, whichever comes first on the PATH.
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        environment = {"PATH": path, "PYTHONPATH": str(site), "HOME": os.environ.get("HOME", "/"), "LANG": "C.UTF-8"}
        environment |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", **self.secrets}
        pool = [sys.executable, "-m", "apache_beam.runners.worker.worker_pool_main", f"--service_port={self.pool_port}"]
        self._start("workers", pool, environment)
        self._wait("workers", lambda: _listens(self.pool_port))

    def jobs(self) -> dict[str, str]:
        """Returns the state of each job that the cluster has seen, by id."""
        overview = self.get("/jobs/overview") or {"jobs": []}
        return {job["jid"]: job["state"] for job in overview["jobs"]}

    def get(self, path: str) -> Any:
        """Returns what Flink's REST interface says; None where it does not answer."""
        try:
            with urllib.request.urlopen(f"http://localhost:{self.rest}{path}", timeout=5) as answer:
                return json.load(answer)
        except (OSError, urllib.error.URLError, ValueError):
            return None

    def log(self, name: str) -> Path:
        """Returns the log of a process: jobmanager, taskmanager, jobserver or workers."""
        return self.folder / f"{name}.log"

    def stop(self, *names: str) -> None:
        """Stops processes, or all; those that do not end within ten seconds are killed."""
        chosen = [name for name in reversed(self._processes) if not names or name in names]
        for name in chosen:
            _signal(self._processes[name], signal.SIGTERM)
        deadline = time.monotonic() + 10
        for name in chosen:
            process = self._processes.pop(name)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
            _signal(process, signal.SIGKILL)  # those that it started, too
            process.wait()

    def _configure(self) -> None:
        temporary = self.folder / "tmp"
        temporary.mkdir(exist_ok=True)
        settings = {
            "jobmanager.rpc.address": "localhost",
            "jobmanager.rpc.port": self._rpc,
            "jobmanager.bind-host": "localhost",
            "jobmanager.memory.process.size": "1024m",
            "rest.address": "localhost",
            "rest.bind-address": "localhost",
            "rest.port": self.rest,
            "taskmanager.host": "localhost",
            "taskmanager.bind-host": "localhost",
            "taskmanager.numberOfTaskSlots": self.slots,
            "io.tmp.dirs": str(temporary),
            "parallelism.default": 1,
            # Each exchange of a batch job holds at least so many buffers; a node's statistics have some forty.
            "taskmanager.network.sort-shuffle.min-buffers": 16,
        }
        text = "".join(f"{key}: {value}\n" for key, value in settings.items())
        (self.folder / "config.yaml").write_text(text, encoding="utf-8")
        (self.folder / "log4j.properties").write_text(_LOG4J, encoding="utf-8")

    def _start(self, name: str, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        with self.log(name).open("ab") as log:
            self._processes[name] = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env=None if environment is None else dict(environment),
                # Ctrl-C is for the run; whoever started the cluster then stops it in its own order.
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    def _wait(self, name: str, ready: Callable[[], bool], patience: float = 120.0) -> None:
        deadline = time.monotonic() + patience
        while not ready():
            if self._processes[name].poll() is not None or time.monotonic() > deadline:
                end = self.log(name).read_text(errors="replace")[-2000:]
                raise SetupError(f"{name} did not start; its log {self.log(name)} ends with:\n{end}")
            time.sleep(0.3)


def install_galen(site: Path) -> None:
    """Makes the source distribution and installs it, without dependencies, into a folder.

    Raises:
        SetupError: One of the two does not work.
    """
    work = site.with_suffix(".build")
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(
        _ROOT, work, ignore=shutil.ignore_patterns(".*", "galen_home", "build", "dist", "*.egg-info", "tests")
    )
    build = [sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", f"{work}/dist", str(work)]
    _quiet(build)
    (sdist,) = (work / "dist").glob("galen-*.tar.gz")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    _quiet([*pip, "--target", str(site), str(sdist)])
    shutil.rmtree(work)


def _quiet(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SetupError(f"`{' '.join(command[:4])} ...` failed:\n{(done.stdout + done.stderr)[-2000:]}")


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("localhost", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("localhost", port)) == 0


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


def _die_with_parent() -> None:
    """In a new process: asks the kernel to end it when the one that started it is gone (prctl(2))."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
