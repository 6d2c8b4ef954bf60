"""Incidents: the story of an outage for people."""

import secrets
import string
from collections import defaultdict
from collections.abc import Collection, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from monitoring.status import Status
from monitoring.store.models import incident_checks, incident_updates, incidents
from monitoring.store.models.base import Time
from monitoring.store.text import storable
from monitoring.store.upsert import insert_new, upsert

MOST = 200
"""So many incidents at most are told of a time."""
_LETTERS = string.ascii_lowercase + string.digits
_of, _told, _named = incidents.c, incident_updates.c, incident_checks.c


class Stage(StrEnum):
    """How far people are with an incident."""

    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"


class Impact(StrEnum):
    """How bad an incident is for its readers."""

    NONE = "none"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


class Update(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was said: `body` is Markdown, `author` None where the machine wrote it."""

    id: str
    stage: Stage
    body: str
    at: float
    author: str | None = None


class Affected(msgspec.Struct, frozen=True, kw_only=True):
    """One check that an incident is about. `status` is the worst it had; `began_at` and `ended_at` are its outage's,
    None where a person named the check or it lasts.
    """

    check: str
    status: Status
    began_at: float | None = None
    ended_at: float | None = None


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """One incident. `updates` are newest first; `opened_by` is None where an outage opened it."""

    id: str
    title: str
    stage: Stage
    impact: Impact
    started_at: float
    created_at: float
    updated_at: float
    resolved_at: float | None = None
    postmortem_url: str | None = None
    opened_by: str | None = None
    updates: tuple[Update, ...] = ()
    checks: tuple[Affected, ...] = ()


def new_id() -> str:
    """Return an id for an incident, an update or a maintenance: 12 letters that nobody guesses."""
    return "".join(secrets.choice(_LETTERS) for _ in range(12))


def load(connection: Connection, incident_id: str) -> Incident | None:
    """Return one incident; None where there is none of that id."""
    return next(iter(_loaded(connection, sa.select(incidents).where(_of.id == incident_id))), None)


def unresolved(connection: Connection) -> list[Incident]:
    """Return the incidents that are not resolved, newest first."""
    return _loaded(connection, sa.select(incidents).where(_of.resolved_at.is_(None)))


def between(connection: Connection, start: float, end: float, limit: int = MOST) -> list[Incident]:
    """Return the incidents that touch [start, end) (Unix seconds), newest first.

    Where there are more than `limit`, those that are not resolved go before newer ones that are.
    """
    rows = connection.execute(_select_between(), {"start": start, "end": end, "most": limit}).all()
    return _whole(connection, sorted(rows, key=lambda row: (-row.started_at, row.id)))


@lru_cache(maxsize=1)
def _select_between() -> Any:
    """Return the statement, which every reader runs each time something changed; building it costs most of that."""
    start, end = (sa.bindparam(name, type_=Time) for name in ("start", "end"))
    lasting = _of.resolved_at.is_(None) | (_of.resolved_at > start)
    resolved = sa.case((_of.resolved_at.is_(None), 0), else_=1)
    order = (resolved, _of.started_at.desc(), _of.id)
    return sa.select(incidents).where(_of.started_at < end, lasting).order_by(*order).limit(sa.bindparam("most"))


def latest(connection: Connection, limit: int) -> list[Incident]:
    """Return the newest incidents, newest first."""
    return _loaded(connection, sa.select(incidents).limit(limit))


def involving(connection: Connection, checks: Collection[str], since: float) -> list[Incident]:
    """Return what more can be said of: the incidents that are not resolved, and those in which one of the checks has
    an outage that lasts, or began or ended after `since` (Unix seconds). Newest first.
    """
    lasting = _named.ended_at.is_(None) & _named.began_at.is_not(None)
    recent = lasting | (_named.began_at >= since) | (_named.ended_at >= since)
    theirs = sa.select(_named.incident_id).where(_named.check_name.in_(checks), recent)
    return _loaded(connection, sa.select(incidents).where(_of.resolved_at.is_(None) | _of.id.in_(theirs)))


def save(connection: Connection, incident: Incident) -> None:
    """Write an incident whole: updates that are there already stay as they are, checks it does not name are removed."""
    upsert(connection, incidents, [_row(incident)])
    insert_new(connection, incident_updates, [_update_row(incident.id, update) for update in incident.updates])
    names = [each.check for each in incident.checks]
    others = (_named.incident_id == incident.id) & _named.check_name.not_in(names)
    connection.execute(sa.delete(incident_checks).where(others))
    upsert(connection, incident_checks, [_check_row(incident.id, each) for each in incident.checks])


def _row(incident: Incident) -> dict[str, Any]:
    return {
        "id": incident.id,
        "title": storable(incident.title),
        "status": incident.stage.value,
        "impact": incident.impact.value,
        "started_at": incident.started_at,
        "created_at": incident.created_at,
        "updated_at": incident.updated_at,
        "resolved_at": incident.resolved_at,
        "postmortem_url": storable(incident.postmortem_url),
        "opened_by": storable(incident.opened_by),
    }


def _update_row(incident_id: str, update: Update) -> dict[str, Any]:
    return {
        "id": update.id,
        "incident_id": incident_id,
        "status": update.stage.value,
        "body": storable(update.body),
        "at": update.at,
        "author": storable(update.author),
    }


def _check_row(incident_id: str, each: Affected) -> dict[str, Any]:
    return {
        "incident_id": incident_id,
        "check_name": each.check,
        "status": each.status.value,
        "began_at": each.began_at,
        "ended_at": each.ended_at,
    }


def _loaded(connection: Connection, query: sa.Select[Any]) -> list[Incident]:
    """Return incidents with all that belongs to them, newest first: three statements, however many they are."""
    return _whole(connection, connection.execute(query.order_by(_of.started_at.desc(), _of.id)).all())


def _whole(connection: Connection, rows: Sequence[Row[Any]]) -> list[Incident]:
    """Return the incidents of these rows in their order."""
    if not rows:
        return []
    ids = [row.id for row in rows]
    updates, checks = _updates(connection, ids), _checks(connection, ids)
    return [_incident(row, updates[row.id], checks[row.id]) for row in rows]


def _updates(connection: Connection, ids: Collection[str]) -> defaultdict[str, list[Update]]:
    found: defaultdict[str, list[Update]] = defaultdict(list)
    for row in connection.execute(_select_updates(), {"ids": list(ids)}):
        update = Update(id=row.id, stage=Stage(row.status), body=row.body, at=row.at, author=row.author)
        found[row.incident_id].append(update)
    return found


def _checks(connection: Connection, ids: Collection[str]) -> defaultdict[str, list[Affected]]:
    """Return the checks of each incident, those that fell first first; those that a person named come last."""
    found: defaultdict[str, list[Affected]] = defaultdict(list)
    for row in connection.execute(_select_checks(), {"ids": list(ids)}):
        status, began_at, ended_at = Status(row.status), row.began_at, row.ended_at
        each = Affected(check=row.check_name, status=status, began_at=began_at, ended_at=ended_at)
        found[row.incident_id].append(each)
    return found


@lru_cache(maxsize=1)
def _select_updates() -> Any:
    these = _told.incident_id.in_(sa.bindparam("ids", expanding=True))
    return sa.select(incident_updates).where(these).order_by(_told.at.desc(), _told.id)


@lru_cache(maxsize=1)
def _select_checks() -> Any:
    these = _named.incident_id.in_(sa.bindparam("ids", expanding=True))
    order = (_named.began_at.is_(None), _named.began_at, _named.check_name)
    return sa.select(incident_checks).where(these).order_by(*order)


def _incident(row: Row[Any], updates: list[Update], checks: list[Affected]) -> Incident:
    return Incident(
        id=row.id,
        title=row.title,
        stage=Stage(row.status),
        impact=Impact(row.impact),
        started_at=row.started_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
        resolved_at=row.resolved_at,
        postmortem_url=row.postmortem_url,
        opened_by=row.opened_by,
        updates=tuple(updates),
        checks=tuple(checks),
    )
