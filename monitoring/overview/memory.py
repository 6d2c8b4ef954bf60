"""The rows a reader has seen, so that each time only what changed is read."""

import math
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache

import msgspec

from monitoring.clock import DAY_SECONDS, HOUR_SECONDS, day_start, hour_start
from monitoring.maintenance import Maintenance
from monitoring.metrics.sketch import Sketch
from monitoring.overview.views import Span
from monitoring.store import incidents, maintenances, rollups, states
from monitoring.store.database import Connection
from monitoring.store.incidents import Incident
from monitoring.store.rollups import Rollup
from monitoring.store.states import StoredState

DAYS = 90
HOURS = 24
# Old data is judged at a moment of the past: rows that have left today's windows are kept for as long again.
SPARE_DAYS = 7
TOLD_SECONDS = 7 * DAY_SECONDS
"""For so long a resolved incident is told on the front page."""
SPARE_HOURS = 24
MOST_INCIDENTS = 50
"""So many incidents does the picture hold at most, first those that are not resolved."""


class Windows(msgspec.Struct, frozen=True):
    """The 90 days and 24 hours up to those that start at `day` and `hour`, and what they add up to.

    Seconds are the days', p50 and p95 (seconds) those of all answers of the hours. `first` is the first day on which
    anybody looked; `maintained_seconds` are those of maintenance since then, that day left out.
    """

    day: int
    hour: int
    days: tuple[Span, ...]
    hours: tuple[Span, ...]
    observed_seconds: float
    down_seconds: float
    maintained_seconds: float
    first: Span | None
    p50: float | None
    p95: float | None


class Closed(msgspec.Struct, frozen=True):
    """What is over of one check, of which nothing changes but what is booked late: the 89 days before `day`, and what
    they add up to as in `Windows`; the 23 hours before `hour`, and their sketches as one, encoded.
    """

    day: int
    hour: int
    days: tuple[Span, ...]
    hours: tuple[Span, ...]
    observed_seconds: float
    down_seconds: float
    maintained_seconds: float
    first: Span | None
    sketch: bytes


class Seen(msgspec.Struct):
    """What is known of one check: its state, its days and hours by start, and the hours' sketches, encoded."""

    state: StoredState | None = None
    days: dict[int, Span] = msgspec.field(default_factory=dict)
    hours: dict[int, Span] = msgspec.field(default_factory=dict)
    sketches: dict[int, bytes] = msgspec.field(default_factory=dict)
    _closed: Closed | None = None
    _windows: Windows | None = None

    def windows(self, day: int, hour: int) -> Windows:
        """Return the spans up to those that start at `day` and `hour`: the same object until one changes."""
        known = self._windows
        if known is None or (known.day, known.hour) != (day, hour):
            known = self._windows = self._window(day, hour)
        return known

    def book_day(self, day: Span) -> None:
        """Take in a day as it is now."""
        self.days[day.start] = day
        self._forget(late=self._closed is not None and day.start < self._closed.day)

    def book_hour(self, hour: Span, sketch: bytes) -> None:
        """Take in an hour as it is now."""
        self.hours[hour.start], self.sketches[hour.start] = hour, sketch
        self._forget(late=self._closed is not None and hour.start < self._closed.hour)

    def _forget(self, late: bool) -> None:
        self._windows = None
        if late:
            self._closed = None

    def _window(self, day: int, hour: int) -> Windows:
        closed = self._closed_before(day, hour)
        today, now = self.days.get(day) or _nothing(day), self.hours.get(hour) or _nothing(hour)
        p50, p95 = _merged((closed.sketch, self.sketches.get(hour, b""))).quantiles(0.5, 0.95)
        return Windows(
            day=day,
            hour=hour,
            days=(*closed.days, today),
            hours=(*closed.hours, now),
            observed_seconds=closed.observed_seconds + today.observed_seconds,
            down_seconds=closed.down_seconds + today.down_seconds,
            maintained_seconds=closed.maintained_seconds + (today.maintenance_seconds if closed.first else 0.0),
            first=closed.first or (today if today.observed_seconds > 0 else None),
            p50=p50,
            p95=p95,
        )

    def _closed_before(self, day: int, hour: int) -> Closed:
        known = self._closed
        if known is None or (known.day, known.hour) != (day, hour):
            known = self._closed = self._added_up(day, hour)
        return known

    def _added_up(self, day: int, hour: int) -> Closed:
        days = window(self.days, int(day - DAY_SECONDS), DAY_SECONDS, DAYS - 1)
        hours = window(self.hours, int(hour - HOUR_SECONDS), HOUR_SECONDS, HOURS - 1)
        first = next((span for span in days if span.observed_seconds > 0), None)
        return Closed(
            day=day,
            hour=hour,
            days=days,
            hours=hours,
            observed_seconds=sum(span.observed_seconds for span in days),
            down_seconds=sum(span.down_seconds for span in days),
            maintained_seconds=sum(span.maintenance_seconds for span in days if first and span.start > first.start),
            first=first,
            sketch=_merged(self.sketches.get(span.start, b"") for span in hours).encode(),
        )


class ReaderMemory:
    """Rows by check, as of `version`. Not thread-safe: its one user takes turns."""

    def __init__(self) -> None:
        self.version = -1
        self.checks: defaultdict[str, Seen] = defaultdict(Seen)
        self.incidents: tuple[Incident, ...] = ()
        self.maintenances: tuple[Maintenance, ...] = ()
        self._hour = 0

    def refresh(self, connection: Connection, version: int, now: float) -> None:
        """Read what batches after the last version wrote, up to `version`, and forget what is too old to be shown."""
        changed = {state.last.check: state for state in states.load(connection, self.version)}
        for name, state in changed.items():
            self.checks[name].state = state
        self._read_days(connection, _first_day(now))
        self._read_hours(connection, _first_hour(now))
        self._read_stories(connection, now - TOLD_SECONDS - SPARE_DAYS * DAY_SECONDS)
        self._forget(now)
        self.version = version

    def _read_days(self, connection: Connection, since: float) -> None:
        for (name, start), row in rollups.load(connection, "day", since, self.version).items():
            self.checks[name].book_day(span(start, row))

    def _read_hours(self, connection: Connection, since: float) -> None:
        for (name, start), row in rollups.load(connection, "hour", since, self.version).items():
            self.checks[name].book_hour(span(start, row), row.sketch.encode())

    def _read_stories(self, connection: Connection, since: float) -> None:
        """Read the incidents that were not resolved before, and all maintenance that was not over: they are few."""
        self.incidents = tuple(incidents.between(connection, since, math.inf, MOST_INCIDENTS))
        self.maintenances = tuple(maintenances.current(connection, since))

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
    p50, p95, p99 = row.sketch.quantiles(0.5, 0.95, 0.99)
    seconds = row.observed_seconds, row.degraded_seconds, row.down_seconds
    return Span(start, *seconds, p50, p95, p99, row.maintenance_seconds)


def _drop(rows: "dict[int, Span] | dict[int, bytes]", before: float) -> None:
    for start in [start for start in rows if start < before]:
        del rows[start]


def _merged(encoded: Iterable[bytes]) -> Sketch:
    merged = Sketch()
    for each in encoded:
        merged.merge(Sketch.decode(each))
    return merged
