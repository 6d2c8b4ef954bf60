"""Asking checks on a reader's demand: those that nobody has been looking at lately."""

import threading
from collections.abc import Sequence
from typing import Any

from monitoring import clock
from monitoring.health.check import Check
from monitoring.health.runner import Runner
from monitoring.status import Result

AGAIN_SECONDS = 15.0
PATIENCE_SECONDS = 3.0


class Asker:
    """Asks once for all who wait, at most every 15 s a check; nobody waits longer than 3 s after the asking."""

    def __init__(self) -> None:
        self._runner = Runner()
        self._asked_at: dict[str, float] = {}
        self._results: dict[str, Result] = {}
        self._changed = threading.Condition()

    def ask(self, checks: Sequence[Check[Any]]) -> dict[str, Result]:
        """Return the results of the last 15 s by name; a check that does not answer in time is not among them."""
        names = {check.name for check in checks}
        with self._changed:
            due = [check for check in checks if self._is_due(check.name)]
            for check in due:
                self._asked_at[check.name] = clock.monotonic()
                self._results.pop(check.name, None)
            until = max(self._asked_at[name] for name in names) + PATIENCE_SECONDS
        for check in due:
            self._runner.run(check, clock.now(), self._answered)
        with self._changed:
            self._changed.wait_for(lambda: names <= self._results.keys(), max(0.0, until - clock.monotonic()))
            return {name: self._results[name] for name in names & self._results.keys()}

    def stop(self) -> None:
        """Give up what is being asked; who asks later gets no answer."""
        self._runner.stop()

    def _is_due(self, name: str) -> bool:
        return clock.monotonic() - self._asked_at.get(name, float("-inf")) >= AGAIN_SECONDS

    def _answered(self, result: Result) -> None:
        with self._changed:
            self._results[result.check] = result
            self._changed.notify_all()
