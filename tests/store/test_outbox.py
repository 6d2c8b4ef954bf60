"""Entries on their way into the store: each once, whatever happens in between."""

import os
import threading

import pytest

from monitoring.costs import Cost
from monitoring.errors.occurrence import Occurrence
from monitoring.metrics import metrics
from monitoring.store import costs, models, outbox
from monitoring.store.audit import AuditEntry
from monitoring.store.database import Database
from monitoring.store.outbox import Outbox
from tests.store.measured import Line, count, occurrence, on_line, slow
from tests.support.results import NOON
from tests.support.waiting import until


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "GATHER_SECONDS", 0.02)
    monkeypatch.setattr(outbox, "LONGEST_RETRY_SECONDS", 0.05)


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Line:
    return on_line(monkeypatch)


def cost(amount: float = 1.0, provider: str = "openai") -> Cost:
    return Cost(provider, "embedding", amount, NOON)


def spent(database: Database) -> float:
    with database.read() as connection:
        return costs.spent(connection, "openai", "2000-01-01", "2100-01-01")


def test_every_kind_of_entry_finds_its_table(database: Database) -> None:
    box = Outbox(database, "host:1", "shop")
    for entry in (cost(), slow(), occurrence(), AuditEntry("login", "ada", NOON)):
        box.put(entry)
    assert box.flush(5)
    tables = (models.costs, models.slow_operations, models.error_occurrences, models.error_groups, models.audit)
    assert [count(database, table) for table in tables] == [1] * 5


def test_the_thread_writes_without_being_asked(sqlite: Database) -> None:
    box = Outbox(sqlite, "host:1", "shop")
    box.put(cost())
    until(lambda: count(sqlite, models.costs) == 1, 5)


def test_no_thread_runs_before_there_is_anything_to_write(sqlite: Database) -> None:
    before = threading.active_count()
    assert Outbox(sqlite, "host:1", "shop").flush(0)
    assert threading.active_count() == before


def test_a_commit_whose_answer_was_lost_doubles_nothing(database: Database, line: Line) -> None:
    box = Outbox(database, "host:1", "shop")
    line.lose_answers = 2
    for amount in (1.0, 2.0):
        box.put(cost(amount))
        box.put(occurrence())
    assert box.flush(5) or box.flush(5)
    until(lambda: not box._sending, 5)
    assert (line.lose_answers, spent(database), count(database, models.error_occurrences)) == (0, 3.0, 2)


def test_what_happens_while_the_store_is_away_is_written_afterwards(database: Database, line: Line) -> None:
    box = Outbox(database, "host:1", "shop")
    line.away = True
    for _ in range(1200):
        box.put(cost())
    assert not box.flush(0.1)
    line.away = False
    until(lambda: spent(database) == 1200, 10)
    assert box.dropped == 0


def test_what_is_one_too_many_is_dropped_and_counted(
    sqlite: Database, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "WAITING", 10)
    monkeypatch.setattr(outbox, "BATCH", 1)
    box = Outbox(sqlite, "host:1", "shop")
    line.away = True
    box.put(cost())
    until(lambda: box._failures, 5)
    for _ in range(25):
        box.put(cost())
    assert (len(box._waiting), box.dropped) == (10, 15)


def test_an_entry_that_the_store_refuses_costs_no_other(database: Database) -> None:
    box = Outbox(database, "host:1", "shop")
    box.put(cost(2.0))
    box.put(cost(float("nan")))
    box.put("no entry at all")  # type: ignore[arg-type]
    box.put(slow())
    box.put(cost(3.0, "other"))
    assert box.flush(5)
    assert (spent(database), count(database, models.slow_operations), count(database, models.costs)) == (2.0, 1, 2)
    assert box.dropped == 2


def test_many_threads_may_put_at_once(sqlite: Database) -> None:
    box = Outbox(sqlite, "host:1", "shop")
    threads = [threading.Thread(target=lambda: [box.put(cost()) for _ in range(200)]) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert box.flush(5)
    assert spent(sqlite) == 1000


def test_a_fork_writes_its_own_entries_and_none_of_its_parents(sqlite: Database, line: Line) -> None:
    box = Outbox(sqlite, "host:1", "shop")
    line.away = True
    box.put(cost(1.0))
    until(lambda: box._failures, 5)
    sqlite.close()
    child = os.fork()
    if child == 0:
        line.away = False
        box.put(cost(10.0))
        os._exit(0 if box.flush(5) else 1)
    assert os.waitpid(child, 0)[1] == 0
    line.away = False
    until(lambda: spent(sqlite) == 11.0, 5)


def test_processes_of_many_instances_do_not_get_in_each_others_way(database: Database) -> None:
    boxes = [Outbox(database, f"host:{number}", "shop") for number in range(4)]
    for turn in range(25):
        for box in boxes:
            box.put(occurrence(NOON + turn, correlation_id=f"r{turn}"))
    assert all(box.flush(10) for box in boxes)
    with database.read() as connection:
        assert connection.execute(models.error_groups.select()).one().count == 100


def test_a_storm_of_errors_leaves_room_for_costs_and_each_drop_is_a_metric(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "WAITING", 10)
    monkeypatch.setattr(outbox, "WAITING_BESIDES_COSTS", 8)
    counted = list[str]()
    monkeypatch.setattr(metrics, "dropped", counted.append)
    box = Outbox(sqlite, "host:1", "shop")
    box._thread = threading.current_thread()  # nobody takes anything out
    for entry in [occurrence()] * 20 + [cost()] * 3:
        box.put(entry)
    assert [sum(isinstance(each, kind) for each in box._waiting) for kind in (Occurrence, Cost)] == [8, 2]
    assert (box.dropped, counted) == (13, ["outbox"] * 13)
