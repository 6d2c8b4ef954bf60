"""Planned work in the store, and the books it is kept in."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.maintenance import Maintenance, Window
from monitoring.status import Status
from monitoring.store import leases, maintenances, rollups
from monitoring.store.database import Database
from monitoring.store.rollups import Key, Ledger
from tests.maintenance.plans import work
from tests.support.results import DEGRADED, HEALTHY, NOON, UNHEALTHY

HOUR, DAY = 3600, 86400


def stored(database: Database, *plans: Maintenance) -> None:
    with database.write() as connection:
        for plan in plans:
            maintenances.add(connection, plan)


def current(database: Database, since: float) -> list[str]:
    with database.read() as connection:
        return [plan.id for plan in maintenances.current(connection, since)]


def ended(database: Database, plan: str, at: float) -> bool:
    with database.write() as connection:
        return maintenances.end(connection, plan, at)


def version(database: Database) -> int:
    with database.read() as connection:
        return leases.read(connection).version


def test_work_comes_back_as_it_was_planned(database: Database) -> None:
    plain = work(NOON, 90.5, id="plain")
    full = work(
        *(NOON, 60.0),
        **{"id": "full", "body": "**Move** ü", "rrule": "FREQ=DAILY", "timezone": "Asia/Kathmandu"},
        **{"checks": ("api", "mail"), "groups": ('Über "all"',), "ended_at": NOON + 1},
    )
    stored(database, plain, full)
    with database.read() as connection:
        assert [maintenances.load(connection, name) for name in ("plain", "full", "none")] == [plain, full, None]


def test_what_a_database_refuses_is_left_out(database: Database) -> None:
    stored(database, work(NOON, title="a\0b", body="\ud800", created_by="x" * 500, groups=("\0",)))
    with database.read() as connection:
        found = maintenances.load(connection, "abcdefghijkl")
    assert (found.title, found.body, len(found.created_by)) == ("a\N{REPLACEMENT CHARACTER}b", "?", 200)


def test_what_is_over_is_not_current(database: Database) -> None:
    stored(database, work(NOON, 60, id="b"), work(NOON - HOUR, 60, id="a"))
    assert current(database, NOON - DAY) == ["a", "b"]
    assert current(database, NOON) == ["b"]
    assert current(database, NOON + 60) == []


def test_what_recurs_is_current_until_it_is_ended(database: Database) -> None:
    stored(database, work(NOON, 60, rrule="FREQ=DAILY", id="a"))
    assert current(database, NOON + 900 * DAY) == ["a"]
    assert ended(database, "a", NOON + DAY)
    assert (current(database, NOON + DAY - 1), current(database, NOON + DAY)) == (["a"], [])


def test_work_is_ended_once_and_not_after_it_is_over(database: Database) -> None:
    stored(database, work(NOON, 60, id="a"), work(NOON, 60, id="b"))
    assert [ended(database, "a", NOON + 30) for _ in range(2)] == [True, False]
    assert not ended(database, "b", NOON + 60)
    assert not ended(database, "nobody", NOON)
    with database.read() as connection:
        found = maintenances.load(connection, "a")
    assert (found.ended_at, found.updated_at) == (NOON + 30, NOON + 30)


def test_readers_are_told_of_each_change_and_of_nothing_else(database: Database) -> None:
    before = version(database)
    stored(database, work(NOON, 60, id="a"))
    assert ended(database, "a", NOON)
    assert version(database) == before + 2
    assert not ended(database, "a", NOON)
    assert version(database) == before + 2


def test_maintenance_adds_up_over_batches_and_is_not_observed(database: Database) -> None:
    for number in (1, 2):
        ledger = Ledger()
        ledger.maintain("api", NOON - 90, NOON + 30)
        ledger.book("api", NOON + 30, NOON + 60, DEGRADED)
        with database.write() as connection:
            rollups.add(connection, number, ledger)
    with database.read() as connection:
        day = rollups.load(connection, "day", 0)["api", int(NOON - DAY / 2)]
        hours = rollups.load(connection, "hour", 0)
    assert (day.maintenance_seconds, day.observed_seconds, day.degraded_seconds) == (240, 60, 60)
    assert [hours["api", int(NOON) - before].maintenance_seconds for before in (HOUR, 0)] == [180, 60]


def test_time_is_booked_around_the_windows() -> None:
    ledger, window = Ledger(), Window("w", work(0.0), NOON + 60, NOON + 180)
    ledger.book_around("api", (NOON, NOON + 300), UNHEALTHY, [window])
    hour = ledger.entries[Key("hour", "api", int(NOON))]
    assert (hour.down_seconds, hour.observed_seconds, hour.maintenance_seconds) == (180, 180, 120)


@given(
    st.floats(0, 2 * DAY),
    st.floats(0, DAY),
    st.lists(st.tuples(st.floats(0, 3 * DAY), st.floats(1, DAY)), max_size=4),
    st.sampled_from([HEALTHY, DEGRADED, UNHEALTHY]),
)
def test_every_second_is_booked_once(
    start: float, length: float, spans: list[tuple[float, float]], status: Status
) -> None:
    ledger = Ledger()
    given_windows = [Window("w", work(0.0), begin, begin + lasts) for begin, lasts in spans]
    ledger.book_around("api", (start, start + length), status, given_windows)
    for unit in ("hour", "day"):
        entries = [entry for key, entry in ledger.entries.items() if key.unit == unit]
        booked = sum(entry.observed_seconds + entry.maintenance_seconds for entry in entries)
        assert booked == pytest.approx(length, abs=1e-3)
        assert sum(entry.down_seconds for entry in entries) == pytest.approx(
            sum(entry.observed_seconds for entry in entries) if status is UNHEALTHY else 0.0
        )


def test_merging_keeps_all_seconds() -> None:
    first, second = Ledger(), Ledger()
    first.maintain("api", NOON, NOON + 10)
    second.book("api", NOON, NOON + 10, HEALTHY)
    [one, other] = (ledger.entries[Key("day", "api", int(NOON - DAY / 2))] for ledger in (first, second))
    one.merge(other)
    assert msgspec.structs.astuple(one)[1:4] == (10, 0, 0)
    assert one.maintenance_seconds == 10
