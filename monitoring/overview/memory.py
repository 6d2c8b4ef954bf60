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
# Old data is judged at a moment of the past: rows that have left today's windows are kept for as long again.
SPARE_DAYS = 7
SPARE_HOURS = 24


class Windows(msgspec.Struct, frozen=True):
    """The 90 days and 24 hours up to those that start at `day` and `hour`, and what they add up to.

    Seconds are the days', p50 and p95 (seconds) those of all answers of the hours.
    """

    day: int
    hour: int
    days: tuple[Span, ...]
    hours: tuple[Span, ...]
    observed_seconds: float
    down_seconds: float
    p50: float | None
    p95: float | None

    @property
    def first(self) -> Span | None:
        """Return the first day on which anybody looked."""
        return next((span for span in self.days if span.observed_seconds > 0), None)


class Seen(msgspec.Struct):
    """What is known of one check: its state, its days and hours by start, and the hours' sketches, encoded.

    `closed` is what the sketches of the hours before `closed_before` add up to: those seldom change.
    """

    state: StoredState | None = None
    days: dict[int, Span] = msgspec.field(default_factory=dict)
    hours: dict[int, Span] = msgspec.field(default_factory=dict)
    sketches: dict[int, bytes] = msgspec.field(default_factory=dict)
    closed: bytes | None = None
    closed_before: int = 0
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
        observed, down = sum(span.observed_seconds for span in days), sum(span.down_seconds for span in days)
        p50, p95 = self._sketch(hour).quantiles(0.5, 0.95)
        return Windows(day, hour, days, hours, observed, down, p50, p95)

    def _sketch(self, hour: int) -> Sketch:
        """Return all answers of the 24 hours up to the one that starts at `hour`."""
        if self.closed is None or self.closed_before != hour:
            first = hour - (HOURS - 1) * HOUR_SECONDS
            inside = (encoded for start, encoded in self.sketches.items() if first <= start < hour)
            self.closed, self.closed_before = _merged(inside).encode(), hour
        return _merged((self.closed, self.sketches.get(hour, b"")))


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
        self._read_days(connection, _first_day(now))
        self._read_hours(connection, _first_hour(now))
        self._forget(now)
        self.version = version

    def _read_days(self, connection: Connection, since: float) -> None:
        for (name, start), row in rollups.load(connection, "day", since, self.version).items():
            seen = self.checks[name]
            seen.days[start] = span(start, row)
            seen.forget_windows()

    def _read_hours(self, connection: Connection, since: float) -> None:
        for (name, start), row in rollups.load(connection, "hour", since, self.version).items():
            seen = self.checks[name]
            seen.hours[start], seen.sketches[start] = span(start, row), row.sketch.encode()
            seen.forget_windows()
            if start < seen.closed_before:
                seen.closed = None

    def _forget(self, now: float) -> None:
        """Drop rows that left the window, once an hour."""
        if hour_start(now) == self._hour:
            return
        self._hour = hour_start(now)
        for seen in self.checks.values():
            _drop(seen.days, _first_day(now))
            _drop(seen.hours, _first_hour(now))
            _drop(seen.sketches, _first_hour(now))


def _first_day(now: float) -> float:
    return day_start(now) - (DAYS - 1 + SPARE_DAYS) * DAY_SECONDS


def _first_hour(now: float) -> float:
    return hour_start(now) - (HOURS - 1 + SPARE_HOURS) * HOUR_SECONDS


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


def _merged(encoded: Iterable[bytes]) -> Sketch:
    merged = Sketch()
    for each in encoded:
        merged.merge(Sketch.decode(each))
    return merged
