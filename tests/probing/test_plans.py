"""What the leader knows of planned work, and what it makes of outages that outlast it."""

import pytest
import sqlalchemy as sa

from monitoring.alerts.situation import Planned
from monitoring.probing.plans import Plans
from monitoring.probing.reporter import Reporter
from monitoring.status import Status
from monitoring.store import incidents, maintenances, transitions
from monitoring.store.database import Database
from monitoring.store.incidents import Incident
from monitoring.store.transitions import Transition
from tests.maintenance.plans import work
from tests.probing.fakes import Local
from tests.store.measured import Clock, at_noon
from tests.support.results import HEALTHY, NOON, UNHEALTHY, settings

CHECKS = [Local(settings("api", group="Web")), Local(settings("mail")), Local(settings("vault", public=False))]


@pytest.fixture
def clock_at_noon(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return at_noon(monkeypatch)


@pytest.fixture
def plans(database: Database, clock_at_noon: Clock) -> Plans:
    """An hour of work on the web from noon on, as the leader has read it."""
    with database.write() as connection:
        maintenances.add(connection, work(NOON, groups=("Web",)))
    known = Plans(database, CHECKS)
    known.refresh()
    return known


def test_it_knows_who_is_worked_on_and_when(plans: Plans) -> None:
    assert plans.in_maintenance(NOON - 1) == frozenset()
    assert plans.in_maintenance(NOON) == plans.in_maintenance(NOON + 3599) == {"api"}
    assert plans.in_maintenance(NOON + 3600) == frozenset()
    [window] = plans.windows("api", NOON - 60, NOON + 1)
    assert (window.starts_at, window.ends_at) == (NOON, NOON + 3600)
    assert plans.windows("mail", NOON - 60, NOON + 1) == []


def test_it_knows_when_work_ended(plans: Plans) -> None:
    assert plans.planned(NOON + 3599) == Planned(frozenset({"api"}))
    assert plans.planned(NOON + 3600) == Planned(frozenset(), {"api": NOON + 3600})


def test_a_store_that_is_away_changes_nothing_it_knows(
    plans: Plans, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.write() as connection:
        maintenances.end(connection, "abcdefghijkl", NOON + 60)
    with monkeypatch.context() as away:
        away.setattr(Database, "read", cut)
        plans.refresh()
    assert plans.covered("api", NOON + 120)
    plans.refresh()
    assert not plans.covered("api", NOON + 120) and plans.covered("api", NOON + 59)


def cut(_database: Database) -> object:
    raise sa.exc.OperationalError("connect", {}, Exception("the line was cut"))


class Newsroom:
    """A reporter over a store, and the statuses that the test sets."""

    def __init__(self, database: Database, plans: Plans, clock: Clock) -> None:
        self.database, self.clock = database, clock
        self.statuses = dict.fromkeys(("api", "mail", "vault"), HEALTHY)
        self.reporter = Reporter(CHECKS, plans, lambda: self.statuses)

    def fall(self, check: str, at: float) -> None:
        self.statuses[check] = UNHEALTHY
        change = Transition(check=check, previous=HEALTHY, status=UNHEALTHY, at=at, confirmed_at=at + 30)
        with self.database.write() as connection:
            transitions.add(connection, [change])
            self.reporter.react(connection, [change])

    def look(self, now: float) -> list[Incident]:
        self.clock.at = now
        if self.reporter.windows_ended(now):
            with self.database.write() as connection:
                self.reporter.look_after_windows(connection, now)
        with self.database.read() as connection:
            return incidents.latest(connection, 10)


@pytest.fixture
def newsroom(database: Database, plans: Plans, clock_at_noon: Clock) -> Newsroom:
    return Newsroom(database, plans, clock_at_noon)


def test_what_fails_inside_a_window_is_told_once_it_outlasts_it(newsroom: Newsroom) -> None:
    newsroom.fall("api", NOON + 600)
    assert newsroom.look(NOON + 3500) == []
    [incident] = newsroom.look(NOON + 3610)
    assert (incident.started_at, [each.check for each in incident.checks]) == (NOON + 3600, ["api"])
    assert newsroom.look(NOON + 3620) == [incident]


def test_what_is_well_again_when_the_window_ends_is_never_told(newsroom: Newsroom) -> None:
    newsroom.fall("api", NOON + 600)
    newsroom.statuses["api"] = Status.HEALTHY
    assert newsroom.look(NOON + 3610) == []


def test_what_no_window_covers_is_told_at_once_and_what_is_private_never(newsroom: Newsroom) -> None:
    newsroom.fall("mail", NOON + 600)
    newsroom.fall("vault", NOON + 1600)
    assert [[each.check for each in incident.checks] for incident in newsroom.look(NOON + 1700)] == [["mail"]]


def test_nothing_is_looked_for_while_no_window_has_just_ended(newsroom: Newsroom) -> None:
    assert not newsroom.reporter.windows_ended(NOON + 3599)
    assert newsroom.reporter.windows_ended(NOON + 3601)
    assert not newsroom.reporter.windows_ended(NOON + 3600 + 601)
