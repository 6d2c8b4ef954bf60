"""What can be asked about metrics, over all workers and hosts: the database adds up, the sketches are merged here."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitoring import clock
from monitoring.clock import DAY_SECONDS, HOUR_SECONDS
from monitoring.metrics.cell import Kind, Series
from monitoring.metrics.sketch import Sketch
from monitoring.metrics.stats import Total
from monitoring.store.database import Database
from monitoring.store.metrics import series as numbered
from monitoring.store.models import metric_hours, metric_minutes, metric_series

MINUTE, HOUR = 60, 3600
EXACT_SECONDS = 6 * HOUR_SECONDS
"""Up to here a window begins to the minute; a longer one at the nearest hour: a minute costs as much as an hour."""
_sketches = msgspec.msgpack.Decoder(list[dict[int, int]])
Condition = sa.ColumnElement[bool]
Plotted = dict[int, Total]


class Piece(NamedTuple):
    """A part of a window, [since, until) in Unix seconds, and the table that answers for it."""

    table: sa.Table
    since: float
    until: float


def pieces(since: float, until: float, now: float) -> list[Piece]:
    """Return how a window is read: whole hours where they fit, minutes at its edges where they are wanted.

    It begins with the whole minute that holds `since`. If it is longer than 6 hours, or older than the minutes that
    are kept, it begins and ends at the nearest hour.
    """
    if until - since > EXACT_SECONDS or since < now - DAY_SECONDS:
        return [Piece(metric_hours, _nearest_hour(since), until if until >= now else _nearest_hour(until))]
    since = since // MINUTE * MINUTE
    first = min(-(-since // HOUR) * HOUR, until)
    last = until if until >= now else max(first, until // HOUR * HOUR)
    whole = [Piece(metric_minutes, since, first), Piece(metric_hours, first, last), Piece(metric_minutes, last, until)]
    return [piece for piece in whole if piece.since < piece.until]


def _nearest_hour(at: float) -> float:
    return round(at / HOUR) * HOUR


class MetricsReader:
    """Reads what the processes of one service, or of all, have measured. All methods raise any of StoreError."""

    def __init__(self, database: Database, service: str | None = None) -> None:
        self._database, self._service = database, service

    def totals(self, name: str | None, since: float, until: float) -> dict[Series, Total]:
        """Return the totals by series in [since, until), Unix seconds, with the precision that `pieces` tells of.

        `name` matches whole, or at a dot: `api` finds `api.requests`, not `apis`; None finds every metric.
        """
        found: dict[Series, Total] = {}
        with self._database.read() as connection:
            for piece in pieces(since, until, clock.now()):
                for series, _, total in self._read(connection, piece, name):
                    if series in found:
                        found[series].merge(total)
                    else:
                        found[series] = total
        return found

    def by_minute(self, name: str | None, since: float, until: float, minutes: int = 1) -> dict[Series, Plotted]:
        """Return the totals by series and start (Unix seconds) of each span of `minutes`, of the last 24 hours."""
        return self._by_start(Piece(metric_minutes, since // MINUTE * MINUTE, until), name, minutes * MINUTE)

    def by_hour(self, name: str | None, since: float, until: float) -> dict[Series, Plotted]:
        """Return the totals by series and hour (its first Unix second), the open one as it stands."""
        return self._by_start(Piece(metric_hours, since // HOUR * HOUR, until), name, HOUR)

    def _by_start(self, piece: Piece, name: str | None, seconds: int) -> dict[Series, Plotted]:
        found: dict[Series, Plotted] = {}
        with self._database.read() as connection:
            for series, start, total in self._read(connection, piece, name, seconds):
                found.setdefault(series, {})[start] = total
        return found

    def _read(
        self, connection: Connection, piece: Piece, name: str | None, seconds: int | None = None
    ) -> Iterator[tuple[Series, int, Total]]:
        """Yield series, start and total by spans of `seconds`; one total a series, that starts at 0, for None."""
        known, wanted = numbered.load(connection, name), self._wanted(piece, name)
        start = _start(piece.table, seconds)
        lasts = _lasts(connection, piece.table, start, wanted, known)
        for key, at, rows, *figures, sketches in connection.execute(_added_up(connection, piece.table, start, wanted)):
            if key in known:
                yield known[key], at, _total(figures, lasts.get((key, at), 0.0), _merged(sketches, rows))

    def _wanted(self, piece: Piece, name: str | None) -> Condition:
        columns = piece.table.c
        wanted = (columns.start >= piece.since) & (columns.start < piece.until)
        if name is not None:
            wanted &= columns.series_id.in_(sa.select(metric_series.c.id).where(numbered.matches(name)))
        if self._service is not None:
            wanted &= columns.service == self._service
        return wanted & _counted_once() if piece.table is metric_hours else wanted


def _counted_once() -> Condition:
    """Return the condition that a row of an hour is the merged one, or that there is none yet."""
    columns, merged = metric_hours.c, metric_hours.alias("merged").c
    same = (merged.start == columns.start) & (merged.series_id == columns.series_id)
    same &= (merged.service == columns.service) & (merged.instance == "")
    return (columns.instance == "") | ~sa.exists(sa.select(sa.literal(1)).where(same))


def _start(table: sa.Table, seconds: int | None) -> sa.ColumnElement[int]:
    start = table.c.start
    if seconds is None:
        return start * sa.literal_column("0")
    return start - start % sa.literal_column(str(seconds))


def _added_up(
    connection: Connection, table: sa.Table, start: sa.ColumnElement[int], wanted: Condition
) -> sa.Select[Any]:
    columns, grouped = table.c, start.label("span")
    return (
        sa.select(
            columns.series_id,
            grouped,
            sa.func.count(),
            sa.func.sum(columns["count"]),
            sa.func.sum(columns["sum"]),
            sa.func.min(columns["min"]),
            sa.func.max(columns["max"]),
            sa.func.max(columns.last_at),
            _joined(connection, columns.sketch),
        )
        .where(wanted)
        .group_by(columns.series_id, grouped)
    )


def _joined(connection: Connection, sketch: "sa.Column[bytes]") -> "sa.Function[Any]":
    """Return the sketches of a group one after the other: MessagePack says itself where each ends."""
    if connection.dialect.name == "postgresql":
        return sa.func.string_agg(sketch, sa.literal(b""))
    return sa.func.group_concat(sa.func.hex(sketch), "")


def _lasts(
    connection: Connection,
    table: sa.Table,
    start: sa.ColumnElement[int],
    wanted: Condition,
    known: dict[int, Series],
) -> dict[tuple[int, int], float]:
    """Return the newest value of each gauge; of other metrics it means nothing."""
    gauges = [key for key, series in known.items() if series.kind is Kind.GAUGE]
    query = sa.select(table.c.series_id, start, table.c.last).where(wanted, table.c.series_id.in_(gauges))
    newest_wins = connection.execute(query.order_by(table.c.last_at)) if gauges else ()
    return {(key, at): last for key, at, last in newest_wins}


def _total(figures: Sequence[Any], last: float, sketch: Sketch) -> Total:
    count, whole, smallest, largest, last_at = figures
    return Total(int(count), whole, smallest, largest, last, last_at, sketch)


def _merged(joined: bytes | str, count: int) -> Sketch:
    """Return `count` encoded sketches as one; what is put before them makes them a MessagePack array."""
    data = joined if isinstance(joined, bytes) else bytes.fromhex(joined)
    bins, *others = _sketches.decode(b"\xdd" + count.to_bytes(4, "big") + data)
    for each in others:
        for index, times in each.items():
            bins[index] = bins.get(index, 0) + times
    sketch = Sketch()
    sketch.bins = bins
    return sketch
