"""What went wrong with metrics themselves, counted until the next flush tells it as a metric."""

import threading
from collections import Counter

from monitoring import clock
from monitoring.metrics.aggregation import Entry
from monitoring.metrics.cell import Kind

DROPPED = "daymark.metrics.dropped"
LOST = "daymark.metrics.lost"


class Tally:
    """Counts of entries that were dropped (by reason) and lost (by sink); any thread may add."""

    def __init__(self) -> None:
        # Reentrant: a signal handler may record a metric while its own thread counts.
        self._lock = threading.RLock()
        self._counts: Counter[tuple[str, str, str]] = Counter()

    def drop(self, reason: str, count: int = 1) -> None:
        """Count entries that were refused, or that there was no room for."""
        self._add((DROPPED, "reason", reason), count)

    def lose(self, sink: str, count: int) -> None:
        """Count entries that a sink did not get."""
        self._add((LOST, "sink", sink), count)

    def entries(self) -> list[Entry]:
        """Return the counts since the last call, as entries."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        at = clock.now()
        return [(Kind.COUNTER, name, count, {label: value}, at, None) for (name, label, value), count in counts.items()]

    def _add(self, key: tuple[str, str, str], count: int) -> None:
        with self._lock:
            self._counts[key] += count
