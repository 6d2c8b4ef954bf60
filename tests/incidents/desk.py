"""What the tests of incidents need: changes of checks, and a store in which they are told."""

from typing import Any

from monitoring.incidents import Subject, Watched, react
from monitoring.status import Cause, Status
from monitoring.store import incidents
from monitoring.store.database import Database
from monitoring.store.incidents import Incident
from monitoring.store.transitions import Transition
from tests.support.results import HEALTHY, NOON, UNHEALTHY

SUBJECTS = {
    "database": Subject(title="Database"),
    "search": Subject(title="Search", parents=("database",)),
    "checkout": Subject(title="Checkout", parents=("search",)),
    "mail": Subject(title="Mail"),
    "maps": Subject(title="Maps", impact="degraded"),
    "vault": Subject(title="Vault", public=False),
    "login": Subject(title="Login", parents=("vault",)),
}


def fell(check: str, at: float, status: Status = UNHEALTHY, previous: Status = HEALTHY, **given: Any) -> Transition:
    """Return that a check fell `at` seconds after noon, confirmed 30 s later."""
    fields = {"confirmed_at": NOON + at + 30, "cause": Cause.REFUSED, **given}
    return Transition(check=check, previous=previous, status=status, at=NOON + at, **fields)


def rose(check: str, at: float, previous: Status = UNHEALTHY) -> Transition:
    """Return that a check was well again `at` seconds after noon, confirmed 15 s later."""
    return Transition(check=check, previous=previous, status=HEALTHY, at=NOON + at, confirmed_at=NOON + at + 15)


class Desk:
    """A store and the leader's hand; every batch is told twice, since a batch may be."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.worked_on: dict[str, tuple[float, float]] = {}

    def tell(self, *batch: Transition, down: tuple[str, ...] = ()) -> list[Incident]:
        """Tell a batch at the time of its last confirmation; return all incidents, newest first."""
        watched = Watched(subjects=SUBJECTS, in_maintenance=self._in_maintenance, down=frozenset(down))
        now = max(each.confirmed_at for each in batch)
        with self.database.write() as connection:
            react(connection, batch, watched, now)
        before = self.incidents()
        with self.database.write() as connection:
            assert react(connection, batch, watched, now + 60) is False
        assert self.incidents() == before
        return before

    def incidents(self) -> list[Incident]:
        """Return all incidents, newest first."""
        with self.database.read() as connection:
            return incidents.latest(connection, 100)

    def _in_maintenance(self, check: str, at: float) -> bool:
        start, end = self.worked_on.get(check, (0.0, 0.0))
        return start <= at - NOON < end
