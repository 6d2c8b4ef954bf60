"""Who did what that bears on security."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitoring.store.entries import Numbered, Origin, cut, cut_or_none, json_text, row
from monitoring.store.models import audit
from monitoring.store.upsert import insert_new


class AuditEntry(msgspec.Struct, frozen=True):
    """That `user_id` (None: nobody known) did something `at` Unix seconds; `details` have no secret."""

    action: str
    user_id: str | None
    at: float
    correlation_id: str | None = None
    details: Mapping[str, Any] = msgspec.field(default_factory=dict)


class StoredAuditEntry(msgspec.Struct, frozen=True):
    """An entry as it was stored."""

    service: str
    instance: str
    action: str
    user_id: str | None
    at: float
    correlation_id: str | None
    details: dict[str, Any]


def add(connection: Connection, origin: Origin, entries: Sequence[Numbered[AuditEntry]]) -> None:
    """Store entries; one that is there already stays as it is."""
    insert_new(
        connection,
        audit,
        [
            row(
                origin,
                sequence,
                each.at,
                action=cut(each.action, 100),
                user_id=cut_or_none(each.user_id, 200),
                correlation_id=cut_or_none(each.correlation_id),
                details=json_text(each.details),
            )
            for sequence, each in entries
        ],
    )


_columns = audit.c
_select = sa.select(
    _columns.service,
    _columns.instance,
    _columns.action,
    _columns.user_id,
    _columns.at,
    _columns.correlation_id,
    _columns.details,
).order_by(_columns.at.desc(), _columns.sequence.desc())


def latest(connection: Connection, since: float, limit: int = 100) -> list[StoredAuditEntry]:
    """Return what was done since (Unix seconds), newest first."""
    return _loaded(connection, _select.where(_columns.at >= since).limit(limit))


def of_request(connection: Connection, correlation_id: str, limit: int = 100) -> list[StoredAuditEntry]:
    """Return the entries under one correlation id, newest first."""
    return _loaded(connection, _select.where(_columns.correlation_id == correlation_id).limit(limit))


def _loaded(connection: Connection, query: sa.Select[Any]) -> list[StoredAuditEntry]:
    return [
        StoredAuditEntry(**{**each._mapping, "details": msgspec.json.decode(each.details)})
        for each in connection.execute(query)
    ]
