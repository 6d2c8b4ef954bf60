"""Slow operations, newest first."""

import pytest

from monitoring.store import models, retention, slow_operations
from monitoring.store.database import Database
from monitoring.store.entries import Origin
from tests.store.measured import count, slow
from tests.support.results import NOON

SHOP = Origin("host:1", "shop")


def test_it_comes_back_as_it_was_stored(database: Database) -> None:
    with database.write() as connection:
        for _ in range(2):
            slow_operations.add(connection, SHOP, [(1, slow(correlation_id="r1", table="orders", rows=3))])
        [stored] = slow_operations.latest(connection, NOON - 1)
    assert (stored.service, stored.name, stored.seconds, stored.threshold_seconds) == ("shop", "db.query", 2.0, 0.1)
    assert (stored.correlation_id, stored.details) == ("r1", {"table": "orders", "rows": 3})


def test_the_latest_come_first(database: Database) -> None:
    with database.write() as connection:
        slow_operations.add(connection, SHOP, [(number, slow(NOON + number)) for number in range(5)])
        slow_operations.add(connection, Origin("host:2", "search"), [(1, slow(NOON + 9))])
        found = slow_operations.latest(connection, NOON + 2, limit=2)
        of_shop = slow_operations.latest(connection, NOON + 2, service="shop")
    assert [each.at - NOON for each in found] == [9, 4]
    assert [each.at - NOON for each in of_shop] == [4, 3, 2]


def test_details_that_no_json_can_say_are_stored_as_words(database: Database) -> None:
    details = {"path": database, "text": "a\0b", "half": "\udc80"}
    with database.write() as connection:
        slow_operations.add(connection, SHOP, [(1, slow(**details)), (2, slow(NOON - 1, path=SHOP))])
        [broken, stored] = slow_operations.latest(connection, 0)
    assert "unprintable" in broken.details
    assert stored.details == {"path": ["host:1", "shop"]}


def test_only_so_many_are_kept(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "SLOW_OPERATIONS_KEPT", 3)
    with database.write() as connection:
        slow_operations.add(connection, SHOP, [(number, slow(NOON + number)) for number in range(5)])
        retention.prune(connection, NOON)
        assert [each.at - NOON for each in slow_operations.latest(connection, 0)] == [4, 3, 2]


def test_they_live_for_a_week(database: Database) -> None:
    with database.write() as connection:
        slow_operations.add(connection, SHOP, [(days, slow(NOON - days * 86400)) for days in (1, 6, 8)])
        retention.prune(connection, NOON)
    assert count(database, models.slow_operations) == 2
