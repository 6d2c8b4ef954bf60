"""Storing results: exactly once, whatever happens in between."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from monitoring.probing import writer as writers
from monitoring.probing.cycle import Cycle
from monitoring.probing.leader import Tenure
from monitoring.probing.writer import Writer
from monitoring.store import database as databases
from monitoring.store import leases, models, rollups, states
from monitoring.store.database import Database
from tests.probing.fakes import Local
from tests.support.results import HEALTHY, NOON, UNHEALTHY, result, settings
from tests.support.stores import migrated
from tests.support.waiting import until

Start = Callable[[Database], Writer]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start the writer of a new leader; it is ended with the test."""
    made: list[Writer] = []

    def begin(database: Database) -> Writer:
        with database.write() as connection:
            fence = leases.claim(connection, leases.read(connection), "me")
        assert fence is not None
        writer = Writer(database, Tenure("me", fence), lambda: None)
        writer.start()
        made.append(writer)
        return writer

    yield begin
    for writer in made:
        writer.abandon()


def count(database: Database) -> int:
    with database.read() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(models.results)).scalar_one()


def spine(writer: Writer) -> Cycle:
    return Cycle([Local(settings("api"))], [], writer.submit)


def test_what_was_judged_is_stored(database: Database, start: Start) -> None:
    writer = start(database)
    cycle = spine(writer)
    for minute in range(5):
        cycle.settle(result(UNHEALTHY if minute > 1 else HEALTHY, NOON + 60 * minute))
    writer.stop(5)
    with database.read() as connection:
        [state] = states.load(connection)
        [(_, day)] = rollups.load(connection, "day", 0).items()
    assert (state.status, state.since, count(database)) == (UNHEALTHY, NOON + 120, 5)
    assert (day.observed_seconds, day.down_seconds) == (240, 120)


def test_a_new_leader_goes_on_where_the_last_one_was(database: Database, start: Start) -> None:
    first = start(database)
    spine(first).settle(result(HEALTHY, NOON))
    first.stop(5)
    second = start(database)
    with database.read() as connection:
        cycle = Cycle([Local(settings("api"))], states.load(connection), second.submit)
    assert cycle.settle(result(HEALTHY, NOON + 60)).bookings == ((NOON, NOON + 60, HEALTHY),)


def test_a_commit_whose_answer_was_lost_is_not_booked_twice(
    database: Database, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = start(database)
    real, lost = Database.write, threading.Event()

    def losing(self: Database, *limits: float) -> object:
        return _Losing(real(self, *limits), lost)

    monkeypatch.setattr(Database, "write", losing)
    cycle = spine(writer)
    cycle.settle(result(HEALTHY, NOON))
    until(lost.is_set, 5)
    cycle.settle(result(HEALTHY, NOON + 60))
    writer.stop(5)
    with database.read() as connection:
        [(_, day)] = rollups.load(connection, "day", 0).items()
    assert (count(database), day.counts[HEALTHY], day.observed_seconds) == (2, 2, 60)


class _Losing:
    """A transaction that commits, and whose first commit is reported as failed."""

    def __init__(self, transaction: object, lost: threading.Event) -> None:
        self.transaction, self.lost = transaction, lost

    def __enter__(self) -> object:
        return self.transaction.__enter__()

    def __exit__(self, *error: object) -> None:
        self.transaction.__exit__(*error)
        if not self.lost.is_set():
            self.lost.set()
            raise sa.exc.OperationalError("COMMIT", {}, Exception("the line was cut"))


def test_what_waits_while_the_store_is_locked_is_written_afterwards(
    tmp_path: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "LOCK_SECONDS", 0.2)
    monkeypatch.setattr(writers, "RETRY_SECONDS", 0.05)
    with migrated(f"sqlite:///{tmp_path / 'x.db'}") as database:
        writer = start(database)
        other = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        cycle = spine(writer)
        for minute in range(100):
            cycle.settle(result(HEALTHY, NOON + 60 * minute))
        until(lambda: writer._away, 10)
        other.execute("COMMIT")
        other.close()
        until(lambda: count(database) == 100, 10)


def test_a_deposed_writer_writes_nothing_and_says_so(database: Database, start: Start) -> None:
    deposed = threading.Event()
    writer = start(database)
    writer._on_deposed = deposed.set
    with database.write() as connection:
        leases.claim(connection, leases.read(connection), "rival")
    spine(writer).settle(result(HEALTHY, NOON))
    assert deposed.wait(5)
    assert count(database) == 0


def test_raw_results_are_bounded_and_rollups_are_not(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitoring.probing.batch.RAW_RESULTS_KEPT", 10)
    writer = Writer(sqlite, Tenure("me", 1), lambda: None)
    cycle = spine(writer)
    for minute in range(25):
        cycle.settle(result(HEALTHY, NOON + minute))
    batch = writer._next()
    assert batch is not None
    assert (len(batch.results), batch.dropped) == (10, 15)


def test_text_that_a_database_refuses_is_mended(database: Database, start: Start) -> None:
    writer = start(database)
    spine(writer).settle(result(HEALTHY, NOON, error="a\0b\udc80"))
    writer.stop(5)
    with database.read() as connection:
        assert states.load(connection)[0].last.error == "a\ufffdb?"


def test_a_batch_the_store_refuses_does_not_block_the_next(database: Database, start: Start) -> None:
    writer = start(database)
    cycle = spine(writer)
    cycle.settle(result(HEALTHY, NOON, details={"not JSON": object()}))
    until(lambda: not writer._sending and not writer._open, 5)
    cycle.settle(result(HEALTHY, NOON + 60))
    writer.stop(5)
    assert count(database) == 1


def test_old_rows_are_pruned_on_demand(database: Database, start: Start) -> None:
    writer = start(database)
    spine(writer).settle(result(HEALTHY, 1000.0))
    until(lambda: count(database) == 1, 5)
    writer.prune()
    until(lambda: count(database) == 0, 5)
