"""Where metrics are recorded: an append to this process's buffer, aggregated by a thread for the sinks."""

import atexit
import os
import threading
import weakref
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from monitoring import clock
from monitoring.metrics.aggregation import Aggregator, Entry
from monitoring.metrics.cell import Kind, Series, Tags
from monitoring.metrics.outlets import Direct, Outlet, outlet_for
from monitoring.metrics.sinks.base import Sink
from monitoring.metrics.sinks.memory import MemorySink
from monitoring.metrics.stats import Source, Stats, Total, merged
from monitoring.metrics.tally import Tally

FLUSH_SECONDS = 10.0
FLUSH_ENTRIES = 1_000
MOST_ENTRIES = 20_000

# An enumeration's member costs a search each time it is asked for, and these stand in every request's way.
_COUNTER, _GAUGE, _HISTOGRAM, _SUMMARY = Kind.COUNTER, Kind.GAUGE, Kind.HISTOGRAM, Kind.SUMMARY


class Recorder:
    """Takes what is recorded, from any thread, and never raises for it.

    Making it starts nothing: its thread starts with the first entry of each process. `source` answers questions:
    this process's last hour, until `read_from` names a better one.
    """

    def __init__(self, flush_seconds: float = FLUSH_SECONDS) -> None:
        self._flush_seconds = flush_seconds
        self._warn: Any = _say_nothing
        memory = MemorySink()
        self.source: Source = memory
        self._memory: list[Outlet] = [Direct(memory, self._lose)]
        self._sinks: list[Outlet] = []
        self._begin()
        _recorders.add(self)

    def _begin(self) -> None:
        self._buffer: deque[Entry] = deque()
        self._attend_at = 1
        self._tally = Tally()
        self._aggregator = Aggregator(self._tally.drop, self._tell)
        self._wake = threading.Event()
        # Reentrant, since a signal handler or a finaliser may record while its own thread is inside.
        self._starting = threading.RLock()
        self._flushing = threading.RLock()

    def increment(self, name: str, value: float = 1, tags: Mapping[str, Any] | None = None) -> None:
        """Count `value` more, which must not be negative."""
        self._record(_COUNTER, name, value, tags)

    def gauge(self, name: str, value: float, tags: Mapping[str, Any] | None = None) -> None:
        """Record a value as it stands."""
        self._record(_GAUGE, name, value, tags)

    def histogram(self, name: str, value: float, tags: Mapping[str, Any] | None = None) -> None:
        """Record one value of a distribution; durations are milliseconds."""
        self._record(_HISTOGRAM, name, value, tags)

    def summary(self, name: str, value: float, tags: Mapping[str, Any] | None = None) -> None:
        """Record one value of a distribution that Prometheus gets count and sum of."""
        self._record(_SUMMARY, name, value, tags)

    def timed(self, counter: str, histogram: str, milliseconds: float, tags: Mapping[str, Any] | Tags) -> None:
        """Count one more, and record how long it took: two metrics with the same tags, at the cost of one.

        Tags given as pairs of strings are not copied, which spares most of the rest.
        """
        self._record(_HISTOGRAM, histogram, milliseconds, tags, counter)

    def dropped(self, reason: str, count: int = 1) -> None:
        """Count entries that a sink had no place for."""
        self._tally.drop(reason, count)

    def lost(self, sink: str, count: int = 1) -> None:
        """Count what a sink took and could not keep; what its `take` raises for is counted without that."""
        self._tally.lose(sink, count)

    def get_metrics(self, name: str | None = None, window_seconds: float = clock.HOUR_SECONDS) -> dict[Series, Total]:
        """Return every series' total over the window up to now; `name` matches whole or at a dot.

        Whatever the source raises, StoreError where that is the store.
        """
        self.flush()
        now = clock.now()
        return self.source.totals(name, now - window_seconds, now + 1)

    def get_stats(self, name: str, window_seconds: float = clock.HOUR_SECONDS) -> Stats:
        """Return one metric's figures over the window, all its series together; errors as in `get_metrics`."""
        return merged(self.get_metrics(name, window_seconds).values()).stats()

    def use(self, *sinks: Sink) -> None:
        """Send what is flushed from now on to these sinks; those that were used before are closed."""
        with self._flushing:
            before, self._sinks = self._sinks, [outlet_for(sink, self._lose) for sink in sinks]
        for outlet in before:
            outlet.finish(1.0)
            outlet.sink.close()

    def read_from(self, source: Source) -> None:
        """Answer questions from `source`, which saves keeping a memory of this process alone."""
        with self._flushing:
            self.source, self._memory = source, []

    def warn_with(self, warn: Any) -> None:
        """Let `warn(message, **fields)`, such as `log.warn`, be told of what somebody should look at."""
        self._warn = warn

    def flush(self) -> None:
        """Aggregate what waits and hand it on; synchronous sinks have it when this returns."""
        with self._flushing:
            cells = self._aggregator.cells(self._waiting())
            for outlet in (*self._memory, *self._sinks) if cells else ():
                outlet.offer(cells)

    def stop(self, seconds: float = 2.0) -> None:
        """Flush, and give the sinks at most `seconds` each to take it; recording goes on working."""
        atexit.unregister(self.stop)
        with self._starting:
            wake, self._wake, self._attend_at = self._wake, threading.Event(), 1
        wake.set()
        self.flush()
        for outlet in self._sinks:
            outlet.finish(seconds)

    def _record(
        self, kind: Kind, name: str, value: float, tags: Mapping[str, Any] | Tags | None, counter: str | None = None
    ) -> None:
        # A deque's append is atomic, and so is popping its other end: no lock, and nothing is lost between two flushes.
        try:
            if tags and not isinstance(tags, tuple):
                tags = {**tags}
        except Exception:  # noqa: BLE001 - tags may be anything: the flush refuses and counts what cannot be read
            self._tally.drop("tags")
            return
        self._buffer.append((kind, name, value, tags, clock.now(), counter))
        if len(self._buffer) >= self._attend_at:
            self._attend()

    def _attend(self) -> None:
        """Do what an entry seldom asks for: start the thread, wake it, or give up an entry."""
        if self._attend_at < FLUSH_ENTRIES:
            self._start()
        if len(self._buffer) > MOST_ENTRIES:
            self._give_up_one()
        elif len(self._buffer) >= FLUSH_ENTRIES and not self._wake.is_set():
            self._wake.set()

    def _start(self) -> None:
        with self._starting:
            if self._attend_at >= FLUSH_ENTRIES:
                return
            with suppress(RuntimeError):  # no further thread is to be had: the next entry tries again
                threading.Thread(target=self._run, args=(self._wake,), name="metrics", daemon=True).start()
                atexit.register(self.stop)
                self._attend_at = FLUSH_ENTRIES

    def _give_up_one(self) -> None:
        try:
            *_, counter = self._buffer.pop()
        except IndexError:  # the flusher was faster
            return
        self._tally.drop("full", 1 if counter is None else 2)

    def _run(self, wake: threading.Event) -> None:
        while wake is self._wake:
            wake.wait(self._flush_seconds)
            wake.clear()
            self.flush()

    def _waiting(self) -> Iterator[Entry]:
        """Empty the buffer, then tell what was refused of it and before."""
        with suppress(IndexError):  # an entry was given up meanwhile
            for _ in range(len(self._buffer)):
                yield self._buffer.popleft()
        yield from self._tally.entries()

    def _lose(self, sink: str, count: int, reason: str | None) -> None:
        self._tally.lose(sink, count)
        if reason is not None:
            self._tell("Metrics were lost", sink=sink, entries=count, reason=reason)

    def _tell(self, message: str, **fields: Any) -> None:
        try:
            self._warn(message, **fields)
        except Exception:  # noqa: BLE001 - whoever is told must not stop the flush
            self._tally.drop("warning")

    def before_fork(self) -> None:
        """Let no flush be under way while the process forks: a child would inherit its locks, held for ever."""
        self._flushing.acquire(timeout=1)

    def after_fork(self, in_child: bool) -> None:
        """Go on in the parent; in the child begin anew, without what the parent will flush itself."""
        if not in_child:
            with suppress(RuntimeError):  # it was not to be had in time
                self._flushing.release()
            return
        self._begin()
        for outlet in (*self._memory, *self._sinks):
            outlet.forked()


def _say_nothing(message: str, **fields: Any) -> None:
    """Stand in until somebody wants to be told."""


_recorders: "weakref.WeakSet[Recorder]" = weakref.WeakSet()


def _before_fork() -> None:
    for recorder in list(_recorders):
        recorder.before_fork()


def _after_fork(in_child: bool) -> None:
    for recorder in list(_recorders):
        recorder.after_fork(in_child)


os.register_at_fork(
    before=_before_fork,
    after_in_parent=lambda: _after_fork(in_child=False),
    after_in_child=lambda: _after_fork(in_child=True),
)
