"""How deliveries have ended, for people."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitoring.store.deliveries import Delivery, Outcome
from monitoring.store.models import deliveries
from monitoring.store.structs import load

_columns = deliveries.c
_taken = _columns.outcome == Outcome.SENT.value
_failed = _columns.outcome.in_([Outcome.GIVEN_UP.value, Outcome.UNDELIVERABLE.value])
_select: sa.Select[Any] = sa.select(*(_columns[name] for name in Delivery.__struct_fields__)).order_by(
    _columns.done_at.desc(), _columns.position.desc()
)


def sent(connection: Connection, limit: int) -> list[Delivery]:
    """Return what the channels took, newest first."""
    return load(connection, _select.where(_taken).limit(limit), Delivery)


def failed(connection: Connection, since: float, limit: int) -> list[Delivery]:
    """Return what was given up, or had no channel left, since (Unix seconds), newest first."""
    return load(connection, _select.where(_failed & (_columns.done_at >= since)).limit(limit), Delivery)


def last_sent(connection: Connection) -> dict[str, float]:
    """Return when each channel last took something, in Unix seconds; one that never did is not among them."""
    last_at = sa.func.max(_columns.done_at)
    rows = connection.execute(sa.select(_columns.channel, last_at).where(_taken).group_by(_columns.channel))
    return {row[0]: row[1] for row in rows}
