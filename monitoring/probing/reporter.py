"""What the leader tells the public: incidents, from transitions and from outages that outlast planned work."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from msgspec.structs import replace

from monitoring import clock, incidents
from monitoring.health.check import Check
from monitoring.incidents import Subject, Watched
from monitoring.probing.plans import Plans
from monitoring.status import Status
from monitoring.store import leases, transitions
from monitoring.store.database import Connection
from monitoring.store.transitions import Transition

BEHIND_SECONDS = 600.0
"""How long after the end of a window what outlasted it is looked for: a leader may have been away meanwhile."""


class Reporter:
    """Writes incidents. `statuses` returns the confirmed status of every check by name."""

    def __init__(self, checks: Iterable[Check[Any]], plans: Plans, statuses: Callable[[], dict[str, Status]]) -> None:
        self._subjects = {check.name: _subject(check) for check in checks}
        self._plans, self._statuses = plans, statuses

    def react(self, connection: Connection, changes: Sequence[Transition]) -> None:
        """Write what transitions make of incidents, in the transaction that stores them."""
        if changes:
            incidents.react(connection, changes, self._watched(), clock.now())

    def windows_ended(self, now: float) -> bool:
        """Return whether the end of a window is recent enough for something to have outlasted it unnoticed."""
        return bool(self._plans.ended(now - BEHIND_SECONDS, now))

    def look_after_windows(self, connection: Connection, now: float) -> None:
        """Write what is still not healthy after the maintenance that covered it has ended."""
        lasting = [each for each in self._outlasting(connection, now) if each.status.severity > 0]
        if lasting and incidents.react(connection, lasting, self._watched(), now):
            leases.touch(connection)

    def _outlasting(self, connection: Connection, now: float) -> Iterable[Transition]:
        """Yield the last transitions of checks that are not healthy, as if they had become so when the window ended."""
        broken = {name for name, status in self._statuses().items() if status.severity > 0}
        for window in self._plans.ended(now - BEHIND_SECONDS, now):
            names = [name for name in broken if window in self._plans.windows(name, window.starts_at, window.ends_at)]
            for last in transitions.between(connection, names, now, now) if names else ():
                if last.at < window.ends_at:
                    yield replace(last, at=window.ends_at, confirmed_at=now)

    def _watched(self) -> Watched:
        down = frozenset(name for name, status in self._statuses().items() if status is Status.UNHEALTHY)
        return Watched(subjects=self._subjects, in_maintenance=self._plans.covered, down=down)


def _subject(check: Check[Any]) -> Subject:
    settings = check.settings
    return Subject(title=settings.title, public=settings.public, parents=settings.depends_on, impact=settings.impact)
