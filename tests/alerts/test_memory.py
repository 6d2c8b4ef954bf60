"""What the desk remembers of the past."""

import pytest

from monitoring import clock
from monitoring.alerts.memory import Memory
from monitoring.store import deliveries
from monitoring.store.database import Database
from tests.alerts.office import change, delivery, store


def test_it_reaches_back_as_long_as_a_parent_s_return_may_go_unnoticed(database: Database) -> None:
    an_hour_ago = change(at=clock.now() - 3600)
    store(database, an_hour_ago)
    remembered = []
    for settle_seconds in (60, 7200):
        memory = Memory(settle_seconds)
        with database.read() as connection:
            memory.load(connection, clock.now())
        remembered.append([each.key for each in memory.past.changes])
    assert remembered == [[], [an_hour_ago.key]]


def test_the_table_of_deliveries_is_searched_for_the_last_one_only_at_first(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = Memory()
    with database.write() as connection:
        deliveries.add(connection, [delivery(41, created_at=1.0)])
        memory.load(connection, clock.now())
        monkeypatch.setattr(deliveries, "last_position", None)
        assert memory.read(connection, clock.now()).position == 41
        deliveries.add(connection, [delivery(42)])
        assert memory.read(connection, clock.now()).position == 42
