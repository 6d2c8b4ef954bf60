"""Insert or replace whole rows: the one statement SQLite and PostgreSQL spell alike but SQLAlchemy keeps apart."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

Row = Mapping[str, Any]


def upsert(connection: Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Write rows whole: what stands under the same primary key is replaced."""
    if rows:
        connection.execute(_replacing(table, connection.dialect.name), rows)


def insert_new(connection: Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Write the rows that are not there yet; the others are left as they stand."""
    if rows:
        connection.execute(_ignoring(table, connection.dialect.name), rows)


def _insert(table: sa.Table, dialect: str) -> Any:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


@lru_cache(maxsize=32)
def _replacing(table: sa.Table, dialect: str) -> Any:
    statement = _insert(table, dialect)
    rest = {column.name: statement.excluded[column.name] for column in table.columns if not column.primary_key}
    return statement.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=rest)


@lru_cache(maxsize=32)
def _ignoring(table: sa.Table, dialect: str) -> Any:
    return _insert(table, dialect).on_conflict_do_nothing()
