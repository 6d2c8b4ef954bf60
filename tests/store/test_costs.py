"""The ledger: nothing lost, nothing doubled, whenever it is folded."""

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitoring.clock import DAY_SECONDS, day_of
from monitoring.costs import Cost
from monitoring.store import costs, models
from monitoring.store.costs import CostDay
from monitoring.store.database import Database
from monitoring.store.entries import Origin
from tests.store.measured import count
from tests.support.results import NOON

SHOP, SEARCH = Origin("host:1", "shop"), Origin("host:2", "search")
TODAY, MONTH_AGO = day_of(NOON), day_of(NOON - 30 * DAY_SECONDS)


def spend(database: Database, origin: Origin, first: int, *entries: Cost) -> None:
    with database.write() as connection:
        costs.add(connection, origin, list(enumerate(entries, start=first)))


def back(days: float, amount: float = 1.0, provider: str = "openai", operation: str = "embedding") -> Cost:
    return Cost(provider, operation, amount, NOON - days * DAY_SECONDS)


def ledger(database: Database) -> list[CostDay]:
    with database.read() as connection:
        return costs.by_day(connection, MONTH_AGO, TODAY)


def test_costs_add_up_by_day_service_and_operation(database: Database) -> None:
    spend(database, SHOP, 1, back(0, 1.5), back(0, 2), back(0, 4, operation="chat"), back(1, 8))
    spend(database, SEARCH, 1, back(0, 16))
    yesterday = day_of(NOON - DAY_SECONDS)
    assert ledger(database) == [
        CostDay(yesterday, "shop", "openai", "embedding", 8, 1),
        CostDay(TODAY, "search", "openai", "embedding", 16, 1),
        CostDay(TODAY, "shop", "openai", "chat", 4, 1),
        CostDay(TODAY, "shop", "openai", "embedding", 3.5, 2),
    ]


def test_a_batch_written_twice_counts_once(database: Database) -> None:
    for _ in range(2):
        spend(database, SHOP, 1, back(0), back(0), back(0, provider="s3"))
    assert sum(day.amount for day in ledger(database)) == 3


def test_folding_changes_no_sum_and_leaves_two_days(database: Database) -> None:
    spend(database, SHOP, 1, *(back(days) for days in range(5)))
    before = ledger(database)
    for _ in range(2):
        with database.write() as connection:
            assert not costs.fold(connection, NOON)
        assert ledger(database) == before
    assert (count(database, models.costs), count(database, models.cost_days)) == (2, 3)


def test_a_cost_that_comes_late_is_added_to_its_folded_day(database: Database) -> None:
    for first in (1, 2):
        spend(database, SHOP, first, back(3))
        with database.write() as connection:
            costs.fold(connection, NOON)
    assert ledger(database) == [CostDay(day_of(NOON - 3 * DAY_SECONDS), "shop", "openai", "embedding", 2, 2)]


def test_a_fold_that_is_rolled_back_has_done_nothing(database: Database) -> None:
    spend(database, SHOP, 1, back(3))
    with database.engine.connect() as connection:
        costs.fold(connection, NOON)
        connection.rollback()
    assert (count(database, models.costs), count(database, models.cost_days)) == (1, 0)


def test_what_was_spent_is_known_by_provider_over_all_services(database: Database) -> None:
    spend(database, SHOP, 1, back(3, 4), back(0, 1), back(0, 9, provider="s3"))
    spend(database, SEARCH, 1, back(0, 2))
    with database.write() as connection:
        costs.fold(connection, NOON)
        assert costs.spent(connection, "openai", MONTH_AGO, TODAY) == 7
        assert costs.spent(connection, "openai", TODAY, TODAY) == 3
        assert costs.spent(connection, "nobody", MONTH_AGO, TODAY) == 0


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(1, 100)), min_size=1, max_size=30), st.integers(1, 5))
def test_whatever_is_folded_when_the_sum_stays(sqlite: Database, spendings: list[tuple[int, int]], chunk: int) -> None:
    with sqlite.write() as connection:
        for table in (models.costs, models.cost_days):
            connection.execute(sa.delete(table))
    kept, costs.CHUNK = costs.CHUNK, chunk
    try:
        for number, (days, amount) in enumerate(spendings):
            spend(sqlite, SHOP, number, back(days, amount))
            with sqlite.write() as connection:
                costs.fold(connection, NOON)
    finally:
        costs.CHUNK = kept
    days = ledger(sqlite)
    assert (sum(day.amount for day in days), sum(day.count for day in days)) == (
        sum(amount for _, amount in spendings),
        len(spendings),
    )
