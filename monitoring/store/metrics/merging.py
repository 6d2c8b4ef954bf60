"""Closed hours, merged over all instances into one row a series: so a day is 23 of them and the open hour."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from monitoring.clock import hour_start
from monitoring.metrics.sketch import Sketch
from monitoring.metrics.stats import Total
from monitoring.store.metrics.sink import figures
from monitoring.store.models import metric_hours
from monitoring.store.upsert import upsert

SETTLING_SECONDS = 30
"""An hour is merged once the last flushes of its last minute are in; what comes later is merged again."""
LOOK_BACK_SECONDS = 48 * 3600
CHUNK = 500
_columns = metric_hours.c
_key = (_columns.start, _columns.series_id, _columns.service)
Key = tuple[int, int, str]


def merge_closed_hours(connection: Connection, now: float) -> bool:
    """Write anew the merged rows of at most CHUNK series and hours whose instances say more by now; True if full.

    A row is made from all rows of its instances, so merging twice changes nothing. Whether they say more is seen by
    their counts, which only grow, and by no clock.
    """
    stale: set[Key] = {(key.start, key.series_id, key.service) for key in connection.execute(_stale(now))}
    totals: dict[Key, Total] = {}
    for each in connection.execute(_of_instances({key[0] for key in stale})):
        key = (each.start, each.series_id, each.service)
        if key in stale:
            totals.setdefault(key, Total()).merge(_total(each))
    upsert(connection, metric_hours, [_row(key, now, totals[key]) for key in sorted(totals)])
    return len(stale) == CHUNK


def _stale(now: float) -> sa.Select[Any]:
    count = _columns["count"]
    instances = sa.func.sum(sa.case((_columns.instance == "", 0), else_=count))
    merged = sa.func.sum(sa.case((_columns.instance == "", count), else_=0))
    closed = (_columns.start >= now - LOOK_BACK_SECONDS) & (_columns.start < hour_start(now - SETTLING_SECONDS))
    return sa.select(*_key).where(closed).group_by(*_key).having(instances > merged).order_by(*_key).limit(CHUNK)


def _of_instances(starts: set[int]) -> sa.Select[Any]:
    return sa.select(metric_hours).where(_columns.start.in_(starts), _columns.instance != "")


def _row(key: Key, now: float, total: Total) -> dict[str, Any]:
    start, series_id, service = key
    merged = {"start": start, "series_id": series_id, "service": service, "instance": "", "written_at": now}
    return {**merged, **figures(total)}


def _total(each: Row[Any]) -> Total:
    columns = each._mapping
    last, sketch = (each.last, each.last_at), Sketch.decode(each.sketch)
    return Total(columns["count"], columns["sum"], columns["min"], columns["max"], *last, sketch)
