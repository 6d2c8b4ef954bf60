"""Results, states, transitions, rollups and how long they live."""

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from monitoring.clock import DAY_SECONDS, HOUR_SECONDS
from monitoring.status import Status
from monitoring.store import models, results, retention, rollups, states, transitions
from monitoring.store.database import Database
from monitoring.store.rollups import Ledger
from monitoring.store.states import StoredState
from monitoring.store.transitions import Transition
from tests.support.results import DEGRADED, HEALTHY, NOON, UNHEALTHY, result


def count(database: Database, table: sa.Table) -> int:
    with database.read() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def test_a_result_is_stored_once(database: Database) -> None:
    with database.write() as connection:
        results.add(connection, [result(HEALTHY, 1.5), result(HEALTHY, 2.5)])
        results.add(connection, [result(UNHEALTHY, 1.5), result(HEALTHY, 3.5)])
    assert count(database, models.results) == 3


def test_a_state_comes_back_as_it_was_saved(database: Database) -> None:
    last = result(UNHEALTHY, NOON, error='refused "ü\u2028', details={"n": 1}, phases={"dns": 0.25})
    saved = StoredState(status=HEALTHY, since=NOON - 60, cause=None, last=last, memory="{}")
    with database.write() as connection:
        states.save(connection, 7, [saved])
    with database.read() as connection:
        assert states.load(connection) == [saved]
        assert states.load(connection, newer_than=7) == []


def changed(status: Status, at: float, previous: Status = HEALTHY) -> Transition:
    return Transition(check="api", previous=previous, status=status, at=at, confirmed_at=at + 30)


def test_a_transition_is_stored_once(database: Database) -> None:
    with database.write() as connection:
        for _ in range(2):
            transitions.add(connection, [changed(UNHEALTHY, NOON)])
    assert count(database, models.transitions) == 1


def test_a_span_of_transitions_begins_with_the_state_it_was_entered_in(database: Database) -> None:
    down, worse, up = changed(DEGRADED, NOON), changed(UNHEALTHY, NOON + 60, DEGRADED), changed(HEALTHY, NOON + 120)
    with database.write() as connection:
        transitions.add(connection, [down, worse, up])
    with database.read() as connection:
        assert transitions.between(connection, ["api"], NOON + 90, NOON + 999) == [worse, up]
        assert transitions.between(connection, ["other"], 0, NOON + 999) == []


def test_rollups_add_up_over_batches(database: Database) -> None:
    for version in (1, 2):
        ledger = Ledger()
        ledger.count(result(HEALTHY, NOON, response_seconds=0.5))
        ledger.book("api", NOON - 90, NOON, UNHEALTHY)
        with database.write() as connection:
            rollups.add(connection, version, ledger)
    with database.read() as connection:
        day = rollups.load(connection, "day", 0)["api", int(NOON - DAY_SECONDS / 2)]
        hours = rollups.load(connection, "hour", 0)
    assert (day.down_seconds, day.counts[HEALTHY], day.sketch.count) == (180, 2, 2)
    assert hours["api", int(NOON - HOUR_SECONDS)].down_seconds == 180


def test_only_what_changed_is_loaded(database: Database) -> None:
    for version, check in enumerate(("a", "b"), start=1):
        ledger = Ledger()
        ledger.book(check, NOON, NOON + 1, DEGRADED)
        with database.write() as connection:
            rollups.add(connection, version, ledger)
    with database.read() as connection:
        assert {name for name, _ in rollups.load(connection, "day", 0, newer_than=1)} == {"b"}


@given(st.floats(0, 1e6), st.floats(0, 3e5))
def test_time_is_cut_at_the_borders_and_nothing_is_lost(start: float, length: float) -> None:
    pieces = list(rollups.split(start, start + length, 3600))
    assert sum(end - begin for begin, end in pieces) == pytest.approx(length, abs=1e-6)
    assert all(end <= (begin // 3600 + 1) * 3600 for begin, end in pieces)


def test_rows_are_deleted_when_they_have_lived_long_enough(database: Database) -> None:
    ledger = Ledger()
    for days in (1, 8, 91, 731):
        at = NOON - days * DAY_SECONDS
        ledger.count(result(HEALTHY, at))
        with database.write() as connection:
            results.add(connection, [result(HEALTHY, at)])
            transitions.add(connection, [changed(UNHEALTHY, at)])
    with database.write() as connection:
        rollups.add(connection, 1, ledger)
        assert not retention.prune(connection, NOON)
    tables = (models.results, models.hours, models.days, models.transitions)
    assert [count(database, table) for table in tables] == [1, 2, 3, 3]


def test_much_is_deleted_in_pieces(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "CHUNK", 10)
    with sqlite.write() as connection:
        results.add(connection, [result(HEALTHY, at) for at in range(25)])
    turns = 0
    more = True
    while more:
        with sqlite.write() as connection:
            more = retention.prune(connection, NOON)
        turns += 1
    assert (turns, count(sqlite, models.results)) == (3, 0)
