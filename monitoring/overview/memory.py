"""The rows a reader has seen, so that each time only what changed is read."""

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache

import msgspec

from monitoring.clock import DAY_SECONDS, HOUR_SECONDS, day_start, hour_start
from monitoring.metrics.sketch import Sketch
from monitoring.overview.views import Span
from monitoring.store import rollups, states
from monitoring.store.database import Connection
from monitoring.store.rollups import Rollup
from monitoring.store.states import StoredState

DAYS = 90
HOURS = 24


class Windows(msgspec.Struct, frozen=True):
    """The 90 days and 24 hours up to those that start at `day` and `hour`, and what the days add up to in seconds."""

    day: int
    hour: int
    days: tuple[Span, ...]
    hours: tuple[Span, ...]
    observed_seconds: float
    down_seconds: float

    @property
    def first(self) -> Span | None:
        """Return the first day on which anybody looked."""
        return next((span for span in self.days if span.observed_seconds > 0), None)


class Seen(msgspec.Struct):
    """What is known of one check: its state, its days and hours by start, and the hours' sketches, encoded.

    `closed` is what the sketches of the hours before the newest add up to: those seldom change.
    """

    state: StoredState | None = None
    days: dict[int, Span] = msgspec.field(default_factory=dict)
    hours: dict[int, Span] = msgspec.field(default_factory=dict)
    sketches: dict[int, bytes] = msgspec.field(default_factory=dict)
    closed: bytes | None = None
    latency: tuple[float | None, float | None] = (None, None)
    _windows: Windows | None = None

    def windows(self, day: int, hour: int) -> Windows:
        """Return the spans up to those that start at `day` and `hour`: the same object until one changes."""
        known = self._windows
        if known is None or (known.day, known.hour) != (day, hour):
            known = self._windows = self._window(day, hour)
        return known

    def forget_windows(self) -> None:
        """Make them anew when they are next asked for."""
        self._windows = None

    def _window(self, day: int, hour: int) -> Windows:
        days, hours = window(self.days, day, DAY_SECONDS, DAYS), window(self.hours, hour, HOUR_SECONDS, HOURS)
        observed = sum(span.observed_seconds for span in days)
        return Windows(day, hour, days, hours, observed, sum(span.down_seconds for span in days))


class ReaderMemory:
    """Rows by check, as of `version`. Not thread-safe: its one user takes turns."""

    def __init__(self) -> None:
        self.version = -1
        self.checks: defaultdict[str, Seen] = defaultdict(Seen)
        self._hour = 0

    def refresh(self, connection: Connection, version: int, now: float) -> None:
        """Read what batches after the last version wrote, up to `version`, and forget what is too old to be shown."""
        changed = {state.last.check: state for state in states.load(connection, self.version)}
        for name, state in changed.items():
            self.checks[name].state = state
        self._read_days(connection, day_start(now) - (DAYS - 1) * DAY_SECONDS)
        touched = self._read_hours(connection, hour_start(now) - (HOURS - 1) * HOUR_SECONDS, hour_start(now))
        self._forget(now, touched)
        self.version = version

    def _read_days(self, connection: Connection, since: float) -> None:
        for (name, start), row in rollups.load(connection, "day", since, self.version).items():
            seen = self.checks[name]
            seen.days[start] = span(start, row)
            seen.forget_windows()

    def _read_hours(self, connection: Connection, since: float, newest: int) -> set[str]:
        rows = rollups.load(connection, "hour", since, self.version)
        for (name, start), row in rows.items():
            seen = self.checks[name]
            seen.hours[start], seen.sketches[start] = span(start, row), row.sketch.encode()
            seen.forget_windows()
            if start < newest:
                seen.closed = None
        return {name for name, _ in rows}

    def _forget(self, now: float, touched: set[str]) -> None:
        """Drop rows that left the window, and count the latency of what changed anew."""
        hour, turned = hour_start(now), hour_start(now) != self._hour
        for name in list(self.checks) if turned else touched:
            seen = self.checks[name]
            if turned:
                _drop(seen.days, day_start(now) - (DAYS - 1) * DAY_SECONDS)
                _drop(seen.hours, hour - (HOURS - 1) * HOUR_SECONDS)
                _drop(seen.sketches, hour - (HOURS - 1) * HOUR_SECONDS)
                seen.closed = None
                seen.forget_windows()
            _count_latency(seen, hour)
        self._hour = hour


def window(rows: dict[int, Span], last: int, seconds: float, count: int) -> tuple[Span, ...]:
    """Return `count` spans of `seconds` up to the one that starts at `last`, empty where there is no row."""
    starts = range(int(last - (count - 1) * seconds), last + 1, int(seconds))
    return tuple([rows.get(start) or _nothing(start) for start in starts])


@lru_cache(maxsize=1024)
def _nothing(start: int) -> Span:
    """Return the span in which nobody looked: one object for all checks."""
    return Span(start)


def span(start: int, row: Rollup) -> Span:
    """Return what a reader sees of a rollup row."""
    quantiles = row.sketch.quantiles(0.5, 0.95, 0.99)
    return Span(start, row.observed_seconds, row.degraded_seconds, row.down_seconds, *quantiles)


def _drop(rows: "dict[int, Span] | dict[int, bytes]", before: float) -> None:
    for start in [start for start in rows if start < before]:
        del rows[start]


def _count_latency(seen: Seen, newest: int) -> None:
    if seen.closed is None:
        seen.closed = _merged(encoded for start, encoded in seen.sketches.items() if start < newest).encode()
    whole = _merged((seen.closed, *(encoded for start, encoded in seen.sketches.items() if start >= newest)))
    p50, p95 = whole.quantiles(0.5, 0.95)
    seen.latency = p50, p95


def _merged(encoded: Iterable[bytes]) -> Sketch:
    merged = Sketch()
    for each in encoded:
        merged.merge(Sketch.decode(each))
    return merged
