"""Delivering: to those who answer, refuse, hang and say nothing, and over what happens to the process."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import pytest
from msgspec.structs import replace

from monitoring import clock
from monitoring.alerts import sending
from monitoring.alerts.channel import Channel
from monitoring.alerts.dispatch import Dispatch
from monitoring.alerts.message import Message
from monitoring.alerts.sending import wait_seconds
from monitoring.metrics import metrics
from monitoring.store import deliveries
from monitoring.store.database import Database
from monitoring.store.deliveries import Delivery, Outcome
from tests.alerts.office import Inbox, Post, SinglePost, delivery, lead, rows
from tests.support.hooks import Listener
from tests.support.waiting import until

SENT, GIVEN_UP = Outcome.SENT, Outcome.GIVEN_UP
Deliver = Callable[..., Dispatch]


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "FIRST_WAIT_SECONDS", 0.02)
    monkeypatch.setattr(sending, "HELD_BACK_SECONDS", 0.05)


@pytest.fixture
def deliver() -> Iterator[Deliver]:
    """Have a new leader deliver what the store has; it is ended with the test."""
    begun: list[Dispatch] = []

    def begin(database: Database, *channels: Channel, owner: str = "me") -> Dispatch:
        dispatch = Dispatch(database, channels, owner, lead(database, owner))
        with database.read() as connection:
            dispatch.put(dispatch.load(connection), stored=True)
        dispatch.start()
        begun.append(dispatch)
        return dispatch

    yield begin
    for dispatch in begun:
        dispatch.abandon()
        dispatch.stop(5)


def add(database: Database, *batch: Delivery) -> None:
    with database.write() as connection:
        deliveries.add(connection, batch)


def outcomes(database: Database) -> list[Outcome | None]:
    return [each.outcome for each in rows(database)]


def keys(listener: Listener) -> list[list[str]]:
    """Return the dedup keys of each request that was taken."""
    return [[each["dedup_key"] for each in heard.json] for heard in listener.taken]


def test_what_was_decided_is_sent_and_marked(database: Database, listener: Listener, deliver: Deliver) -> None:
    add(database, delivery(1), delivery(2))
    deliver(database, Post(listener))
    until(lambda: outcomes(database) == [SENT, SENT])
    assert keys(listener) == [["daymark:1"], ["daymark:2"]]
    assert [(each.attempts, each.answer) for each in rows(database)] == [(1, "answered 200")] * 2


def test_a_channel_that_refuses_twice_hears_it_once_and_the_resolve_after_the_trigger(
    database: Database, deliver: Deliver
) -> None:
    listener = Listener(answers=[503, 503])
    add(database, delivery(1, dedup_key="a"), delivery(2, dedup_key="a", event="resolve"))
    deliver(database, Post(listener))
    until(lambda: outcomes(database) == [SENT, SENT])
    listener.close()
    assert (len(listener.heard), keys(listener)) == (4, [["a"], ["a"]])
    assert [each.attempts for each in rows(database)] == [3, 1]


def test_a_channel_that_hangs_delays_nobody_else(database: Database, listener: Listener, deliver: Deliver) -> None:
    hanging = Listener()
    hanging.hang()
    add(database, delivery(1, channel="pager"), delivery(2), delivery(3, channel="pager"))
    deliver(database, Post(hanging, "pager", longest_seconds=60), Post(listener))
    until(lambda: listener.taken and hanging.heard)
    until(lambda: outcomes(database) == [None, SENT, None])
    hanging.close()


def test_a_message_that_is_never_taken_does_not_keep_others_waiting(
    database: Database, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener = Listener(answers=[400])
    monkeypatch.setattr(sending, "FIRST_WAIT_SECONDS", 60)
    add(database, delivery(1), delivery(2))
    deliver(database, Post(listener))
    until(lambda: outcomes(database) == [None, SENT])
    listener.close()
    assert rows(database)[0].answer == "answered 400"


def test_a_digest_is_one_message(database: Database, listener: Listener, deliver: Deliver) -> None:
    add(database, *(delivery(number, digest="d") for number in range(1, 6)))
    deliver(database, Post(listener))
    until(lambda: outcomes(database) == [SENT] * 5)
    assert keys(listener) == [[f"daymark:{number}" for number in range(1, 6)]]


def test_a_digest_is_sent_one_by_one_where_the_channel_has_none(
    database: Database, listener: Listener, deliver: Deliver
) -> None:
    add(database, *(delivery(number, digest="d") for number in (1, 2)))
    deliver(database, SinglePost(listener))
    until(lambda: outcomes(database) == [SENT] * 2)
    assert keys(listener) == [["daymark:1"], ["daymark:2"]]


def test_a_channel_that_asks_for_a_pause_gets_it(database: Database, listener: Listener, deliver: Deliver) -> None:
    listener.answer(429, {"Retry-After": "90"})
    add(database, delivery(1), delivery(2))
    deliver(database, Post(listener))
    first = until(lambda: next((each for each in rows(database) if each.attempts), None))
    assert 80 < first.send_at - clock.now() <= 90
    assert len(listener.heard) == 1  # the second message waits as well


def test_a_channel_that_asks_for_a_year_gets_an_hour(database: Database, listener: Listener, deliver: Deliver) -> None:
    listener.answer(503, {"Retry-After": "31536000"})
    add(database, delivery(1))
    deliver(database, Post(listener))
    first = until(lambda: next((each for each in rows(database) if each.attempts), None))
    assert 3590 < first.send_at - clock.now() <= 3600


def test_it_is_sent_after_the_pause(sqlite: Database, listener: Listener, deliver: Deliver) -> None:
    listener.answer(429, {"Retry-After": "0.3"})
    add(sqlite, delivery(1))
    deliver(sqlite, Post(listener))
    until(lambda: listener.heard)
    listener.recover()
    until(lambda: outcomes(sqlite) == [SENT])


def test_it_is_given_up_after_a_day_and_said_so(
    database: Database, listener: Listener, deliver: Deliver, caplog: pytest.LogCaptureFixture
) -> None:
    listener.answer(500)
    add(database, delivery(1, created_at=clock.now() - 86401), delivery(2))
    deliver(database, Post(listener))
    until(lambda: outcomes(database)[0] is GIVEN_UP)
    assert "An alert was given up" in caplog.text
    assert rows(database)[0].done_at is not None
    assert rows(database)[1].outcome is None


def test_it_is_tried_once_more_when_the_day_is_over(sqlite: Database, listener: Listener, deliver: Deliver) -> None:
    listener.answer(500)
    created_at = clock.now() - 86400 + 30
    add(sqlite, delivery(1, created_at=created_at, attempts=20))
    deliver(sqlite, Post(listener))
    [tried] = until(lambda: [each for each in rows(sqlite) if each.attempts == 21])
    assert abs(tried.send_at - created_at - 86400) < 0.01


def test_what_a_channel_fails_at_by_its_own_fault_is_tried_again(
    sqlite: Database, listener: Listener, deliver: Deliver, caplog: pytest.LogCaptureFixture
) -> None:
    class Faulty(Post):
        faults = 1

        def send(self, messages: Sequence[Message]) -> str:
            if self.faults:
                self.faults = 0
                raise ValueError("canary-secret")
            return super().send(messages)

    add(sqlite, delivery(1))
    deliver(sqlite, Faulty(listener))
    until(lambda: outcomes(sqlite) == [SENT])
    assert "canary-secret" not in caplog.text


def test_what_was_sent_but_not_marked_is_sent_again_once_its_claim_expires(
    database: Database, listener: Listener, deliver: Deliver
) -> None:
    add(database, delivery(1))
    with database.write() as connection:  # by a process that was killed since
        deliveries.claim(connection, ["chat-1"], "dead:1", clock.now(), clock.now() + 0.5)
    deliver(database, Post(listener))
    assert outcomes(database) == [None]
    until(lambda: outcomes(database) == [SENT])
    assert keys(listener) == [["daymark:1"]]


def test_what_another_has_sent_meanwhile_is_not_sent_again(
    database: Database, listener: Listener, deliver: Deliver
) -> None:
    first = delivery(1)
    add(database, first, delivery(2))
    with database.write() as connection:
        deliveries.claim(connection, [first.id], "slow:1", clock.now(), clock.now() + 60)
    dispatch = deliver(database, Post(listener))
    until(lambda: outcomes(database) == [None, SENT])
    with database.write() as connection:
        deliveries.record(connection, "slow:1", [replace(first, outcome=SENT, done_at=clock.now())])
    until(lambda: dispatch._senders["chat"].tray.empty)
    assert keys(listener) == [["daymark:2"]]


def test_who_is_deposed_sends_nothing_more(database: Database, listener: Listener, deliver: Deliver) -> None:
    dispatch = deliver(database, Post(listener))
    lead(database, "rival")
    add(database, delivery(1))
    dispatch.put([delivery(1)], stored=True)
    until(lambda: not dispatch._senders["chat"]._thread.is_alive())
    assert (listener.heard, outcomes(database)) == ([], [None])


def test_who_is_deposed_while_sending_still_marks_what_was_taken(
    database: Database, listener: Listener, deliver: Deliver
) -> None:
    class Deposing(Post):
        def send(self, messages: Sequence[Message]) -> str:
            lead(database, "rival")
            return super().send(messages)

    add(database, delivery(1), delivery(2))
    deliver(database, Deposing(listener))
    until(lambda: outcomes(database) == [SENT, None])
    assert keys(listener) == [["daymark:1"]]


class Digests(Inbox):
    digests = True


def test_ten_thousand_are_delivered_in_order(
    sqlite: Database, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("tray", "dispatch", "sending"):
        monkeypatch.setattr(f"monitoring.alerts.{module}.HELD", 2950)  # room for some of them, not for whole digests
    add(sqlite, *(delivery(number, digest=str(number // 100)) for number in range(10_000)))
    inbox = Digests()
    deliver(sqlite, inbox)
    until(lambda: len(inbox.messages) == 10_000, 60, every=0.1)
    assert [each.dedup_key for each in inbox.messages] == [f"daymark:{number}" for number in range(10_000)]
    until(lambda: set(outcomes(sqlite)) == {SENT})


def test_what_was_decided_without_the_store_is_sent_without_it(
    sqlite: Database, listener: Listener, deliver: Deliver
) -> None:
    dispatch = deliver(sqlite, Post(listener))
    dispatch.line.lost(OSError("away"))
    dispatch.put([delivery(1)], stored=False)
    until(lambda: dispatch.unsaved()[0].outcome is SENT)
    assert (keys(listener), rows(sqlite)) == ([["daymark:1"]], [])


def test_what_is_in_the_store_is_sent_although_the_store_fails(
    sqlite: Database, listener: Listener, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    dispatch = deliver(sqlite, Post(listener))
    add(sqlite, delivery(1))
    sqlite.close()
    monkeypatch.setattr("monitoring.store.database._engine", _no_engine)
    dispatch.put([delivery(1)], stored=True)
    until(lambda: listener.taken)
    until(lambda: dispatch.line.away)
    monkeypatch.undo()
    dispatch.line.found()
    dispatch.wake()
    until(lambda: outcomes(sqlite) == [SENT])
    assert len(listener.heard) == 1


def _no_engine(_url: object) -> None:
    import sqlalchemy as sa

    raise sa.exc.OperationalError("connect", {}, Exception("the line was cut"))


def test_what_is_due_is_sent_before_the_end_and_what_hangs_is_left(
    sqlite: Database, listener: Listener, deliver: Deliver
) -> None:
    hanging = Listener()
    hanging.hang()
    dispatch = deliver(sqlite, Post(hanging, "pager", longest_seconds=60), Post(listener))
    batch = [delivery(1, channel="pager"), delivery(2), delivery(3, send_at=clock.now() + 60)]
    add(sqlite, *batch)
    dispatch.put(batch, stored=True)
    dispatch.stop(0.5)
    assert outcomes(sqlite) == [None, SENT, None]
    hanging.close()


def test_waits_grow_from_two_seconds_to_ten_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "FIRST_WAIT_SECONDS", 2.0)
    assert all(2 <= wait_seconds(1) <= 3 and 8 <= wait_seconds(3) <= 12 for _ in range(100))
    assert len({wait_seconds(1) for _ in range(10)}) > 1
    assert {wait_seconds(attempts) for attempts in (10, 11, 100, 10_000)} == {600.0}


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[str, str]]:
    """What is counted, by name and channel."""
    counted = Counter[tuple[str, str]]()

    def increment(name: str, value: float = 1, tags: dict[str, str] | None = None) -> None:
        counted[name, (tags or {})["channel"]] += int(value)

    monkeypatch.setattr(metrics, "increment", increment)
    return counted


def test_it_counts_by_channel_what_was_sent_refused_and_given_up(
    sqlite: Database, deliver: Deliver, counts: Counter[tuple[str, str]]
) -> None:
    listener = Listener(answers=[500, 500])
    add(sqlite, delivery(1, created_at=clock.now() - 86401), delivery(2))
    deliver(sqlite, Post(listener))
    until(lambda: outcomes(sqlite) == [GIVEN_UP, SENT])
    listener.close()
    assert counts == {("alerts.failed", "chat"): 2, ("alerts.given_up", "chat"): 1, ("alerts.sent", "chat"): 1}
