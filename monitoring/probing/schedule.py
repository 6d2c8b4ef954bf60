"""When each check is due next, on the monotonic clock."""

import heapq
import threading
from collections.abc import Sequence
from typing import Any

from monitoring.health.check import Check

SPREAD_SECONDS = 0.25


class Schedule:
    """A heap of due times. First runs are spread evenly, so that all are asked once within their interval."""

    def __init__(self, checks: Sequence[Check[Any]], now: float) -> None:
        self._checks = {check.name: check for check in checks}
        self._due = {
            check.name: now + index * min(SPREAD_SECONDS, check.settings.interval / len(checks))
            for index, check in enumerate(checks)
        }
        self._heap = [(at, name) for name, at in self._due.items()]
        heapq.heapify(self._heap)
        self._lock = threading.Lock()

    def take(self, now: float) -> list[tuple[Check[Any], float]]:
        """Return the checks due by `now` with the time each was due, and set each one's next time.

        A slot that was missed is not made up for: the next one keeps the rhythm.
        """
        taken = []
        with self._lock:
            while self._heap and self._heap[0][0] <= now:
                at, name = heapq.heappop(self._heap)
                if self._due[name] != at:
                    continue  # it was asked sooner meanwhile: this entry is void
                check = self._checks[name]
                taken.append((check, at))
                self._set(name, _next(at, now, check.settings.interval))
        return taken

    def sooner(self, name: str, at: float) -> None:
        """Ask a check at `at` unless it is due earlier anyway."""
        with self._lock:
            if at < self._due[name]:
                self._set(name, at)

    def _set(self, name: str, at: float) -> None:
        self._due[name] = at
        heapq.heappush(self._heap, (at, name))


def _next(at: float, now: float, interval: float) -> float:
    missed = max(0.0, (now - at) // interval)
    return at + (missed + 1) * interval
