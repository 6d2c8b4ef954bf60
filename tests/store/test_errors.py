"""Errors over many processes: counted once, in groups, and not for ever."""

import threading

import pytest

from monitoring.store import errors, models, retention
from monitoring.store.database import Database
from monitoring.store.entries import Origin
from monitoring.store.errors import ErrorCounts, ErrorGroup
from tests.store.measured import count, occurrence
from tests.support.results import NOON

SHOP = Origin("host:1", "shop")


def group(database: Database) -> ErrorGroup:
    with database.read() as connection:
        [only] = errors.groups(connection, 0)
    return only


def test_errors_of_one_place_are_one_group(database: Database) -> None:
    with database.write() as connection:
        for worker in range(4):
            entries = [(number, occurrence(NOON + worker + number)) for number in range(3)]
            errors.add(connection, Origin(f"host:{worker}", "shop"), entries)
        errors.add(connection, Origin("host:9", "search"), [(1, occurrence())])
        groups = {each.service: each for each in errors.groups(connection, 0)}
        [last] = errors.groups(connection, NOON + 1)
    assert (groups["shop"].count, groups["search"].count, last.service) == (12, 1, "shop")
    assert (groups["shop"].first_at, groups["shop"].last_at) == (NOON, NOON + 5)


def test_an_error_written_twice_counts_once(database: Database) -> None:
    for _ in range(2):
        with database.write() as connection:
            errors.add(connection, SHOP, [(1, occurrence()), (2, occurrence())])
    assert group(database).count == 2
    with database.write() as connection:
        errors.add(connection, SHOP, [(2, occurrence()), (3, occurrence())])
    assert (group(database).count, count(database, models.error_occurrences)) == (3, 3)


def test_the_sample_is_of_the_last_error_whenever_it_comes(database: Database) -> None:
    with database.write() as connection:
        errors.add(connection, SHOP, [(1, occurrence(NOON, stack="new", message="new"))])
        errors.add(connection, SHOP, [(2, occurrence(NOON - 9, stack="old", message="old"))])
    found = group(database)
    assert (found.stack, found.message, found.first_at) == ("new", "new", NOON - 9)


def test_the_last_ten_correlation_ids_are_kept(database: Database) -> None:
    with database.write() as connection:
        entries = [(number, occurrence(NOON + number, correlation_id=f"r{number}")) for number in range(15)]
        errors.add(connection, SHOP, entries[:8])
        errors.add(connection, SHOP, entries[8:])
        errors.add(connection, SHOP, [(99, occurrence(NOON + 99, correlation_id="r14"))])
    assert group(database).correlation_ids == [f"r{number}" for number in range(14, 4, -1)]


def test_processes_that_count_at_once_lose_nothing(database: Database) -> None:
    def work(worker: int) -> None:
        for number in range(5):
            with database.write() as connection:
                errors.add(connection, Origin(f"host:{worker}", "shop"), [(number, occurrence()), (9, occurrence())])

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert group(database).count == 4 * 6


def test_at_most_so_many_of_a_type_are_kept_and_all_are_counted(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errors, "KEPT_PER_TYPE", 5)
    with database.write() as connection:
        errors.add(connection, SHOP, [(number, occurrence(NOON + number)) for number in range(20)])
        errors.add(connection, SHOP, [(50, occurrence(NOON, "KeyError"))])
        kept = errors.times(connection, 0)
        assert errors.groups(connection, NOON + 1)[0].count == 20
    assert kept == {"ValueError": [NOON + number for number in range(15, 20)], "KeyError": [NOON]}


def test_statistics_are_of_the_last_hour_and_the_last_five_minutes(database: Database) -> None:
    ages = (10, 299, 301, 3599, 3601)
    with database.write() as connection:
        errors.add(connection, SHOP, [(age, occurrence(NOON - age)) for age in ages])
        errors.add(connection, Origin("host:2", "search"), [(1, occurrence(NOON - 5, "KeyError"))])
        found, of_shop = errors.stats(connection, NOON), errors.stats(connection, NOON, "shop")
    assert found == {
        "total_errors": 5,
        "errors_by_type": {"KeyError": 1, "ValueError": 4},
        "recent_errors": {"KeyError": 1, "ValueError": 2},
    }
    assert of_shop["errors_by_type"] == {"ValueError": 4}
    assert ErrorCounts(database, "search").counts(NOON - 60) == {"KeyError": 1}


def test_occurrences_live_for_an_hour_and_groups_for_longer(database: Database) -> None:
    with database.write() as connection:
        errors.add(connection, SHOP, [(1, occurrence(NOON - 3700)), (2, occurrence(NOON - 3500))])
        retention.prune(connection, NOON)
    assert (count(database, models.error_occurrences), group(database).count) == (1, 2)


def test_words_that_a_database_refuses_are_mended_and_long_ones_cut(database: Database) -> None:
    odd = occurrence(kind="E" * 300, message="a\0b\udc80", stack="x" * 20_000, correlation_id="c" * 200)
    with database.write() as connection:
        errors.add(connection, SHOP, [(1, odd)])
    found = group(database)
    assert (len(found.type), found.message, len(found.stack)) == (200, "a\ufffdb?", 16_384)
    assert found.correlation_ids == ["c" * 128]
