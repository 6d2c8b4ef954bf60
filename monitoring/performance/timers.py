"""Timers that were started and not yet ended."""

import os
from collections.abc import Mapping
from itertools import count
from threading import Lock
from typing import Any, NamedTuple
from weakref import WeakSet

from monitoring import clock

OPEN = 10_000
_NAME_LENGTH = 200


class Timer(NamedTuple):
    """One open timer; `began` is read off the monotonic clock."""

    name: str
    began: float
    metadata: Mapping[str, Any] | None


class Timers:
    """At most `most` open timers: beyond that the oldest is dropped, and counted in `dropped`."""

    def __init__(self, most: int = OPEN) -> None:
        self.dropped = 0
        self._most = most
        self._open: dict[str, Timer] = {}
        self._numbers = count(1)
        self.unlock()
        _known.add(self)

    def unlock(self) -> None:
        """Take a new lock: in a forked child the old one may be held by a thread that is not there."""
        self._lock = Lock()

    def start(self, name: str, metadata: Mapping[str, Any] | None) -> tuple[str, bool]:
        """Return the new timer's id, and whether another was dropped for it."""
        name = name[:_NAME_LENGTH] if isinstance(name, str) else "unnamed"
        timer_id = f"{name}-{next(self._numbers)}"
        with self._lock:
            self._open[timer_id] = Timer(name, clock.monotonic(), metadata)
            full = len(self._open) > self._most
            if full:
                del self._open[next(iter(self._open))]
                self.dropped += 1
        return timer_id, full

    def end(self, timer_id: str) -> tuple[Timer, float] | None:
        """Return the timer and its milliseconds, None where it is not open."""
        now = clock.monotonic()
        with self._lock:
            timer = self._open.pop(timer_id, None) if isinstance(timer_id, str) else None
        return None if timer is None else (timer, (now - timer.began) * 1000)

    def __len__(self) -> int:
        """Return how many are open."""
        return len(self._open)


_known: "WeakSet[Timers]" = WeakSet()


def _unlock() -> None:
    for timers in list(_known):
        timers.unlock()


os.register_at_fork(after_in_child=_unlock)
