"""Errors over all workers and hosts: each occurrence for an hour, and groups of what is one and the same fault."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitoring.clock import HOUR_SECONDS
from monitoring.errors.occurrence import Occurrence
from monitoring.errors.tracker import RECENT_SECONDS, ErrorStats
from monitoring.store.database import Database
from monitoring.store.entries import Numbered, Origin, cut, cut_or_none, json_text, known, row, times_by
from monitoring.store.models import error_groups, error_occurrences
from monitoring.store.upsert import insert_new, upsert

KEPT_PER_TYPE = 1_000
IDS_KEPT = 10
_of, _groups = error_occurrences.c, error_groups.c


class ErrorGroup(msgspec.Struct, frozen=True):
    """Errors of one type out of one place: times are Unix seconds, `correlation_ids` the last 10, newest first."""

    service: str
    fingerprint: str
    type: str
    message: str
    frame: str
    stack: str
    first_at: float
    last_at: float
    count: int
    correlation_ids: list[str]


def add(connection: Connection, origin: Origin, entries: Sequence[Numbered[Occurrence]]) -> None:
    """Store occurrences and count them in their groups; those that are there already count no more."""
    present = known(connection, error_occurrences, origin.instance, [sequence for sequence, _ in entries])
    new = [(sequence, each) for sequence, each in entries if sequence not in present]
    insert_new(connection, error_occurrences, [_row(origin, sequence, each) for sequence, each in new])
    if new:
        _count(connection, origin.service, [each for _, each in new])
    for kind in sorted({cut(each.type, 200) for _, each in new}):
        _keep_newest(connection, kind)


def _row(origin: Origin, sequence: int, each: Occurrence) -> dict[str, Any]:
    return row(
        origin,
        sequence,
        each.at,
        type=cut(each.type, 200),
        fingerprint=cut(each.fingerprint, 64),
        correlation_id=cut_or_none(each.correlation_id),
    )


def _count(connection: Connection, service: str, new: Sequence[Occurrence]) -> None:
    """Add occurrences to their groups. Another process may be doing the same: the rows are there, and locked, first."""
    by_group: dict[str, list[Occurrence]] = defaultdict(list)
    for each in sorted(new, key=lambda each: each.at):
        by_group[cut(each.fingerprint, 64)].append(each)
    insert_new(connection, error_groups, [_empty(service, key, by_group[key]) for key in sorted(by_group)])
    mine = (_groups.service == service) & _groups.fingerprint.in_(list(by_group))
    locked = sa.select(error_groups).where(mine).order_by(_groups.fingerprint).with_for_update()
    standing = {group.fingerprint: group for group in map(_group, connection.execute(locked))}
    upsert(connection, error_groups, [_counted(standing[key], by_group[key]) for key in sorted(by_group)])


def _empty(service: str, fingerprint: str, those: Sequence[Occurrence]) -> dict[str, Any]:
    first, last = those[0], those[-1]
    return {
        "service": service,
        "fingerprint": fingerprint,
        "type": cut(last.type, 200),
        "message": "",
        "frame": "",
        "stack": "",
        "first_at": first.at,
        "last_at": 0.0,
        "count": 0,
        "correlation_ids": "[]",
    }


def _counted(group: ErrorGroup, those: Sequence[Occurrence]) -> dict[str, Any]:
    """Return the row of a group and some more occurrences, in order of time."""
    last = those[-1]
    newest = {} if last.at < group.last_at else {name: cut(getattr(last, name), 16_384) for name in _SAMPLE}
    ids = [str(cut_or_none(each.correlation_id)) for each in reversed(those) if each.correlation_id]
    return {
        **msgspec.structs.asdict(group),
        **newest,
        "first_at": min(group.first_at, those[0].at),
        "last_at": max(group.last_at, last.at),
        "count": group.count + len(those),
        "correlation_ids": json_text(list(dict.fromkeys([*ids, *group.correlation_ids]))[:IDS_KEPT]),
    }


_SAMPLE = ("message", "frame", "stack")


def _keep_newest(connection: Connection, kind: str) -> None:
    """Delete what one type has more of than is kept."""
    same = _of.type == kind
    newest = sa.select(_of.at).where(same).order_by(_of.at.desc()).offset(KEPT_PER_TYPE).limit(1)
    limit = connection.execute(newest).scalar()
    if limit is not None:
        connection.execute(sa.delete(error_occurrences).where(same, _of.at <= limit))


def groups(connection: Connection, since: float, limit: int = 100, service: str | None = None) -> list[ErrorGroup]:
    """Return the groups seen since (Unix seconds), the last seen first."""
    query = sa.select(error_groups).where(_groups.last_at >= since).order_by(_groups.last_at.desc()).limit(limit)
    return [
        _group(each)
        for each in connection.execute(query if service is None else query.where(_groups.service == service))
    ]


def of_request(connection: Connection, correlation_id: str, limit: int = 100) -> list[ErrorGroup]:
    """Return the groups that had an error under a correlation id, the last seen first."""
    mine = (_of.correlation_id == correlation_id) & (_of.fingerprint == _groups.fingerprint)
    seen = sa.exists(sa.select(sa.literal(1)).where(mine, _of.service == _groups.service))
    listed = _groups.correlation_ids.contains(json_text(correlation_id), autoescape=True)
    query = sa.select(error_groups).where(seen | listed).order_by(_groups.last_at.desc()).limit(limit)
    return [_group(each) for each in connection.execute(query)]


def times(connection: Connection, since: float) -> dict[str, list[float]]:
    """Return when errors of each type occurred since (Unix seconds), in order, over all services."""
    return times_by(connection, _of.type, _of.at, since)


def counts(connection: Connection, since: float, service: str | None = None) -> dict[str, int]:
    """Return how often each type occurred since (Unix seconds), at most an hour back and 1,000 times."""
    query = sa.select(_of.type, sa.func.count()).where(_of.at >= since).group_by(_of.type).order_by(_of.type)
    rows = connection.execute(query if service is None else query.where(_of.service == service))
    return {kind: int(count) for kind, count in rows}


def stats(connection: Connection, now: float, service: str | None = None) -> ErrorStats:
    """Return the counts by type over the last hour, their total, and those of the last 5 minutes."""
    hour = counts(connection, now - HOUR_SECONDS, service)
    recent = counts(connection, now - RECENT_SECONDS, service)
    return ErrorStats(total_errors=sum(hour.values()), errors_by_type=hour, recent_errors=recent)


class ErrorCounts:
    """Where the tracker reads counts over all workers and hosts, of one service or of all."""

    def __init__(self, database: Database, service: str | None = None) -> None:
        self._database, self._service = database, service

    def counts(self, since: float) -> Mapping[str, int]:
        """Return how often each type occurred since (Unix seconds); any of StoreError."""
        with self._database.read() as connection:
            return counts(connection, since, self._service)


def _group(each: sa.Row[Any]) -> ErrorGroup:
    return ErrorGroup(**{**each._mapping, "correlation_ids": msgspec.json.decode(each.correlation_ids)})
