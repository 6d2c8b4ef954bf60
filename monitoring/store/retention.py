"""How long rows live.

Probing: raw results 7 days, hours 90 days, days and transitions 2 years. Measuring: minutes 24 hours, merged hours 90
days, an instance's hours 24 hours once they are merged. Errors an hour, their groups 90 days; slow operations 7 days,
of which the newest 20,000; the audit a year, of which the newest 100,000; costs 2 years. A series lives as long as
its hours. Telling: closed alerts, deliveries that are done and acknowledgements 90 days; a heartbeat's calls 2 years,
of which the newest 100 each; incidents and maintenance for good.
"""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitoring.clock import DAY_SECONDS, HOUR_SECONDS, day_of
from monitoring.store.models import (
    acknowledgements,
    alerts,
    audit,
    cost_days,
    days,
    deliveries,
    error_groups,
    error_occurrences,
    heartbeat_calls,
    hours,
    metric_hours,
    metric_minutes,
    metric_series,
    results,
    slow_operations,
    transitions,
)

_KEPT_DAYS = (
    (results.c.finished_at, 7),
    (hours.c.start, 90),
    (days.c.start, 730),
    (transitions.c.at, 730),
    (metric_minutes.c.start, 1),
    (metric_hours.c.start, 90),
    (error_occurrences.c.at, 1 / 24),
    (error_groups.c.last_at, 90),
    (slow_operations.c.at, 7),
    (audit.c.at, 365),
    (alerts.c.closed_at, 90),
    (deliveries.c.done_at, 90),
    (acknowledgements.c.at, 90),
    (heartbeat_calls.c.at, 730),
)
COST_DAYS_KEPT = 730
SLOW_OPERATIONS_KEPT = 20_000
AUDIT_KEPT = 100_000
CHUNK = 5_000


def prune(connection: Connection, now: float) -> bool:
    """Delete at most CHUNK rows a table that have lived long enough; True if there are more.

    Chunks keep each transaction short: the writer takes turns between them and what waits to be stored.
    """
    aged = [column < now - kept * DAY_SECONDS for column, kept in _KEPT_DAYS]
    tables = [column.table for column, _ in _KEPT_DAYS]
    more = [
        (cost_days, cost_days.c.day < day_of(now - COST_DAYS_KEPT * DAY_SECONDS)),
        (metric_hours, _merged_before(now - DAY_SECONDS - HOUR_SECONDS)),
        (slow_operations, slow_operations.c.at <= _too_many(slow_operations.c.at, SLOW_OPERATIONS_KEPT)),
        (audit, audit.c.at <= _too_many(audit.c.at, AUDIT_KEPT)),
    ]
    full = [_prune(connection, table, old) for table, old in [*zip(tables, aged, strict=True), *more]]
    # It reads an index whole, so once is enough: when there is nothing else left to delete.
    return any(full) or _prune(connection, metric_series, _unused())


def _prune(connection: Connection, table: sa.Table, old: sa.ColumnElement[bool]) -> bool:
    chosen = sa.select(*table.primary_key.columns).where(old).limit(CHUNK)
    key = sa.tuple_(*table.primary_key.columns)
    return connection.execute(sa.delete(table).where(key.in_(chosen))).rowcount == CHUNK


def _merged_before(start: float) -> sa.ColumnElement[bool]:
    """Return the condition that an instance's row of an hour began before `start` and is in the merged one."""
    columns, merged = metric_hours.c, metric_hours.alias("merged").c
    same = (merged.start == columns.start) & (merged.series_id == columns.series_id)
    same &= (merged.service == columns.service) & (merged.instance == "")
    return (columns.start < start) & (columns.instance != "") & sa.exists(sa.select(sa.literal(1)).where(same))


def _too_many(at: sa.Column[float], kept: int) -> sa.ScalarSelect[float]:
    newest = sa.select(at).order_by(at.desc()).offset(kept).limit(1)
    return newest.scalar_subquery()


def _unused() -> sa.ColumnElement[bool]:
    """Return the condition that no row measures a series.

    Hours tell it for the minutes too: a minute is written in one transaction with its hour, which outlives it.
    """
    return metric_series.c.id.not_in(sa.select(metric_hours.c.series_id))
