"""What the leader does besides probing, by turns of several leaders."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from monitoring.costs import Budget, Cost
from monitoring.logs import log
from monitoring.probing.duties import Duties
from monitoring.probing.leader import Tenure
from monitoring.status import Status
from monitoring.store import costs, errors, leases, models, slow_operations, transitions
from monitoring.store.database import Database
from monitoring.store.entries import Origin
from monitoring.store.metrics import MetricsReader, StoreSink
from monitoring.store.transitions import Transition, name_of
from tests.store.measured import Clock, Line, at_noon, cell, count, occurrence, on_line, slow
from tests.support.results import NOON

HEALTHY, DEGRADED, UNHEALTHY = Status.HEALTHY, Status.DEGRADED, Status.UNHEALTHY
HOUR, DAY = 3600, 86400
Lead = Callable[..., Duties]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return at_noon(monkeypatch)


@pytest.fixture
def lead(database: Database) -> Lead:
    """Return the duties of a new leader, who deposes the one before."""

    def claim(owner: str = "a", *budgets: Budget, taken_over_at: float | None = None, **more: object) -> Duties:
        with database.write() as connection:
            fence = leases.claim(connection, leases.read(connection), owner)
        assert fence is not None
        return Duties(database, Tenure(owner, fence, taken_over_at), budgets, **more)

    return claim


def fail(database: Database, times: int, at: float = NOON, kind: str = "ValueError", first: int = 0) -> None:
    """Have four workers fail in turn, from `at` on, once a second."""
    with database.write() as connection:
        for number in range(first, first + times):
            origin = Origin(f"host:{number % 4}", "shop")
            errors.add(connection, origin, [(number, occurrence(at + number - first, kind))])


def stored(database: Database, name: str = "spike/ValueError") -> list[Transition]:
    with database.read() as connection:
        return transitions.between(connection, [name], 0, NOON * 2)


def told(transitions: list[Transition]) -> list[tuple[Status, Status, float]]:
    return [(each.previous, each.status, each.at - NOON) for each in transitions]


def test_eleven_errors_over_four_workers_are_one_transition(database: Database, lead: Lead, clock: Clock) -> None:
    duties = lead()
    fail(database, 11)
    for clock.at in (NOON + 10, NOON + 20, NOON + 30):
        duties.judge_spikes()
    [spike] = stored(database)
    assert told([spike]) == [(HEALTHY, UNHEALTHY, 10)]
    assert (spike.confirmed_at, spike.error) == (NOON + 10, "11 errors in 5 minutes")


def test_ten_errors_over_four_workers_are_none(database: Database, lead: Lead, clock: Clock) -> None:
    fail(database, 10)
    clock.at = NOON + 20
    lead().judge_spikes()
    assert stored(database) == []


def test_a_spike_ends_once_and_may_begin_again(database: Database, lead: Lead, clock: Clock) -> None:
    duties = lead()
    fail(database, 11)
    for clock.at in (NOON + 20, NOON + 310, NOON + 320):
        duties.judge_spikes()
    fail(database, 11, NOON + 400, first=50)
    clock.at = NOON + 420
    duties.judge_spikes()
    expected = [(HEALTHY, UNHEALTHY, 10), (UNHEALTHY, HEALTHY, 300), (HEALTHY, UNHEALTHY, 410)]
    assert told(stored(database)) == expected


def test_errors_that_arrive_late_begin_no_spike_before_the_last_one_ended(
    database: Database, lead: Lead, clock: Clock
) -> None:
    duties = lead()
    fail(database, 11)
    for clock.at in (NOON + 20, NOON + 310):
        duties.judge_spikes()
    fail(database, 11, NOON + 200, first=50)
    duties.judge_spikes()
    ended, began = stored(database)[1:]
    assert (ended.status, began.status) == (HEALTHY, UNHEALTHY)
    assert 0 < began.at - ended.at < 0.01


def test_a_new_leader_goes_on_where_the_last_one_was(database: Database, lead: Lead, clock: Clock) -> None:
    fail(database, 11)
    clock.at = NOON + 20
    lead("a").judge_spikes()
    successor = lead("b")
    successor.judge_spikes()
    clock.at = NOON + 310
    successor.judge_spikes()
    lead("c").judge_spikes()
    assert told(stored(database)) == [(HEALTHY, UNHEALTHY, 10), (UNHEALTHY, HEALTHY, 300)]


def test_a_leader_that_was_deposed_writes_nothing(database: Database, lead: Lead, clock: Clock) -> None:
    deposed = lead("a", Budget("openai", daily=1))
    lead("b")
    fail(database, 11)
    spend(database, 5)
    deposed.judge_spikes()
    deposed.keep_books()
    assert count(database, models.transitions) == 0


def test_a_lost_answer_repeats_no_transition(
    database: Database, lead: Lead, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    duties = lead()
    fail(database, 11)
    clock.at = NOON + 20
    line: Line = on_line(monkeypatch)
    line.lose_answers = 1
    duties.judge_spikes()
    clock.at = NOON + 30
    duties.judge_spikes()
    assert len(stored(database)) == 1


def test_a_store_that_is_away_is_said_once_and_waited_for(
    database: Database, lead: Lead, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    duties, said = lead(), list[str]()
    fail(database, 11)
    line = on_line(monkeypatch)
    line.away = True
    monkeypatch.setattr(type(log), "warn", lambda self, message, **_: said.append(message))
    for _ in range(3):
        duties.judge_spikes()
    line.away = False
    duties.judge_spikes()
    assert (len(said), len(stored(database))) == (1, 1)


def test_a_spike_is_logged_and_counted_when_it_begins(
    database: Database, lead: Lead, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted, said = [], []
    monkeypatch.setattr(type(log), "error", lambda self, message, extra: said.append((message, extra)))
    duties = lead(increment=lambda *metric: counted.append(metric))
    fail(database, 12)
    for clock.at in (NOON + 20, NOON + 30):
        duties.judge_spikes()
    assert said == [("Error spike detected", {"error_type": "ValueError", "count": 12, "time_window": "5 minutes"})]
    assert counted == [("errors.spike_detected", 1, {"type": "ValueError"})]


def test_types_with_long_names_are_told_apart(database: Database, lead: Lead, clock: Clock) -> None:
    kinds = ["E" * 150 + "A", "E" * 150 + "B"]
    for first, kind in enumerate(kinds):
        fail(database, 11, kind=kind, first=first * 100)
    clock.at = NOON + 20
    duties = lead()
    for clock.at in (NOON + 20, NOON + 4000):
        duties.judge_spikes()
    assert [len(stored(database, name_of("spike", kind))) for kind in kinds] == [2, 2]


def spend(database: Database, amount: float, at: float = NOON, provider: str = "openai") -> None:
    with database.write() as connection:
        number = count(database, models.costs) + int(at)
        costs.add(connection, Origin("host:1", "shop"), [(number, Cost(provider, "embedding", amount, at))])


def budgeted(database: Database) -> list[tuple[Status, Status, float]]:
    return told(stored(database, "budget/openai"))


def test_a_budget_changes_at_four_fifths_and_at_the_whole(database: Database, lead: Lead, clock: Clock) -> None:
    duties = lead("a", Budget("openai", monthly=50), Budget("s3", daily=1))
    for clock.at, amount in ((NOON, 39.0), (NOON + 60, 1.0), (NOON + 120, 1.0), (NOON + 180, 9.5)):
        spend(database, amount, clock.at)
        duties.keep_books()
    assert budgeted(database) == [(HEALTHY, DEGRADED, 60), (DEGRADED, UNHEALTHY, 180)]
    assert stored(database, "budget/openai")[0].error == "40.00 of 50.00 dollars this month"
    assert stored(database, "budget/s3") == []


def test_a_budget_that_is_removed_while_it_is_spent_is_over(database: Database, lead: Lead, clock: Clock) -> None:
    spend(database, 5)
    lead("a", Budget("openai", daily=5)).keep_books()
    clock.at = NOON + 60
    for _ in range(2):
        lead("b").keep_books()
    assert budgeted(database) == [(HEALTHY, UNHEALTHY, 0), (UNHEALTHY, HEALTHY, 60)]


def test_a_new_day_and_a_new_month_begin_with_nothing_spent(database: Database, lead: Lead, clock: Clock) -> None:
    last_day = datetime(2026, 10, 31, 12, tzinfo=UTC).timestamp()
    clock.at = last_day
    spend(database, 5, last_day)
    lead("a", Budget("openai", daily=5, monthly=50)).keep_books()
    clock.at = last_day + DAY
    lead("b", Budget("openai", daily=5, monthly=6)).keep_books()
    assert [each.status for each in stored(database, "budget/openai")] == [UNHEALTHY, HEALTHY]


def test_the_costs_of_past_days_are_folded(database: Database, lead: Lead, clock: Clock) -> None:
    spend(database, 5, NOON - 3 * DAY)
    lead().keep_books()
    assert (count(database, models.costs), count(database, models.cost_days)) == (0, 1)


def test_closed_hours_are_merged(database: Database, lead: Lead, clock: Clock) -> None:
    for worker in range(3):
        StoreSink(database, "shop", f"host:{worker}").take([cell("x", NOON, 1)])
    clock.at = NOON + HOUR + 60
    lead().keep_books()
    assert count(database, models.metric_hours) == 4
    [total] = MetricsReader(database).totals("x", clock.at - DAY, clock.at).values()
    assert total.count == 3


def test_a_fault_of_its_own_does_not_end_the_scheduler(
    database: Database, lead: Lead, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(costs, "fold", lambda *_: 1 / 0)
    lead().keep_books()


def test_eleven_slow_operations_are_a_transition_of_their_own(database: Database, lead: Lead, clock: Clock) -> None:
    told_of: list[float] = []
    duties = lead(on_stored=lambda: told_of.append(clock.at))
    with database.write() as connection:
        for number in range(11):
            slow_operations.add(connection, Origin(f"host:{number % 4}", "shop"), [(number, slow(NOON + number))])
    for clock.at in (NOON + 20, NOON + 30, NOON + 320):
        duties.judge_spikes()
    assert told(stored(database, "slow/db.query")) == [(HEALTHY, DEGRADED, 10), (DEGRADED, HEALTHY, 300)]
    assert told_of == [NOON + 20, NOON + 320]


def test_a_leader_that_fell_silent_is_told_of_once_and_that_its_successor_stays(
    database: Database, lead: Lead, clock: Clock
) -> None:
    duties = lead(taken_over_at=NOON)
    for clock.at in (NOON + 1, NOON + 30, NOON + 70, NOON + 130):
        duties.keep_books()
    lead("c").keep_books()
    lead("d", taken_over_at=NOON + 500).keep_books()
    changes = stored(database, "leader/takeover")
    expected = [(HEALTHY, DEGRADED, 0), (DEGRADED, HEALTHY, 70), (HEALTHY, DEGRADED, 500)]
    assert told(changes) == expected
