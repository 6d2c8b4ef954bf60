"""When this process saw which type of error, for an hour."""

import os
import threading
from collections import deque
from weakref import WeakSet

from monitoring import clock

KEPT_SECONDS = 3600.0
PER_TYPE = 1000
TYPES = 1000


class Recent:
    """Times (Unix seconds) of the last hour by type: at most 1,000 each, of at most 1,000 types."""

    def __init__(self) -> None:
        self.begin()
        _known.add(self)

    def begin(self) -> None:
        """Start with nothing, also in a forked child: the lock may have been held there by a thread it has not."""
        self._times: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def add(self, kind: str, at: float) -> None:
        """Keep one time."""
        with self._lock:
            times = self._times.pop(kind, None) or deque(maxlen=PER_TYPE)
            times.append(at)
            self._times[kind] = times  # the newest type last
            if len(self._times) > TYPES:
                del self._times[next(iter(self._times))]

    def counts(self, since: float) -> dict[str, int]:
        """Return how often each type was seen from `since` (Unix seconds) on, at most an hour back."""
        least = max(since, clock.now() - KEPT_SECONDS)
        with self._lock:
            counts = {kind: sum(at >= least for at in times) for kind, times in self._times.items()}
        return {kind: count for kind, count in counts.items() if count}


_known: "WeakSet[Recent]" = WeakSet()


def _begin_anew() -> None:
    for recent in list(_known):
        recent.begin()


os.register_at_fork(after_in_child=_begin_anew)
