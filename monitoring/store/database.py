"""One database, SQLite or PostgreSQL: how it is opened, read and written."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from monitoring.store.watchdog import watchdog

__all__ = ["Connection", "Database", "StoreError", "UnwritableError"]

StoreError = (DBAPIError, PoolTimeout)
"""What the store raises when it is away, locked or cut off."""

UnwritableError = (DataError, IntegrityError)
"""What the store raises for rows that it would refuse again and again."""

LOCK_SECONDS = 5
CONNECT_SECONDS = 3
LIMIT_SECONDS = 6.0


class Database:
    """The store. Nothing is opened before the first `read` or `write`."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self._engine: Engine | None = None
        self._lock = threading.Lock()
        self._waiting = 0

    def __repr__(self) -> str:
        """Name the database without its password."""
        return f"<Database {self._url.render_as_string(hide_password=True)}>"

    @property
    def url(self) -> URL:
        """Return where the database is."""
        return self._url

    @property
    def engine(self) -> Engine:
        """Return the engine, made at first use, so that a process forked before it shares nothing."""
        with self._lock:
            if self._engine is None:
                self._engine = _engine(self._url)
            return self._engine

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection that sees one moment of the database; any of StoreError where the store is away."""
        with self._connect(LIMIT_SECONDS) as connection:
            if connection.dialect.name == "postgresql":  # SQLite's transactions do so by themselves
                connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    @contextmanager
    def write(self, limit_seconds: float | None = LIMIT_SECONDS) -> Iterator[Connection]:
        """Yield a connection in a transaction that may write from its first statement on; any of StoreError.

        On PostgreSQL it is cut off after `limit_seconds`, None for never.
        """
        with self._connect(limit_seconds) as connection:
            writing = connection.execution_options(writing=True)
            with writing.begin():
                yield writing

    @contextmanager
    def _connect(self, limit_seconds: float | None) -> Iterator[Connection]:
        self._waiting += 1
        try:
            connection = self.engine.connect()
        finally:
            self._waiting -= 1
        with connection, self._limited(connection, limit_seconds):
            yield connection

    def _limited(self, connection: Connection, seconds: float | None) -> AbstractContextManager[None]:
        if seconds is None or connection.dialect.name != "postgresql":
            return nullcontext()
        return watchdog.limit(connection.connection.dbapi_connection, seconds)

    def pool_figures(self) -> dict[str, int]:
        """Return the connections of this process: total, idle, and callers waiting for one."""
        pool = self.engine.pool
        if not isinstance(pool, QueuePool):
            return {}
        idle = pool.checkedin()
        return {
            "total_connections": idle + pool.checkedout(),
            "idle_connections": idle,
            "waiting_connections": self._waiting,
        }

    def close(self) -> None:
        """Close what is open; a later use opens anew."""
        with self._lock:
            if self._engine is not None:
                self._engine.dispose()
                self._engine = None


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        return _sqlite(url)
    return sa.create_engine(url, pool_size=5, max_overflow=5, pool_timeout=2, connect_args=_POSTGRESQL)


_POSTGRESQL: dict[str, Any] = {
    "connect_timeout": CONNECT_SECONDS,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 5000,
    "application_name": "daymark",
    "options": "-c lock_timeout=2s -c statement_timeout=5s -c idle_in_transaction_session_timeout=5s -c timezone=UTC",
}


def _sqlite(url: URL) -> Engine:
    if url.database and url.database != ":memory:":
        with suppress(OSError):  # what cannot be made, the driver says in its own words, as an error of the store
            _make_private(Path(url.database))
    engine = sa.create_engine(url, pool_timeout=2, connect_args={"timeout": LOCK_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _make_private(path: Path) -> None:
    """Make the file, which keeps the signing key, for its owner only; one that is there stays as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600, exist_ok=True)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """Take transactions out of the driver's hands: it would begin them late and fail at the first write."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", f"busy_timeout={LOCK_SECONDS * 1000}"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at once: a read that turns into a write fails with "locked" in spite of the timeout."""
    writing = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
