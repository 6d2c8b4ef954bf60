"""How long rows live: raw results 7 days, hours 90 days, days and transitions 2 years."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitoring.clock import DAY_SECONDS
from monitoring.store.models import days, hours, results, transitions

_KEPT_DAYS = (
    (results.c.finished_at, 7),
    (hours.c.start, 90),
    (days.c.start, 730),
    (transitions.c.at, 730),
)
CHUNK = 5_000


def prune(connection: Connection, now: float) -> bool:
    """Delete at most CHUNK rows a table that have lived long enough; True if there are more.

    Chunks keep each transaction short: the writer takes turns between them and what waits to be stored.
    """
    full = [_prune(connection, column, now - kept * DAY_SECONDS) for column, kept in _KEPT_DAYS]
    return any(full)


def _prune(connection: Connection, column: "sa.Column[float] | sa.Column[int]", before: float) -> bool:
    table = column.table
    old = sa.select(*table.primary_key.columns).where(column < before).limit(CHUNK)
    key = sa.tuple_(*table.primary_key.columns)
    return connection.execute(sa.delete(table).where(key.in_(old))).rowcount == CHUNK
