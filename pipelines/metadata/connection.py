"""Connects to ML Metadata, and stays connected: a server that goes away for a while is waited for.

A node that trained for hours must not fail because the database restarts while it writes down its result. ML
Metadata's client has no way back (its broken connection ends the process when it is used again), so each call that
finds the server gone is made again on a new connection. Calls are transactions: one that was cut off changed nothing,
unless the answer alone was lost.
"""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ml_metadata import errors
from ml_metadata.metadata_store.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as pb

from pipeline_configs.errors import Problem, RunFailed
from pipeline_configs.metadata import MySql, Sqlite
from pipelines.secrets import read_secret

__all__ = ["Connection", "cannot", "reason"]

_LOG = logging.getLogger("galen.metadata")

# MariaDB's and MySQL's own words (errmsg.h, errmsg-utf8.txt); ML Metadata hands on no number.
_GONE = (
    "mysql_real_connect failed",
    "Lost connection",
    "server has gone away",
    "Can't connect",
    "Server shutdown in progress",
    "Too many connections",
    "Connection was killed",
)
_PAUSE = 0.5
"""Seconds before the second attempt; each later one waits 1.5 times as long, up to `_LONGEST`."""
_LONGEST = 10.0


class Connection(MetadataStore):
    """ML Metadata's client for a declared database.

    Args:
        declared: Where it is.
        write: Whether it may be written to and made where there is none.
    """

    def __init__(self, declared: Sqlite | MySql, *, write: bool) -> None:
        self._declared = declared
        self._patience = declared.patience if isinstance(declared, MySql) else 0.0
        self._wanted = _mysql(declared) if isinstance(declared, MySql) else _sqlite(declared, write)
        self._metadata_store: Any = None
        try:
            if write and isinstance(declared, Sqlite):
                Path(declared.path).parent.mkdir(parents=True, exist_ok=True)
            self._patiently(self._open)
        except OSError as error:
            raise cannot(declared, "opened", error.strerror or "") from None
        except (errors.StatusError, RuntimeError) as error:
            raise cannot(declared, "opened", reason(declared, error)) from None

    @property
    def config(self) -> pb.ConnectionConfig:
        """What TFX wants to know of a connection, without user and password."""
        shown = pb.ConnectionConfig.FromString(self._wanted.SerializeToString())
        shown.mysql.ClearField("user")
        shown.mysql.ClearField("password")
        return shown

    def _open(self) -> None:
        super().__init__(self._wanted)

    def _call_method(self, method_name: str, request: Any, response: Any) -> None:
        def call() -> None:
            if self._metadata_store is None:
                self._open()
            super(Connection, self)._call_method(method_name, request, response)

        self._patiently(call)

    def _patiently(self, call: Callable[[], None]) -> None:
        start, pause = time.monotonic(), _PAUSE
        while True:
            try:
                return call()
            except (errors.StatusError, RuntimeError) as error:
                if not _gone(error):
                    raise
                self._metadata_store = None  # To use it again would end the process.
                left = self._patience - (time.monotonic() - start)
                # A wrong password is not mended by waiting.
                if left <= 0 or _refusal(self._declared):
                    raise cannot(self._declared, "reached", reason(self._declared, error)) from None
                _LOG.warning("the metadata database at %s does not answer; waiting", self._declared.place)
                time.sleep(min(pause, left))
                pause = min(pause * 1.5, _LONGEST)


def cannot(declared: Sqlite | MySql, what: str, found: str) -> RunFailed:
    """Returns the error that says that a database cannot be used.

    Args:
        declared: Where it is.
        what: What cannot be done with it: opened, read, written to.
        found: What it said.
    """
    for words in ("disk is full", "readonly database", "not a database"):  # the rest is SQL
        found = words if words in found else found
    fix = "check the file's permissions and the disk, or set metadata.path in the environment's file"
    if isinstance(declared, MySql):
        fix = "check that the server runs and can be reached from here, and user, password and database"
    return RunFailed(Problem(f"the metadata database cannot be {what}", declared.place, found=found, fix=fix))


def _sqlite(declared: Sqlite, write: bool) -> pb.ConnectionConfig:
    config = pb.ConnectionConfig()
    config.sqlite.filename_uri = declared.path
    modes = pb.SqliteMetadataSourceConfig
    config.sqlite.connection_mode = modes.READWRITE_OPENCREATE if write else modes.READONLY
    return config


def _mysql(declared: MySql) -> pb.ConnectionConfig:
    config = pb.ConnectionConfig()
    config.mysql.host, config.mysql.port, config.mysql.database = declared.host, declared.port, declared.database
    config.mysql.user = read_secret(declared.user, "user of the metadata database")
    config.mysql.password = read_secret(declared.password, "password of the metadata database")
    if declared.tls:
        config.mysql.ssl_options.ca = declared.tls.ca
        config.mysql.ssl_options.verify_server_cert = declared.tls.verify
    return config


def _gone(error: Exception) -> bool:
    return any(words in str(error) for words in _GONE)


def reason(declared: Sqlite | MySql, error: Exception) -> str:
    """Returns why a database cannot be used, in a few words."""
    if isinstance(declared, MySql):
        refusal = _refusal(declared)
        if refusal or _gone(error):
            return refusal or "the server does not answer"
    return str(error).splitlines()[0]


def _refusal(declared: Sqlite | MySql) -> str:
    """Why a server that answers refuses us; "" where it does not answer. ML Metadata's client does not say."""
    if not isinstance(declared, MySql):
        return ""
    import pymysql

    try:
        pymysql.connect(
            host=declared.host,
            port=declared.port,
            database=declared.database,
            user=read_secret(declared.user, "user of the metadata database"),
            password=read_secret(declared.password, "password of the metadata database"),
            connect_timeout=10,
            ssl_ca=declared.tls.ca if declared.tls else None,
            ssl_verify_identity=declared.tls.verify if declared.tls else None,
        ).close()
    except pymysql.err.OperationalError as error:
        return _REFUSALS.get(error.args[0] if error.args else 0, "")
    except (OSError, pymysql.err.MySQLError, RuntimeError):
        pass
    return ""


# Numbers of MariaDB and MySQL (errmsg-utf8.txt).
_NO_DATABASE = "there is no such database, or the user has no rights on it"
_REFUSALS = {1044: _NO_DATABASE, 1045: "the server refuses this user or password", 1049: _NO_DATABASE}
