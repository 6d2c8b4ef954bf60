"""Changes that were judged in this process and that the store may not have yet."""

import threading
from collections.abc import Iterable
from typing import NamedTuple

from msgspec.structs import replace

from monitoring import clock
from monitoring.store.text import storable
from monitoring.store.transitions import Transition

NOTICED_LIMIT = 10_000


class _Notice(NamedTuple):
    transition: Transition
    correlation_id: str | None
    at: float


class Noticed:
    """Remembers each change until it is decided about, with the id of the probe's run that confirmed it."""

    def __init__(self) -> None:
        self._notices: dict[str, _Notice] = {}
        self._lock = threading.Lock()

    def add(self, transition: Transition, correlation_id: str | None) -> None:
        """Remember a change; beyond 10,000 it is told of once the store has it."""
        with self._lock:
            if len(self._notices) < NOTICED_LIMIT:
                known = replace(transition, error=storable(transition.error))
                self._notices[transition.key] = _Notice(known, correlation_id, clock.monotonic())

    def older_than(self, seconds: float) -> list[Transition]:
        """Return the changes that have waited so long, in the order in which they came."""
        latest = clock.monotonic() - seconds
        with self._lock:
            return [notice.transition for notice in self._notices.values() if notice.at <= latest]

    def oldest_seconds(self) -> float | None:
        """Return how long the first has waited; None where there is none."""
        with self._lock:
            return next((clock.monotonic() - notice.at for notice in self._notices.values()), None)

    def runs_of(self, transitions: Iterable[Transition]) -> dict[str, str]:
        """Return the correlation ids under which checks changed, by their names, as far as they are known."""
        with self._lock:
            notices = [self._notices.get(each.key) for each in transitions]
        return {each.transition.check: each.correlation_id for each in notices if each and each.correlation_id}

    def forget(self, transitions: Iterable[Transition]) -> None:
        """Forget what was decided about."""
        with self._lock:
            for each in transitions:
                self._notices.pop(each.key, None)
