"""A database: SELECT 1 on a connection of its own."""

import math
import os
import re
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from monitoring.health.check import Answer, CheckFailed, LibraryCheck
from monitoring.health.failures import timed_out
from monitoring.settings.checks import CheckSettings
from monitoring.settings.kinds import Url
from monitoring.status import Cause

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

PoolFigures = Callable[[], dict[str, int]]
"""Returns `total`, `idle` and `waiting` connections of the pool in use."""

_POSTGRES = re.compile(r"postgres(ql)?(\+psycopg)?")
_SQLITE = re.compile(r"sqlite://(/.*)?")
_WORDS: tuple[tuple[str, Cause, str], ...] = (
    (r"password authentication failed|no password supplied|no pg_hba\.conf entry|role .* does not exist|permission "
     r"denied for database", Cause.AUTH, "authentication failed"),
    (r"connection refused", Cause.REFUSED, "refused the connection"),
    (r"resolve host|translate host name|name or service not known", Cause.DNS, "the host name does not resolve"),
    (r"network is unreachable|no route to host", Cause.REFUSED, "the network is unreachable"),
    (r"is starting up|in recovery mode", Cause.REFUSED, "is still starting up"),
    (r"is shutting down", Cause.REFUSED, "is shutting down"),
    (r"too many clients|connection slots", Cause.REFUSED, "has no connection left"),
    (r"certificate|ssl error", Cause.TLS, "TLS failed"),
    (r"database \".*\" does not exist", Cause.CONTENT, "there is no such database"),
    (r"closed the connection|terminating connection|connection reset|eof detected|connection is lost", Cause.REFUSED,
     "cut the connection"),
    (r"database is locked|table is locked", Cause.TIMEOUT, "the database is locked"),
    (r"not a database|malformed", Cause.CONTENT, "the file is not a database, or it is damaged"),
    (r"unable to open", Cause.CONTENT, "there is no such file, or it may not be opened"),
)  # fmt: skip
"""What the drivers say, matched without regard to case."""

_LATE = re.compile(r"timeout expired|timed out|statement timeout", re.IGNORECASE)


class DatabaseSettings(CheckSettings, frozen=True, kw_only=True):
    """`url` is SQLAlchemy's, or Heroku's `postgres://`."""

    url: Url

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield what contradicts."""
        yield from super().faults()
        if not _is_postgres(self.url) and not _SQLITE.fullmatch(self.url):
            yield "url", "an address such as postgresql://user@host/name or sqlite:////path/file.db"


def _is_postgres(url: str) -> bool:
    """Return whether `url` names a server: by its host, or by a socket's folder in the query."""
    try:
        parts = urlsplit(url)
        named = bool(parts.hostname) or "host=" in parts.query
        return _POSTGRES.fullmatch(parts.scheme) is not None and named and parts.port != 0
    except ValueError:
        return False


class DatabaseCheck(LibraryCheck[DatabaseSettings]):
    """Connects, asks, hangs up; a missing SQLite file is a failure and stays missing."""

    type = "database"
    settings_type = DatabaseSettings

    def __init__(self, settings: DatabaseSettings, pool_figures: PoolFigures | None = None) -> None:
        super().__init__(settings)
        self._pool_figures = pool_figures
        self._kept: Engine | None = None
        self._asking = threading.local()  # the watch of each thread that asks: two may, for the prober and a reader

    def ask(self) -> Answer:
        """SELECT 1; CheckFailed, or the driver's error, where it fails."""
        from sqlalchemy.exc import SQLAlchemyError

        watch = self._asking.watch = _Watch()
        try:
            with watch.until(self.settings.timeout_seconds), self._engine().connect() as connection:
                details = _look(connection)
        except SQLAlchemyError as error:
            known = self._known(str(getattr(error, "orig", None) or error), watch.ran_out)
            if known is None:
                raise
            raise CheckFailed(*known) from error
        if self._pool_figures is not None:
            details["pool"] = self._pool_figures()
        return Answer(details=details)

    def _engine(self) -> "Engine":
        if self._kept is None:
            self._kept = self._new_engine()
        return self._kept

    def _new_engine(self) -> "Engine":
        from sqlalchemy import create_engine, event, make_url
        from sqlalchemy.pool import NullPool

        url = make_url(re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", self.settings.url))
        seconds = self.settings.timeout_seconds
        lite = url.get_backend_name() == "sqlite"
        options = {"timeout": seconds} if lite else _postgres_options(seconds)
        engine = create_engine(
            _existing(url) if lite else url, poolclass=NullPool, connect_args=options, isolation_level="AUTOCOMMIT"
        )
        if not lite:
            # Before the dialect's own first questions, which may hang as well.
            event.listen(engine, "connect", lambda line, _: self._asking.watch.connected(line), insert=True)
        return engine

    def _known(self, said: str, ran_out: bool) -> tuple[Cause, str] | None:
        """Return the meaning of what the driver said; None where it is not known."""
        if ran_out or _LATE.search(said):
            return Cause.TIMEOUT, timed_out(self.settings.timeout_seconds)
        for pattern, cause, words in _WORDS:
            if re.search(pattern, said, re.IGNORECASE):
                return cause, words
        return None


class _Watch:
    """Cuts the line of a connection that hangs: the driver itself waits for an answer without an end."""

    def __init__(self) -> None:
        self.ran_out = False
        self._line: socket.socket | None = None
        self._lock = threading.Lock()

    @contextmanager
    def until(self, seconds: float) -> Iterator[None]:
        """Cut the line that is made inside once `seconds` are over."""
        self.ran_out = False
        timer = threading.Timer(seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            self._forget()

    def connected(self, connection: Any) -> None:
        """Take note of a PostgreSQL connection's socket; at once too late is late as well."""
        with self._lock:
            self._line = socket.socket(fileno=os.dup(connection.fileno()))
        if self.ran_out:
            self._cut()

    def _cut(self) -> None:
        with self._lock:
            self.ran_out = True
            if self._line is not None:
                with suppress(OSError):
                    self._line.shutdown(socket.SHUT_RDWR)

    def _forget(self) -> None:
        with self._lock:
            line, self._line = self._line, None
        if line is not None:
            line.close()


def _postgres_options(seconds: float) -> dict[str, Any]:
    """Return libpq's own timeouts; nothing that a pooler such as PgBouncer refuses."""
    return {
        "connect_timeout": max(2, math.ceil(seconds)),  # libpq knows no less
        "tcp_user_timeout": int(seconds * 1000),
        "keepalives_idle": max(1, math.ceil(seconds)),
        "application_name": "daymark-check",
    }


def _existing(url: "URL") -> "URL":
    """Return the address of an SQLite file in the form that never creates it."""
    if url.database in (None, "", ":memory:") or str(url.database).startswith("file:"):
        return url
    return url.set(database=f"file:{quote(str(url.database))}").update_query_dict({"mode": "rw", "uri": "true"})


def _look(connection: "Connection") -> dict[str, Any]:
    """Ask once, and return dialect and version."""
    connection.exec_driver_sql("SELECT 1")
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA schema_version")  # SELECT 1 alone does not even read the file
        return {"dialect": "sqlite", "version": sqlite3.sqlite_version}
    driver: Any = connection.connection.driver_connection
    return {"dialect": connection.dialect.name, "version": driver.info.parameter_status("server_version")}
