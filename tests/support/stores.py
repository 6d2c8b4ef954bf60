"""Databases with tables, of both kinds."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from monitoring.store import migrate
from monitoring.store.database import Database
from tests.support.postgres import Postgres

KINDS = ("sqlite", "postgresql")


@contextmanager
def migrated(url: str) -> Iterator[Database]:
    """Yield a database at `url` with this version's tables, and close it."""
    database = Database(url)
    try:
        migrate.upgrade(database)
        yield database
    finally:
        database.close()


def fresh_url(kind: str, tmp_path: Path, postgres: Postgres) -> str:
    """Return the address of an empty database."""
    return f"sqlite:///{tmp_path / 'store.db'}" if kind == "sqlite" else postgres.create_database()
