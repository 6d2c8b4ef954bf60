"""Calls of jobs: the last of each kind, the log, and how many are kept."""

from typing import Any

import pytest

from monitoring.store import heartbeats
from monitoring.store.database import Database
from monitoring.store.heartbeats import KEPT, Call, Kind, LastCalls
from tests.support.results import NOON


def called(database: Database, *calls: tuple[float, Kind], check: str = "backup", **told: Any) -> None:
    """Store calls so many seconds after noon."""
    with database.write() as connection:
        for after, kind in calls:
            heartbeats.add(connection, Call(check=check, at=NOON + after, kind=kind, **told))


def last(database: Database, check: str = "backup") -> LastCalls | None:
    with database.read() as connection:
        return heartbeats.last(connection, check)


def log(database: Database, check: str = "backup", limit: int = KEPT) -> list[Call]:
    with database.read() as connection:
        return heartbeats.log(connection, check, limit)


def test_nobody_called(database: Database) -> None:
    assert last(database) is None
    assert log(database) == []


def test_the_last_start_and_the_last_end_are_found(database: Database) -> None:
    called(database, (0, Kind.START), (5, Kind.SUCCESS), (60, Kind.START), (90.5, Kind.SUCCESS))
    called(database, (100, Kind.START))
    assert last(database) == LastCalls(start_at=NOON + 100, end_at=NOON + 90.5, seconds=30.5, running=True)


def test_a_start_alone_is_no_end(database: Database) -> None:
    called(database, (0, Kind.START))
    assert last(database) == LastCalls(start_at=NOON, running=True)


def test_a_failure_has_its_exit_code(database: Database) -> None:
    called(database, (0, Kind.SUCCESS))
    called(database, (1, Kind.FAILURE), exit_code=3)
    assert last(database) == LastCalls(end_at=NOON + 1, failed=True, exit_code=3)


@pytest.mark.parametrize("kinds", [(Kind.SUCCESS, Kind.SUCCESS), (Kind.START, Kind.SUCCESS, Kind.FAILURE)])
def test_an_end_without_a_start_of_its_own_has_no_duration(database: Database, kinds: tuple[Kind, ...]) -> None:
    called(database, *((float(number), kind) for number, kind in enumerate(kinds)))
    assert log(database)[0].seconds is None


def test_an_end_ends_what_began_on_a_host_whose_clock_is_ahead(database: Database) -> None:
    called(database, (2, Kind.START), (0, Kind.SUCCESS))
    assert last(database) == LastCalls(start_at=NOON + 2, end_at=NOON, seconds=0.0)


def test_calls_of_one_moment_keep_their_order(database: Database) -> None:
    called(database, (0, Kind.START), (0, Kind.SUCCESS), (0, Kind.FAILURE))
    assert [call.kind for call in log(database)] == [Kind.FAILURE, Kind.SUCCESS, Kind.START]
    found = last(database)
    assert found is not None and found.failed


def test_the_log_is_newest_first_and_of_one_check(database: Database) -> None:
    called(database, (0, Kind.SUCCESS), (1, Kind.SUCCESS), (2, Kind.SUCCESS), body="done")
    called(database, (3, Kind.SUCCESS), check="other")
    assert [(call.at - NOON, call.body) for call in log(database, limit=2)] == [(2, "done"), (1, "done")]


def test_a_body_is_mended_for_the_database(database: Database) -> None:
    called(database, (0, Kind.SUCCESS), body="a\0b\udc80ü")
    assert log(database)[0].body == "a\ufffdb?ü"


def test_only_the_newest_hundred_of_each_check_are_kept(database: Database) -> None:
    called(database, (0, Kind.SUCCESS), check="other")
    called(database, *((float(number), Kind.SUCCESS) for number in range(KEPT + 20)))
    kept = log(database, limit=KEPT * 2)
    assert [kept[0].at - NOON, kept[-1].at - NOON, len(kept)] == [KEPT + 19, 20, KEPT]
    assert len(log(database, "other")) == 1
