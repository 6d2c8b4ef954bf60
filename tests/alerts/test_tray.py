"""What one channel may send next, and what the store knows of it."""

import pytest
from msgspec.structs import replace

from monitoring.alerts import tray as trays
from monitoring.alerts.tray import Tray
from monitoring.store.deliveries import Delivery, Outcome
from tests.alerts.office import delivery

DUE = 1e12
"""A time at which all is due."""


def holding(*batch: Delivery, digests: bool = True, stored: bool = True) -> Tray:
    tray = Tray(digests)
    tray.add(batch, stored)
    return tray


def ready(tray: Tray, now: float = DUE) -> list[list[int]]:
    return [[each.position for each in unit] for unit in tray.ready(now).units]


def sent(each: Delivery) -> Delivery:
    return replace(each, outcome=Outcome.SENT, done_at=1.0)


def test_it_is_sent_in_the_order_in_which_it_was_decided() -> None:
    assert ready(holding(delivery(3), delivery(1), delivery(2))) == [[1], [2], [3]]


def test_a_resolve_waits_for_its_trigger() -> None:
    trigger, resolve = delivery(1, dedup_key="a", send_at=50), delivery(2, dedup_key="a", send_at=10)
    tray = holding(trigger, resolve, delivery(3, send_at=10))
    assert ready(tray, 20) == [[3]]
    tray.settle([sent(trigger)])
    assert ready(tray, 20) == [[2], [3]]


def test_it_says_when_there_will_be_more() -> None:
    tray = holding(delivery(1, send_at=70), delivery(2, send_at=50), delivery(3, send_at=10))
    assert tray.ready(20).next_at == 50
    assert tray.ready(70).next_at is None


def test_those_of_one_digest_go_together() -> None:
    assert ready(holding(delivery(1, digest="d"), delivery(2), delivery(3, digest="d"))) == [[1, 3], [2]]


def test_a_channel_without_digests_gets_them_one_by_one() -> None:
    assert ready(holding(delivery(1, digest="d"), delivery(2, digest="d"), digests=False)) == [[1], [2]]


def test_a_channel_without_digests_does_not_wait_for_one_to_be_gathered() -> None:
    gathered = delivery(1, digest="d", send_at=100)
    tray = holding(gathered, digests=False)
    assert ready(tray, 20) == [[1]]
    tray.settle([replace(gathered, attempts=1, send_at=30)])
    assert (ready(tray, 20), tray.ready(20).next_at, ready(tray, 30)) == ([], 30, [[1]])


def test_a_trigger_and_its_resolve_may_be_of_one_digest() -> None:
    pair = delivery(1, digest="d", dedup_key="a"), delivery(2, digest="d", dedup_key="a")
    assert ready(holding(*pair)) == [[1, 2]]
    assert ready(holding(*pair, digests=False)) == [[1]]


def test_what_follows_something_older_does_not_keep_its_digest_waiting() -> None:
    older, follower = delivery(1, dedup_key="a", send_at=100), delivery(2, dedup_key="a", digest="d", send_at=10)
    assert ready(holding(older, follower, delivery(3, digest="d", send_at=10)), 50) == [[3]]


def test_what_somebody_else_has_claimed_is_left_alone_for_a_while() -> None:
    tray = holding(delivery(1, send_at=10))
    tray.hold_back(["chat-1"], 30)
    assert (ready(tray, 20), tray.ready(20).next_at, ready(tray, 30)) == ([], 30, [[1]])


def test_what_is_here_already_is_left_as_it_is() -> None:
    first = delivery(1)
    tray = holding(first)
    tray.settle([sent(first)])
    assert tray.add([first], stored=True) == 0
    assert ready(tray) == []


def test_what_is_done_stays_until_the_store_knows() -> None:
    first = delivery(1)
    tray = holding(first)
    tray.settle([sent(first)])
    [tried] = tray.unrecorded()
    assert not tray.empty
    tray.recorded([tried])
    assert tray.empty


def test_what_the_store_has_never_seen_is_not_recorded_but_saved() -> None:
    first = delivery(1)
    tray = holding(first, stored=False)
    tray.settle([sent(first)])
    assert (tray.unrecorded(), [each.outcome for each in tray.unsaved()]) == ([], [Outcome.SENT])
    tray.recorded(tray.unsaved())
    assert tray.empty


def test_what_is_sent_while_it_is_being_saved_is_recorded_afterwards() -> None:
    first = delivery(1)
    tray = holding(first, stored=False)
    snapshot = tray.unsaved()
    tray.settle([sent(first)])
    tray.recorded(snapshot)
    assert (tray.unsaved(), [each.outcome for each in tray.unrecorded()]) == ([], [Outcome.SENT])


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trays, "HELD", 2)


def test_what_there_is_no_room_for_stays_in_the_store(small: None) -> None:
    tray = holding(*(delivery(number) for number in (1, 2, 3)))
    tray.discard(["chat-1"])
    assert tray.add([delivery(4)], stored=True) == 1  # the third comes first
    assert (ready(tray), tray.overflown) == ([[2]], True)


def test_what_the_store_has_never_seen_is_refused_where_there_is_no_room(small: None) -> None:
    tray = Tray(digests=True)
    assert tray.add([delivery(number) for number in (1, 2, 3)], stored=False) == 1
    assert not tray.overflown
