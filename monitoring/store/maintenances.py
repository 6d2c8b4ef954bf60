"""Planned work as it is stored. Readers are told of each change by the overview's version."""

from functools import lru_cache
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from monitoring.maintenance import Maintenance
from monitoring.store import leases
from monitoring.store.models import maintenances
from monitoring.store.models.base import Time
from monitoring.store.text import storable

_columns = maintenances.c


def current(connection: Connection, since: float) -> list[Maintenance]:
    """Return the work of which a window may end after `since` (Unix seconds), in order of its first one.

    What recurs is current until somebody ends it, whether its rule still has windows or not.
    """
    return [_maintenance(row) for row in connection.execute(_select_current(), {"since": since})]


@lru_cache(maxsize=1)
def _select_current() -> Any:
    """Return the statement, which every reader runs each time something changed; building it costs most of that."""
    since = sa.bindparam("since", type_=Time)
    lasting = _columns.rrule.is_not(None) | (_columns.starts_at + _columns.seconds > since)
    still = _columns.ended_at.is_(None) | (_columns.ended_at > since)
    return sa.select(maintenances).where(lasting, still).order_by(_columns.starts_at, _columns.id)


def load(connection: Connection, maintenance_id: str) -> Maintenance | None:
    """Return one plan, None where there is none of that id."""
    row = connection.execute(sa.select(maintenances).where(_columns.id == maintenance_id)).one_or_none()
    return None if row is None else _maintenance(row)


def add(connection: Connection, maintenance: Maintenance) -> None:
    """Store a new plan."""
    connection.execute(sa.insert(maintenances).values(_row(maintenance)))
    leases.touch(connection)


def end(connection: Connection, maintenance_id: str, at: float) -> bool:
    """End work at `at` (Unix seconds): before its first window that cancels it. False where nothing is left to end."""
    left = _columns.rrule.is_not(None) | (_columns.starts_at + _columns.seconds > at)
    mine = (_columns.id == maintenance_id) & _columns.ended_at.is_(None)
    ended = connection.execute(sa.update(maintenances).where(mine, left).values(ended_at=at, updated_at=at))
    if ended.rowcount == 1:
        leases.touch(connection)
    return ended.rowcount == 1


def _row(maintenance: Maintenance) -> dict[str, Any]:
    return {
        **msgspec.structs.asdict(maintenance),
        "title": storable(maintenance.title),
        "body": storable(maintenance.body),
        "created_by": (storable(maintenance.created_by) or "")[:200],
        "checks": _json(maintenance.checks),
        "groups": _json(maintenance.groups),
    }


def _json(names: tuple[str, ...]) -> str | None:
    return storable(msgspec.json.encode(names).decode())


def _maintenance(row: Row[Any]) -> Maintenance:
    return Maintenance(**{**row._mapping, "checks": _names(row.checks), "groups": _names(row.groups)})


def _names(text: str) -> tuple[str, ...]:
    return msgspec.json.decode(text, type=tuple[str, ...])
