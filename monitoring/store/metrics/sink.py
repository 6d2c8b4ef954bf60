"""What each process measured, minute by minute and hour by hour, in rows of its own."""

import math
import threading
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.exc import DataError, IntegrityError

from monitoring import clock
from monitoring.logs import log
from monitoring.metrics import metrics
from monitoring.metrics.cell import Cell, Series
from monitoring.metrics.sinks.base import Sink
from monitoring.metrics.stats import Total
from monitoring.store.database import Database, StoreError
from monitoring.store.metrics import series as numbered
from monitoring.store.models import metric_hours, metric_minutes
from monitoring.store.processes import OfProcess
from monitoring.store.upsert import upsert

MINUTE, HOUR = 60, 3600
MINUTES_KEPT_SECONDS = 10 * MINUTE
HOURS_KEPT_SECONDS = 2 * HOUR
"""The open hour, and the one before: its last minute is flushed after it has ended."""
_UNWRITABLE = (DataError, IntegrityError)
Key = tuple[int, Series]


class _Span:
    """The totals of one table by start and series, and which of them the store has not seen as they are."""

    def __init__(self, table: sa.Table, seconds: int, kept_seconds: int) -> None:
        self.table, self._seconds, self._kept_seconds = table, seconds, kept_seconds
        self._totals: dict[Key, Total] = {}
        self._unwritten: dict[Key, None] = {}

    def add(self, series: Series, minute: int, total: Total, oldest: float) -> bool:
        """Merge a total into its row; False where that row is older than what is kept."""
        start = minute // self._seconds * self._seconds
        if start + self._seconds <= oldest - self._kept_seconds:
            return False
        self._totals.setdefault((start, series), Total()).merge(total)
        self._unwritten[start, series] = None
        return True

    def changed(self) -> dict[Key, Total]:
        """Return what is to be written."""
        return {key: self._totals[key] for key in self._unwritten}

    def written(self) -> None:
        """Note that what was to be written has been."""
        self._unwritten.clear()

    def forget(self, now: float) -> int:
        """Let go of what nobody adds to any more; return how many of those rows were never written whole."""
        gone = [key for key in self._totals if key[0] + self._seconds <= now - self._kept_seconds]
        for key in gone:
            del self._totals[key]
        return sum(self._unwritten.pop(key, False) is None for key in gone)


class StoreSink(OfProcess, Sink):
    """Writes this process's minutes and hours, each row whole, so that writing it again is harmless.

    While the store is away it goes on adding up, and writes later: the last 10 minutes and 2 hours are kept.
    `lost` counts the rows that never got there; `daymark.metrics.lost` tells it.
    """

    name: ClassVar[str] = "store"

    def __init__(self, database: Database, service: str, instance: str) -> None:
        self._database, self._service = database, service[:64]
        super().__init__(instance)

    def begin(self) -> None:
        """Start with nothing."""
        self._minutes = _Span(metric_minutes, MINUTE, MINUTES_KEPT_SECONDS)
        self._hours = _Span(metric_hours, HOUR, HOURS_KEPT_SECONDS - HOUR)
        self._known: set[int] = set()
        self._lock = threading.Lock()
        self._away = False
        self.lost = 0

    def take(self, cells: Sequence[Cell]) -> None:
        """Add a batch to what is kept and write what has changed; a store that is away costs nothing yet."""
        with self._lock:
            now = clock.now()
            for cell in cells:
                self._add(cell, now)
            self._write()
            self._forget(now)

    def close(self) -> None:
        """Write what could not be written so far, if the store takes it now."""
        self.take(())

    def _add(self, cell: Cell, now: float) -> None:
        total, series = total_of(cell), numbered.storable_series(cell.series)
        if total.count:
            self._minutes.add(series, cell.minute, total, now)
            self._lose(not self._hours.add(series, cell.minute, total, now))

    def _write(self) -> None:
        changed = [(span, span.changed()) for span in (self._minutes, self._hours)]
        if not any(rows for _, rows in changed):
            return
        try:
            self._store(changed)
        except _UNWRITABLE as error:
            log.error("The store refuses rows of metrics; they are lost", error=str(error))
            self._lose(sum(len(rows) for _, rows in changed))
        except StoreError as error:
            self._say_away(error)
            return
        self._away = False
        for span, _ in changed:
            span.written()

    def _store(self, changed: Sequence[tuple[_Span, Mapping[Key, Total]]]) -> None:
        numbers = {series: numbered.number(series) for _, rows in changed for _, series in rows}
        unknown = [(key, series) for series, key in numbers.items() if key not in self._known]
        with self._database.write() as connection:
            numbered.add(connection, unknown)
            for span, rows in changed:
                upsert(connection, span.table, self._rows(rows, numbers))
        self._known = set(numbers.values())

    def _rows(self, totals: Mapping[Key, Total], numbers: Mapping[Series, int]) -> list[dict[str, Any]]:
        now = clock.now()
        written = {"service": self._service, "instance": self.instance, "written_at": now}
        return [
            {"start": start, "series_id": numbers[series], **written, **figures(total)}
            for (start, series), total in totals.items()
        ]

    def _forget(self, now: float) -> None:
        self._lose(self._minutes.forget(now) + self._hours.forget(now))

    def _lose(self, rows: int) -> None:
        if rows:
            self.lost += rows
            metrics.lost(self.name, rows)

    def _say_away(self, error: Exception) -> None:
        if not self._away:
            log.warn("Metrics cannot be stored; they wait in memory", error=str(error))
        self._away = True


def figures(total: Total) -> dict[str, Any]:
    """Return what a row says about a total."""
    return {
        "count": total.count,
        "sum": total.sum,
        "min": total.min,
        "max": total.max,
        "last": total.last,
        "last_at": total.last_at,
        "sketch": total.sketch.encode(),
    }


def total_of(cell: Cell) -> Total:
    """Return the finite entries of a cell as a total: the databases do not agree on what the others are."""
    values = [value for value in cell.values if math.isfinite(value)]
    if not values:
        return Total()
    sketch = Cell(cell.series, cell.minute, values).sketch()
    return Total(len(values), sum(values), min(values), max(values), values[-1], cell.last_at, sketch)
