"""Hours and days: what was observed of each check, so that no reader ever counts results."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitoring.clock import day_start, hour_start
from monitoring.maintenance import Piece, Window, parted
from monitoring.metrics.sketch import Sketch
from monitoring.status import Result, Status
from monitoring.store.models import days, hours
from monitoring.store.upsert import upsert

TABLES = {"hour": hours, "day": days}
_STARTS = {"hour": hour_start, "day": day_start}
_SECONDS = {"hour": 3600, "day": 86400}
Unit = Literal["hour", "day"]
_NO_COUNTS: dict[str, int] = dict.fromkeys(Status, 0)


class Rollup(msgspec.Struct):
    """One check's hour or day: results by status, seconds observed, degraded and down, and a latency sketch.

    The seconds of maintenance are not among the observed ones.
    """

    counts: dict[str, int] = msgspec.field(default_factory=_NO_COUNTS.copy)
    observed_seconds: float = 0.0
    degraded_seconds: float = 0.0
    down_seconds: float = 0.0
    sketch: Sketch = msgspec.field(default_factory=Sketch)
    maintenance_seconds: float = 0.0

    def count(self, result: Result) -> None:
        """Count one result and its latency, if something answered."""
        self.counts[result.status] += 1
        if result.response_seconds is not None and result.status is not Status.UNKNOWN:
            self.sketch.add(result.response_seconds)

    def observe(self, seconds: float, status: Status) -> None:
        """Book observed seconds under a state."""
        self.observed_seconds += seconds
        if status is Status.DEGRADED:
            self.degraded_seconds += seconds
        elif status is Status.UNHEALTHY:
            self.down_seconds += seconds

    def merge(self, other: "Rollup") -> None:
        """Add another rollup of the same check to this one."""
        for status, count in other.counts.items():
            self.counts[status] += count
        self.observed_seconds += other.observed_seconds
        self.degraded_seconds += other.degraded_seconds
        self.down_seconds += other.down_seconds
        self.maintenance_seconds += other.maintenance_seconds
        self.sketch.merge(other.sketch)


class Key(msgspec.Struct, frozen=True, order=True):
    """Which row: `start` is the first Unix second of the UTC hour or day."""

    unit: Unit
    check: str
    start: int


class Ledger:
    """What is to be added to the rows: at most one entry a check, hour and day, however many results."""

    def __init__(self) -> None:
        self.entries: dict[Key, Rollup] = {}

    def count(self, result: Result) -> None:
        """Count a result in the hour and day in which it was scheduled."""
        for unit in TABLES:
            self._entry(unit, result.check, result.scheduled_at).count(result)

    def book(self, check: str, start: float, end: float, status: Status) -> None:
        """Book [start, end) under a state, split at the borders of hours and days."""
        for unit in TABLES:
            for piece, piece_end in split(start, end, _SECONDS[unit]):
                self._entry(unit, check, piece).observe(piece_end - piece, status)

    def maintain(self, check: str, start: float, end: float) -> None:
        """Book [start, end) as maintenance, which is neither up nor down, split likewise."""
        for unit in TABLES:
            for piece, piece_end in split(start, end, _SECONDS[unit]):
                self._entry(unit, check, piece).maintenance_seconds += piece_end - piece

    def book_around(self, check: str, piece: Piece, status: Status, windows: Iterable[Window]) -> None:
        """Book a piece of time under a state where no window holds it, and as maintenance where one does."""
        outside, inside = parted(*piece, windows)
        for start, end in outside:
            self.book(check, start, end, status)
        for start, end in inside:
            self.maintain(check, start, end)

    def _entry(self, unit: Any, check: str, at: float) -> Rollup:
        return self.entries.setdefault(Key(unit, check, _STARTS[unit](at)), Rollup())


def split(start: float, end: float, seconds: int) -> Iterator[tuple[float, float]]:
    """Yield [start, end) cut at the multiples of `seconds`; nothing where it is empty or runs backwards."""
    while start < end:
        border = min(end, (start // seconds + 1) * seconds)
        yield start, border
        start = border


def add(connection: Connection, version: int, ledger: Ledger) -> None:
    """Add a ledger to the rows, and mark them with the version of this batch."""
    for unit, table in TABLES.items():
        entries = {key: entry for key, entry in ledger.entries.items() if key.unit == unit}
        if entries:
            upsert(connection, table, _added(connection, table, version, entries))


def _added(
    connection: Connection, table: sa.Table, version: int, entries: Mapping[Key, Rollup]
) -> list[dict[str, Any]]:
    stored = _rollups(_standing(connection, table, entries))
    rows = []
    for key in sorted(entries):  # always the same order, so that two writers could never lock crosswise
        total = stored.get((key.check, key.start), Rollup())
        total.merge(entries[key])
        rows.append(_row(key, version, total))
    return rows


def _standing(connection: Connection, table: sa.Table, entries: Mapping[Key, Rollup]) -> sa.Result[Any]:
    names, starts = {key.check for key in entries}, {key.start for key in entries}
    return connection.execute(_select_of(table), {"names": list(names), "starts": list(starts)})


@lru_cache(maxsize=4)
def _select_of(table: sa.Table) -> Any:
    """Return the statement for the rows of some checks and starts; building it costs more than running it."""
    these = (table.c.check_name, "names"), (table.c.start, "starts")
    return _columns_of(table).where(*(column.in_(sa.bindparam(name, expanding=True)) for column, name in these))


@lru_cache(maxsize=4)
def _columns_of(table: sa.Table) -> Any:
    """Return a select of what `_rollups` reads, in its order."""
    kinds = ("observed", "degraded", "down", "maintenance")
    seconds = (table.c[f"{kind}_seconds"] for kind in kinds)
    return sa.select(table.c.check_name, table.c.start, table.c.sketch, *seconds, *(table.c[name] for name in Status))


def _rollups(rows: Iterable[Any]) -> dict[tuple[str, int], Rollup]:
    """Return rows by check and start."""
    return {
        (check, start): Rollup(
            dict(zip(_NO_COUNTS, counts, strict=True)), observed, degraded, down, Sketch.decode(sketch), maintenance
        )
        for check, start, sketch, observed, degraded, down, maintenance, *counts in rows
    }


def _row(key: Key, version: int, rollup: Rollup) -> dict[str, Any]:
    return {
        "check_name": key.check,
        "start": key.start,
        "version": version,
        **rollup.counts,
        "observed_seconds": rollup.observed_seconds,
        "degraded_seconds": rollup.degraded_seconds,
        "down_seconds": rollup.down_seconds,
        "maintenance_seconds": rollup.maintenance_seconds,
        "sketch": rollup.sketch.encode(),
    }


def load(
    connection: Connection, unit: Unit, since: float, newer_than: int = -1, check: str | None = None
) -> dict[tuple[str, int], Rollup]:
    """Return the rows from `since` on that batches after version `newer_than` wrote, by check and start."""
    table = TABLES[unit]
    query = _columns_of(table).where(table.c.start >= since)
    if newer_than >= 0:
        query = query.where(table.c.version > newer_than)
    if check is not None:
        query = query.where(table.c.check_name == check)
    return _rollups(connection.execute(query))


def observed(connection: Connection, checks: Collection[str], start: float, end: float) -> float:
    """Return the seconds observed of some checks in the days that begin in [start, end)."""
    inside = days.c.check_name.in_(checks) & (days.c.start >= start) & (days.c.start < end)
    return float(connection.execute(sa.select(sa.func.sum(days.c.observed_seconds)).where(inside)).scalar() or 0.0)


def first_day(connection: Connection, checks: Collection[str]) -> int | None:
    """Return the start of the first day there is a row of; None where there is none."""
    return connection.execute(sa.select(sa.func.min(days.c.start)).where(days.c.check_name.in_(checks))).scalar()
