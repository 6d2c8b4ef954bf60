"""Who has been told what: alerts by channel and outage, and what they follow from."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitoring.status import Cause, Status
from monitoring.store import deliveries, facts
from monitoring.store.deliveries import Delivery, Event, Outcome
from monitoring.store.models import acknowledgements, alerts, transitions
from monitoring.store.structs import load, struct
from monitoring.store.text import storable
from monitoring.store.transitions import Transition
from monitoring.store.upsert import insert_new, upsert

__all__ = ["Alert", "Delivery", "Event", "Outcome"]

CURSOR = "alerts_cursor"
FIRST_SECONDS = 600.0
"""Where nobody has ever decided about transitions, older ones are history."""
CHANGES_LIMIT = 1000
"""How many changes are decided about at a time."""
REMEMBERED = 10_000
"""How many of the last changes are looked through for those that are recent."""


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One matter on one channel: an outage of `check` that began at `began_at` (Unix seconds, as all times).

    `check` is a check's name, or `spike/…`, `budget/…`, `slow/…`, `leader/…`. `changed_at` is when its state changed
    last, `due_at` when it may be told first, `told_at` when its trigger was decided (None: nobody has been told),
    `said_at` the last message, `messages` how many there were, `ended_at` the end of the outage, `closed_at` when
    there was nothing more to say. The two that say who acknowledged it are read only.
    """

    channel: str
    check: str
    began_at: float
    dedup_key: str
    status: Status
    cause: Cause | None = None
    error: str | None = None
    correlation_id: str | None = None
    confirmed_at: float
    changed_at: float
    due_at: float
    repeat_seconds: float | None = None
    told_at: float | None = None
    said_at: float | None = None
    messages: int = 0
    flapping: bool = False
    ended_at: float | None = None
    closed_at: float | None = None
    acknowledged_at: float | None = None
    acknowledged_by: str | None = None


class Numbered(NamedTuple):
    """A stored transition and its number, which grows in the order in which they were stored."""

    number: int
    transition: Transition


_columns = alerts.c
_KEY_OF_ACKNOWLEDGEMENT = (acknowledgements.c.dedup_key == _columns.dedup_key) & (
    acknowledgements.c.began_at == _columns.began_at
)
_FIELDS: dict[str, sa.Column[Any]] = {
    **_columns,
    "check": _columns.check_name,
    "acknowledged_at": acknowledgements.c.at,
    "acknowledged_by": acknowledgements.c.by,
}
_select: sa.Select[Any] = sa.select(*(_FIELDS[name] for name in Alert.__struct_fields__)).outerjoin_from(
    alerts, acknowledgements, _KEY_OF_ACKNOWLEDGEMENT
)


def open_alerts(connection: Connection) -> list[Alert]:
    """Return what there may be more to say about, in order of its beginning."""
    return load(connection, _select.where(_columns.closed_at.is_(None)).order_by(_columns.began_at), Alert)


def of_run(connection: Connection, correlation_id: str, limit: int = 100) -> list[Alert]:
    """Return the alerts about outages that were confirmed under one correlation id, in order of their beginning."""
    mine = _columns.correlation_id == correlation_id
    return load(connection, _select.where(mine).order_by(_columns.began_at, _columns.channel).limit(limit), Alert)


def save(connection: Connection, changed: Sequence[Alert], decided: Sequence[Delivery] = ()) -> None:
    """Write alerts whole, and the deliveries that are new; who acknowledged what is not touched."""
    upsert(connection, alerts, [_row(each) for each in changed])
    deliveries.add(connection, decided)


def add_new(connection: Connection, batch: Sequence[Alert]) -> None:
    """Write alerts that are not there yet; the others are left as they stand."""
    insert_new(connection, alerts, [_row(each) for each in batch])


def _row(alert: Alert) -> dict[str, Any]:
    row: dict[str, Any] = msgspec.to_builtins(alert)
    of_table = {name: value for name, value in row.items() if name in _columns}
    return {**of_table, "check_name": alert.check, "error": storable(alert.error)}


def acknowledge(connection: Connection, dedup_key: str, began_at: float, at: float, by: str) -> bool:
    """Note that somebody has seen one outage (it began at `began_at`, Unix seconds); False if somebody had before."""
    table = acknowledgements.c
    same = (table.dedup_key == dedup_key) & (table.began_at == began_at)
    if connection.execute(sa.select(table.at).where(same)).first() is not None:
        return False
    by = (storable(by) or "")[:200]
    insert_new(connection, acknowledgements, [{"dedup_key": dedup_key, "began_at": began_at, "at": at, "by": by}])
    return True


def cursor(connection: Connection, now: float) -> int:
    """Return the number of the last transition that was decided about.

    Where there never was any, it is the last that was confirmed more than ten minutes ago: what is older is history.
    """
    stated = facts.get(connection, CURSOR)
    if stated is not None:
        return int(stated)
    before = transitions.c.confirmed_at < now - FIRST_SECONDS
    return connection.execute(sa.select(sa.func.max(transitions.c.id)).where(before)).scalar() or 0


def move_cursor(connection: Connection, number: int) -> None:
    """Say that all transitions up to this number have been decided about."""
    facts.put(connection, CURSOR, str(number))


def after(connection: Connection, number: int, limit: int = CHANGES_LIMIT) -> list[Numbered]:
    """Return the transitions that were stored after the one of this number, in order."""
    return _numbered(connection, _changes.where(transitions.c.id > number).order_by(transitions.c.id).limit(limit))


def changes(connection: Connection, number: int, since: float) -> list[Transition]:
    """Return the transitions up to this number that were confirmed since (Unix seconds), in order.

    Of the last 10,000: their numbers say where to look, so that a long history costs nothing.
    """
    last = transitions.c.id.between(number - REMEMBERED + 1, number)
    recent = _changes.where(last, transitions.c.confirmed_at >= since).order_by(transitions.c.id)
    return [each.transition for each in _numbered(connection, recent)]


_CHANGE: dict[str, sa.Column[Any]] = {**transitions.c, "check": transitions.c.check_name}
_changes: sa.Select[Any] = sa.select(transitions.c.id, *(_CHANGE[name] for name in Transition.__struct_fields__))


def _numbered(connection: Connection, query: sa.Select[Any]) -> list[Numbered]:
    return [Numbered(number, struct(row, Transition)) for number, *row in connection.execute(query)]
