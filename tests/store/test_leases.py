"""Claiming, renewing and fencing."""

import threading

import pytest

from monitoring.store import leases
from monitoring.store.database import Database
from monitoring.store.leases import Refused


@pytest.fixture
def fence(database: Database) -> int:
    """The fence under which "a" leads."""
    with database.write() as connection:
        claimed = leases.claim(connection, leases.read(connection), "a")
    assert claimed == 1
    return claimed


def begin(database: Database, owner: str, fence: int, batch: int) -> int | Refused:
    with database.write() as connection:
        return leases.begin_batch(connection, owner, fence, batch)


def test_a_claim_fails_when_the_row_has_moved_on(database: Database, fence: int) -> None:
    with database.write() as connection:
        seen = leases.read(connection)
        assert leases.renew(connection, "a", fence)
        assert leases.claim(connection, seen, "b") is None


def test_of_many_rivals_one_wins(database: Database) -> None:
    with database.read() as connection:
        seen = leases.read(connection)
    won: list[int | None] = []

    def rival(name: str) -> None:
        with database.write() as connection:
            won.append(leases.claim(connection, seen, name))

    threads = [threading.Thread(target=rival, args=(str(number),)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won, key=str) == [1, None, None, None, None]


def test_a_new_leader_deposes_the_old_one(database: Database, fence: int) -> None:
    with database.write() as connection:
        leases.claim(connection, leases.read(connection), "b")
        assert not leases.renew(connection, "a", fence)
    assert begin(database, "a", fence, 1) is Refused.DEPOSED


def test_each_batch_raises_the_version(database: Database, fence: int) -> None:
    assert [begin(database, "a", fence, number) for number in (1, 2, 3)] == [1, 2, 3]


def test_a_batch_sent_again_is_recognised(database: Database, fence: int) -> None:
    begin(database, "a", fence, 1)
    assert begin(database, "a", fence, 1) is Refused.WRITTEN
    assert begin(database, "a", fence, 2) == 2


def test_a_batch_rolled_back_was_not_written(database: Database, fence: int) -> None:
    with pytest.raises(ZeroDivisionError), database.write() as connection:
        leases.begin_batch(connection, "a", fence, 1)
        raise ZeroDivisionError
    assert begin(database, "a", fence, 1) == 1


def test_a_lease_given_back_has_no_owner(database: Database, fence: int) -> None:
    with database.write() as connection:
        leases.release(connection, "a", fence)
        assert leases.read(connection).owner == ""
        assert leases.claim(connection, leases.read(connection), "b") == fence + 1


def test_nobody_gives_back_what_another_holds(database: Database, fence: int) -> None:
    with database.write() as connection:
        leases.release(connection, "b", fence)
        assert leases.read(connection).owner == "a"
