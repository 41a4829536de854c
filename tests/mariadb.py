"""A real MariaDB server for tests: Debian's mariadb-server, started in a folder of its own."""

import shutil
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pymysql
import pytest

USER, PASSWORD, DATABASE = "galen", "the password of the tests", "galen"


def free_port() -> int:
    """Returns a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass
class MariaDb:
    """A server.

    Attributes:
        folder: Its data, socket and log.
        port: On 127.0.0.1.
    """

    folder: Path
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @classmethod
    def made(cls, folder: Path) -> "MariaDb":
        """Makes and starts a server with the database and user of the tests, or skips where there is none."""
        for program in ("mariadb-install-db", "mariadbd"):
            if shutil.which(program, path="/usr/bin:/usr/sbin:/usr/local/bin") is None:
                pytest.skip("there is no MariaDB server; on Debian: apt-get install mariadb-server")
        folder.mkdir(parents=True)
        install = ["mariadb-install-db", "--no-defaults", f"--datadir={folder}/data", "--skip-test-db"]
        install += [*_as_root(), "--auth-root-authentication-method=normal", f"--tmpdir={folder}"]
        done = subprocess.run(install, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        server = cls(folder)
        server.start()
        server.sql(
            f"create database {DATABASE} character set utf8mb4",
            f"create user '{USER}'@'%' identified by '{PASSWORD}'",
            f"grant all on {DATABASE}.* to '{USER}'@'%'",
        )
        return server

    def start(self) -> None:
        """Starts the server, and waits until it answers."""
        command = ["mariadbd", "--no-defaults", f"--datadir={self.folder}/data", f"--socket={self.folder}/socket"]
        command += [f"--port={self.port}", "--bind-address=127.0.0.1", f"--pid-file={self.folder}/pid", *_as_root()]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while True:
            try:
                self.sql("select 1")
                return
            except pymysql.err.OperationalError:
                assert self.process.poll() is None, (self.folder / "log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.1)

    def stop(self, *, kill: bool = False) -> None:
        """Stops the server, or kills it."""
        if self.process and self.process.poll() is None:
            (self.process.kill if kill else self.process.terminate)()
            self.process.wait(30)

    def sql(self, *statements: str) -> list[Any]:
        """Runs statements as root; returns the rows of the last."""
        with pymysql.connect(unix_socket=f"{self.folder}/socket", user="root") as connection:
            cursor = connection.cursor()
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall())

    def new_database(self, name: str) -> None:
        """Makes a database that the user of the tests may use."""
        self.sql(f"create database {name}", f"grant all on {name}.* to '{USER}'@'%'")


def _as_root() -> list[str]:
    import os

    return ["--user=root"] if os.geteuid() == 0 else []
