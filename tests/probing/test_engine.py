"""Starting what is due, and asking causes first."""

import pytest

from monitoring.health.check import Check
from monitoring.probing import engine as engines
from monitoring.probing.cycle import Cycle
from monitoring.probing.engine import Engine
from monitoring.probing.schedule import Schedule
from monitoring.status import Result, Status
from tests.probing.fakes import HandRunner, Local, Remote
from tests.support.results import HEALTHY, UNHEALTHY, UNKNOWN, settings


class House:
    """An engine with the spine behind it, and what was settled, in order."""

    def __init__(self, *checks: Check, connectivity: Remote | None = None) -> None:
        self.now = 0.0
        self.settled: list[Result] = []
        self.runner = HandRunner()
        self.cycle = Cycle(checks, [], lambda result, *_: self.settled.append(result))
        schedule = Schedule(checks, 0.0)
        self.engine = Engine(checks, self.cycle, schedule, self.runner, connectivity)

    def tick(self, now: float) -> None:
        self.now = now
        self.engine.tick()

    def said(self) -> list[tuple[str, Status]]:
        return [(result.check, result.status) for result in self.settled]


@pytest.fixture
def clocked(monkeypatch: pytest.MonkeyPatch) -> list[House]:
    """Houses whose monotonic clock is their `now`; the last one made counts."""
    houses: list[House] = []
    monkeypatch.setattr(engines.clock, "monotonic", lambda: houses[-1].now if houses else 0.0)
    return houses


def house(clocked: list[House], *checks: Check, connectivity: Remote | None = None) -> House:
    made = House(*checks, connectivity=connectivity)
    clocked.append(made)
    return made


def test_a_check_in_flight_is_not_started_again(clocked: list[House]) -> None:
    here = house(clocked, Local(settings("api", interval=10)))
    for now in (0, 10, 20):
        here.tick(now)
    assert (list(here.runner.open), here.engine.skipped) == (["api"], 2)


def test_after_a_contradiction_it_asks_again_soon(clocked: list[House]) -> None:
    here = house(clocked, Local(settings("api", interval=60)))
    here.tick(0)
    here.runner.answer("api")
    here.tick(60)
    here.runner.answer("api", UNHEALTHY)
    here.tick(74.9)
    assert not here.runner.open
    here.tick(75)
    assert list(here.runner.open) == ["api"]


def family(clocked: list[House]) -> House:
    parent = Local(settings("database", interval=60))
    child = Local(settings("api", interval=60, depends_on=("database",)))
    here = house(clocked, parent, child)
    here.tick(0.3)
    here.runner.answer("database")
    here.runner.answer("api")
    here.settled.clear()
    return here


def test_a_first_failure_waits_until_its_parent_has_been_asked(clocked: list[House]) -> None:
    here = family(clocked)
    here.engine._start(here.engine._checks["api"], 60.0)
    here.runner.answer("api", UNHEALTHY)
    assert (here.settled, list(here.runner.open)) == ([], ["database"])
    here.runner.answer("database", UNHEALTHY)
    assert here.said() == [("database", UNHEALTHY), ("api", UNHEALTHY)]


def test_while_it_waits_the_child_is_not_asked_again(clocked: list[House]) -> None:
    here = family(clocked)
    here.engine._start(here.engine._checks["api"], 60.0)
    here.runner.answer("api", UNHEALTHY)
    here.tick(1000)
    assert list(here.runner.open) == ["database"]


def test_a_second_failure_does_not_wait(clocked: list[House]) -> None:
    here = family(clocked)
    for at in (60.0, 75.0):
        here.engine._start(here.engine._checks["api"], at)
        here.runner.answer("api", UNHEALTHY)
        if "database" in here.runner.open:
            here.runner.answer("database")
    assert here.said() == [("database", HEALTHY), ("api", UNHEALTHY), ("api", UNHEALTHY)]


def test_without_connectivity_nobody_is_blamed(clocked: list[House]) -> None:
    network = Remote(settings("connectivity"))
    here = house(clocked, Remote(settings("shop")), connectivity=network)
    here.tick(0)
    here.runner.answer("shop", UNHEALTHY)
    here.runner.answer("connectivity", UNHEALTHY, error="no route")
    [result] = here.settled
    assert (result.check, result.status, result.error) == ("shop", UNKNOWN, "no connectivity from here: no route")


def test_with_connectivity_the_failure_counts(clocked: list[House]) -> None:
    here = house(clocked, Remote(settings("shop")), connectivity=Remote(settings("connectivity")))
    here.tick(0)
    here.runner.answer("shop", UNHEALTHY)
    here.runner.answer("connectivity", HEALTHY)
    assert here.said() == [("shop", UNHEALTHY)]


def test_checks_of_this_host_do_not_ask_for_connectivity(clocked: list[House]) -> None:
    here = house(clocked, Local(settings("disk")), connectivity=Remote(settings("connectivity")))
    here.tick(0)
    here.runner.answer("disk", UNHEALTHY)
    assert here.said() == [("disk", UNHEALTHY)]


def test_a_paid_probe_stops_at_its_daily_budget(clocked: list[House]) -> None:
    here = house(clocked, Local(settings("paid", interval=10, price=0.4, daily_budget=1.0)))
    for now in (0, 10, 20):
        here.tick(now)
        if here.runner.open:
            here.runner.answer("paid")
    assert [result.status for result in here.settled] == [HEALTHY, HEALTHY, UNKNOWN]
    assert here.settled[-1].error == "not asked: today's budget of $1 is spent"


def test_it_can_be_waited_for(clocked: list[House]) -> None:
    here = house(clocked, Local(settings("api")))
    here.tick(0)
    assert not here.engine.wait_until_idle(0.01)
    here.runner.answer("api")
    assert here.engine.wait_until_idle(0.01)
