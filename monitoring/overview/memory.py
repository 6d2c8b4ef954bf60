"""The rows a reader has seen, so that each time only what changed is read."""

from collections import defaultdict

import msgspec
from sqlalchemy.engine import Connection

from monitoring.clock import DAY_SECONDS, HOUR_SECONDS, day_start, hour_start
from monitoring.metrics.sketch import Sketch
from monitoring.overview.views import Span
from monitoring.store import leases, rollups, states
from monitoring.store.rollups import Rollup, Unit
from monitoring.store.states import StoredState

DAYS = 90
HOURS = 24


class Seen(msgspec.Struct):
    """What is known of one check: its state, its days and hours by start, and the hours' sketches, encoded."""

    state: StoredState | None = None
    days: dict[int, Span] = msgspec.field(default_factory=dict)
    hours: dict[int, Span] = msgspec.field(default_factory=dict)
    sketches: dict[int, bytes] = msgspec.field(default_factory=dict)
    latency: tuple[float | None, float | None] = (None, None)


class ReaderMemory:
    """Rows by check, as of `version`. Not thread-safe: its one user takes turns."""

    def __init__(self) -> None:
        self.version = -1
        self.checks: defaultdict[str, Seen] = defaultdict(Seen)
        self._hour = 0

    def refresh(self, connection: Connection, now: float) -> None:
        """Read what batches after `version` wrote, and forget what is too old to be shown."""
        version = leases.read(connection).version
        changed = {state.last.check: state for state in states.load(connection, self.version)}
        for name, state in changed.items():
            self.checks[name].state = state
        self._read(connection, "day", day_start(now) - (DAYS - 1) * DAY_SECONDS)
        touched = self._read(connection, "hour", hour_start(now) - (HOURS - 1) * HOUR_SECONDS)
        self._forget(now, touched)
        self.version = version

    def _read(self, connection: Connection, unit: Unit, since: float) -> set[str]:
        rows = rollups.load(connection, unit, since, self.version)
        for (name, start), row in rows.items():
            seen = self.checks[name]
            if unit == "day":
                seen.days[start] = span(start, row)
            else:
                seen.hours[start], seen.sketches[start] = span(start, row), row.sketch.encode()
        return {name for name, _ in rows}

    def _forget(self, now: float, touched: set[str]) -> None:
        """Drop rows that left the window, and count the latency of what changed anew."""
        hour, turned = hour_start(now), hour_start(now) != self._hour
        for name in list(self.checks) if turned else touched:
            seen = self.checks[name]
            _drop(seen.days, day_start(now) - (DAYS - 1) * DAY_SECONDS)
            _drop(seen.hours, hour - (HOURS - 1) * HOUR_SECONDS)
            _drop(seen.sketches, hour - (HOURS - 1) * HOUR_SECONDS)
            seen.latency = _latency(seen.sketches)
        self._hour = hour


def span(start: int, row: Rollup) -> Span:
    """Return what a reader sees of a rollup row."""
    quantiles = row.sketch.quantiles(0.5, 0.95, 0.99)
    return Span(start, row.observed_seconds, row.degraded_seconds, row.down_seconds, *quantiles)


def _drop(rows: "dict[int, Span] | dict[int, bytes]", before: float) -> None:
    for start in [start for start in rows if start < before]:
        del rows[start]


def _latency(sketches: dict[int, bytes]) -> tuple[float | None, float | None]:
    merged = Sketch()
    for encoded in sketches.values():
        merged.merge(Sketch.decode(encoded))
    p50, p95 = merged.quantiles(0.5, 0.95)
    return p50, p95
