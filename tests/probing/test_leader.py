"""One leads. Time is a clock the test turns; the lease is a real row."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from monitoring.probing import leader as leaders
from monitoring.probing.leader import SILENCE_SECONDS, Keeper
from monitoring.store import database as databases
from monitoring.store import leases
from monitoring.store.database import Database
from tests.support.stores import migrated

Make = Callable[..., "Candidate"]


class Clock:
    """A monotonic clock that moves when told."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


class Candidate(Keeper):
    """A keeper that is turned by hand and notes what happens to it."""

    def __init__(self, database: Database) -> None:
        self.events: list[str] = []
        super().__init__(database, lambda tenure: self.events.append(f"leads {tenure.fence}"), self._ends)

    def _ends(self) -> None:
        self.events.append("deposed")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    turned = Clock()
    monkeypatch.setattr(leaders.clock, "monotonic", turned)
    return turned


@pytest.fixture
def pair(database: Database, clock: Clock) -> tuple[Candidate, Candidate]:
    """A leader and a rival that has seen it lead."""
    leader, rival = Candidate(database), Candidate(database)
    leader.turn()
    rival.turn()
    return leader, rival


def test_the_first_to_come_leads(pair: tuple[Candidate, Candidate]) -> None:
    assert [keeper.leads for keeper in pair] == [True, False]
    assert pair[0].events == ["leads 1"]


def test_a_leader_that_renews_is_left_alone(pair: tuple[Candidate, Candidate], clock: Clock) -> None:
    for _ in range(20):
        clock.at += 3
        for keeper in pair:
            keeper.turn()
    assert [keeper.leads for keeper in pair] == [True, False]


def test_a_silent_leader_is_replaced_after_ten_seconds(pair: tuple[Candidate, Candidate], clock: Clock) -> None:
    _, rival = pair
    clock.at += SILENCE_SECONDS - 0.1
    rival.turn()
    assert not rival.leads
    clock.at += 0.1
    rival.turn()
    assert rival.events == ["leads 2"]


def test_a_stopped_leader_has_ended_before_a_rival_begins(pair: tuple[Candidate, Candidate], clock: Clock) -> None:
    leader, rival = pair
    clock.at += SILENCE_SECONDS
    assert not leader.leads
    rival.turn()
    leader.turn()
    assert (leader.events, rival.leads) == (["leads 1", "deposed"], True)


def test_a_deposed_leader_notices_at_its_next_renewal(pair: tuple[Candidate, Candidate], database: Database) -> None:
    leader, _ = pair
    with database.write() as connection:
        leases.claim(connection, leases.read(connection), "somebody")
    leader.turn()
    assert leader.events == ["leads 1", "deposed"]


def test_a_lease_given_back_is_taken_at_once(pair: tuple[Candidate, Candidate]) -> None:
    leader, rival = pair
    leader.stop()
    rival.turn()
    assert rival.events == ["leads 2"]


def test_a_leader_goes_on_while_the_store_is_away(
    pair: tuple[Candidate, Candidate], clock: Clock, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    leader, rival = pair
    _break(monkeypatch)
    for _ in range(60):
        clock.at += 1
        for keeper in pair:
            keeper.turn()
    assert [keeper.leads for keeper in pair] == [True, False]
    monkeypatch.undo()
    monkeypatch.setattr(leaders.clock, "monotonic", clock)
    rival.turn()
    assert not rival.leads
    leader.turn()
    clock.at += 3
    rival.turn()
    assert [keeper.leads for keeper in pair] == [True, False]


def _break(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise databases.PoolTimeout("away")

    monkeypatch.setattr(Database, "write", refuse)
    monkeypatch.setattr(Database, "read", refuse)


def test_a_claim_that_waited_for_a_lock_gives_the_leader_time_to_renew(
    pair: tuple[Candidate, Candidate], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, rival = pair
    clock.at += SILENCE_SECONDS
    claim = leases.claim

    def slow(*given: object) -> int | None:
        clock.at += 1
        return claim(*given)

    monkeypatch.setattr(leases, "claim", slow)
    rival.turn()
    assert not rival.leads
    monkeypatch.setattr(leases, "claim", claim)
    clock.at += leaders.GRACE_SECONDS
    rival.turn()
    assert rival.leads


def test_a_leader_that_cannot_begin_gives_the_lease_back(database: Database) -> None:
    keeper = Candidate(database)
    keeper._on_lead = lambda _fence: (_ for _ in ()).throw(RuntimeError("cannot read the states"))
    with pytest.raises(RuntimeError):
        keeper.turn()
    with database.read() as connection:
        assert leases.read(connection).owner == ""


def test_a_locked_store_is_not_a_dead_leader(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "LOCK_SECONDS", 0.1)
    with migrated(f"sqlite:///{tmp_path / 'x.db'}") as database:
        leader, rival = Candidate(database), Candidate(database)
        leader.turn()
        other = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        for _ in range(40):
            clock.at += 1
            for keeper in (leader, rival):
                keeper.turn()
        other.execute("COMMIT")
        other.close()
        rival.turn()
        leader.turn()
        assert [keeper.leads for keeper in (leader, rival)] == [True, False]
