"""This process's last hour: for a process without a store, and for tests."""

import threading
from collections.abc import Sequence

from monitoring import clock
from monitoring.metrics.cell import Cell, Series
from monitoring.metrics.sinks.base import Sink
from monitoring.metrics.stats import Total, matches, total_of

KEPT_SECONDS = clock.HOUR_SECONDS
MOST_TOTALS = 10_000


class MemorySink(Sink):
    """Keeps totals by minute and series for an hour; beyond 10,000 totals the oldest minutes go."""

    name = "memory"
    synchronous = True

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._minutes: dict[int, dict[Series, Total]] = {}

    def take(self, cells: Sequence[Cell]) -> None:
        """Add the cells to their minutes."""
        with self._lock:
            for cell in cells:
                self._minutes.setdefault(cell.minute, {}).setdefault(cell.series, Total()).merge(total_of(cell))
            self._forget()

    def totals(self, name: str | None, since: float, until: float) -> dict[Series, Total]:
        """Return the totals of the minutes that [since, until) touches: see `Source`."""
        found: dict[Series, Total] = {}
        with self._lock:
            for minute, totals in self._minutes.items():
                if since - 60 < minute < until:
                    for series, total in totals.items():
                        if matches(series.name, name):
                            found.setdefault(series, Total()).merge(total)
        return found

    def forked(self) -> None:
        """Forget the parent's figures."""
        self._lock = threading.Lock()
        self._minutes = {}

    def _forget(self) -> None:
        oldest = clock.now() - KEPT_SECONDS - 60
        count = sum(map(len, self._minutes.values()))
        for minute in sorted(self._minutes):
            if minute >= oldest and count <= MOST_TOTALS:
                return
            count -= len(self._minutes.pop(minute))
