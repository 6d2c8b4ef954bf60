"""Insert or replace whole rows: the one statement SQLite and PostgreSQL spell alike but SQLAlchemy keeps apart.

PostgreSQL takes all rows in one statement, as JSON: a statement a row costs it, and its driver, four times as much.
SQLite is in this process, where a statement costs next to nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

Row = Mapping[str, Any]


def upsert(connection: Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Write rows whole: what stands under the same primary key is replaced. No two have the same key."""
    _write(connection, table, rows, _replacing)


def insert_new(connection: Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Write the rows that are not there yet; the others are left as they stand."""
    _write(connection, table, rows, _ignoring)


def _write(connection: Connection, table: sa.Table, rows: Sequence[Row], finish: Callable[[Any], Any]) -> None:
    if not rows:
        return
    names = tuple(rows[0])
    if connection.dialect.name == "postgresql":
        connection.execute(_from_json(table, names, finish), {"rows": msgspec.json.encode(rows).decode()})
    else:
        connection.execute(_from_rows(table, finish), rows)


@lru_cache(maxsize=32)
def _from_rows(table: sa.Table, finish: Callable[[Any], Any]) -> Any:
    return finish(sqlite.insert(table))


@lru_cache(maxsize=32)
def _from_json(table: sa.Table, names: Sequence[str], finish: Callable[[Any], Any]) -> Any:
    document = sa.cast(sa.bindparam("rows", type_=sa.Text), postgresql.JSON)
    columns = [sa.column(name, sa.Text if _is_binary(table, name) else table.c[name].type) for name in names]
    rows = sa.func.json_to_recordset(document).table_valued(*columns).render_derived(with_types=True)
    values = [sa.func.decode(rows.c[name], "base64") if _is_binary(table, name) else rows.c[name] for name in names]
    return finish(postgresql.insert(table).from_select(names, sa.select(*values)))


def _is_binary(table: sa.Table, name: str) -> bool:
    """Return whether a column holds bytes, which JSON has in base 64."""
    return isinstance(table.c[name].type, sa.LargeBinary)


def _replacing(statement: Any) -> Any:
    table = statement.table
    rest = {column.name: statement.excluded[column.name] for column in table.columns if not column.primary_key}
    return statement.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=rest)


def _ignoring(statement: Any) -> Any:
    return statement.on_conflict_do_nothing()
