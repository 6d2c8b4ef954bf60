"""What the store does when it is locked, stopped or cut off."""

import os
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from monitoring.store import database as databases
from monitoring.store import leases
from monitoring.store.database import Database, StoreError
from tests.support.postgres import Postgres
from tests.support.stores import migrated


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """A server that this test may break."""
    server = Postgres()
    server.start()
    yield server
    server.close()


def version(database: Database) -> int:
    with database.read() as connection:
        return leases.read(connection).version


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    with migrated(f"sqlite:///{tmp_path / 'deep' / 'x.db'}"):
        assert (tmp_path / "deep" / "x.db").stat().st_mode & 0o777 == 0o600


def test_readers_of_a_locked_sqlite_go_on(sqlite: Database) -> None:
    with sqlite.write() as writing:
        writing.exec_driver_sql("UPDATE lease SET version = 9")
        assert version(sqlite) == 0
    assert version(sqlite) == 9


def test_a_writer_of_a_locked_sqlite_gives_up_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "LOCK_SECONDS", 1)
    with migrated(f"sqlite:///{tmp_path / 'x.db'}") as database:
        other = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError), database.write():
            pass
        other.close()


def test_a_stopped_server_is_an_error_and_not_a_hang(own_postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "LIMIT_SECONDS", 1.0)
    with migrated(own_postgres.create_database()) as database:
        with database.read() as connection:
            backend = connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
        os.kill(backend, signal.SIGSTOP)
        try:
            with pytest.raises(StoreError):
                version(database)
        finally:
            os.kill(backend, signal.SIGCONT)
        assert version(database) == 0


def test_a_server_that_was_restarted_is_found_again(own_postgres: Postgres) -> None:
    with migrated(own_postgres.create_database()) as database:
        own_postgres.stop()
        with pytest.raises(StoreError):
            version(database)
        own_postgres.start()
        assert version(database) == 0
