"""Operations that took longer than they should."""

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitoring.performance.operation import SlowOperation
from monitoring.store.entries import Numbered, Origin, cut, cut_or_none, json_text, row, times_by
from monitoring.store.models import slow_operations
from monitoring.store.upsert import insert_new


class StoredSlowOperation(msgspec.Struct, frozen=True):
    """A slow operation as it was stored."""

    service: str
    instance: str
    name: str
    seconds: float
    threshold_seconds: float
    at: float
    correlation_id: str | None
    details: dict[str, Any]


def add(connection: Connection, origin: Origin, entries: Sequence[Numbered[SlowOperation]]) -> None:
    """Store slow operations; one that is there already stays as it is."""
    insert_new(
        connection,
        slow_operations,
        [
            row(
                origin,
                sequence,
                each.at,
                name=cut(each.name, 200),
                seconds=each.seconds,
                threshold_seconds=each.threshold_seconds,
                correlation_id=cut_or_none(each.correlation_id),
                details=json_text(each.details),
            )
            for sequence, each in entries
        ],
    )


_columns = slow_operations.c
_select = sa.select(
    _columns.service,
    _columns.instance,
    _columns.name,
    _columns.seconds,
    _columns.threshold_seconds,
    _columns.at,
    _columns.correlation_id,
    _columns.details,
).order_by(_columns.at.desc(), _columns.sequence.desc())


def latest(
    connection: Connection, since: float, limit: int = 100, service: str | None = None
) -> list[StoredSlowOperation]:
    """Return what ended since (Unix seconds), newest first."""
    query = _select.where(_columns.at >= since).limit(limit)
    return _loaded(connection, query if service is None else query.where(_columns.service == service))


def times(connection: Connection, since: float) -> dict[str, list[float]]:
    """Return when operations of each name were too slow since (Unix seconds), in order, over all services."""
    return times_by(connection, _columns.name, _columns.at, since)


def of_request(connection: Connection, correlation_id: str, limit: int = 100) -> list[StoredSlowOperation]:
    """Return those under one correlation id, newest first."""
    return _loaded(connection, _select.where(_columns.correlation_id == correlation_id).limit(limit))


def _loaded(connection: Connection, query: sa.Select[Any]) -> list[StoredSlowOperation]:
    return [
        StoredSlowOperation(**{**each._mapping, "details": msgspec.json.decode(each.details)})
        for each in connection.execute(query)
    ]
