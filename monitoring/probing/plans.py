"""What the leader knows of planned work: read now and then, and asked with every result."""

from collections.abc import Iterable, Sequence
from typing import Any

from monitoring import clock
from monitoring.alerts.situation import Planned
from monitoring.clock import DAY_SECONDS
from monitoring.health.check import Check
from monitoring.logs import log
from monitoring.maintenance import Window, windows
from monitoring.store import maintenances
from monitoring.store.database import Database, StoreError

REFRESH_SECONDS = 5
BEHIND_SECONDS = 2 * DAY_SECONDS
"""How far back time may still have to be booked: what waited until a contradiction was decided."""
AHEAD_SECONDS = DAY_SECONDS
"""While the store is away, windows that begin within this time are known."""


class Plans:
    """The windows of maintenance around now, by check. `refresh` reads them; a store that is away changes nothing."""

    def __init__(self, database: Database, checks: Iterable[Check[Any]]) -> None:
        self._database = database
        self._groups = {check.name: check.settings.group for check in checks}
        self._windows: Sequence[Window] = ()
        self._away = False

    def refresh(self) -> None:
        """Read the plans anew; any of StoreError is logged once."""
        now = clock.now()
        since, until = now - BEHIND_SECONDS, now + AHEAD_SECONDS
        try:
            with self._database.read() as connection:
                current = maintenances.current(connection, since)
            self._windows, self._away = windows(current, since, until), False
        except StoreError as error:
            if not self._away:
                log.warn("Plans for maintenance cannot be read; those known stay in force", error=str(error))
            self._away = True

    def windows(self, check: str, start: float, end: float) -> list[Window]:
        """Return the windows that cover a check in [start, end) (Unix seconds)."""
        inside = [window for window in self._windows if window.starts_at < end and window.ends_at > start]
        return [window for window in inside if window.maintenance.covers(check, self._groups.get(check, ""))]

    def in_maintenance(self, at: float) -> frozenset[str]:
        """Return the names of the checks that are being worked on at `at` (Unix seconds)."""
        return frozenset(name for name in self._groups if self.covered(name, at)) if self._windows else frozenset()

    def planned(self, at: float) -> Planned:
        """Return who is being worked on at `at` (Unix seconds), and when that ended for those who were."""
        over = (window for window in self._windows if window.ends_at <= at)
        ended_at: dict[str, float] = {}
        for window in sorted(over, key=lambda window: window.ends_at):
            covered = (name for name, group in self._groups.items() if window.maintenance.covers(name, group))
            ended_at.update(dict.fromkeys(covered, window.ends_at))
        return Planned(self.in_maintenance(at), ended_at)

    def covered(self, check: str, at: float) -> bool:
        """Return whether a check is being worked on at `at` (Unix seconds)."""
        return any(window.holds(at) for window in self.windows(check, at, at + 1))

    def ended(self, start: float, end: float) -> list[Window]:
        """Return the windows whose end is in (start, end] (Unix seconds)."""
        return [window for window in self._windows if start < window.ends_at <= end]
