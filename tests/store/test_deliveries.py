"""Deliveries as the store keeps them: who may send them, and who may say how they ended."""

from collections.abc import Sequence

from msgspec.structs import replace

from monitoring.store import deliveries
from monitoring.store.database import Database
from monitoring.store.deliveries import Claimed, Delivery, Event, Outcome
from tests.support.results import NOON


def delivery(number: int = 1, **fields: object) -> Delivery:
    given = {"channel": "chat", "dedup_key": "daymark:api:1", "event": Event.TRIGGER, "body": '{"a":"\\u0000"}'}
    times = {"position": number, "created_at": NOON + number, "send_at": NOON + number}
    return Delivery(id=f"id-{number}", **{**given, **times, **fields})


FIRST = delivery()
SENT = replace(FIRST, attempts=1, outcome=Outcome.SENT, done_at=NOON + 9, answer="200 ok")


def add(database: Database, *batch: Delivery) -> None:
    with database.write() as connection:
        deliveries.add(connection, batch)


def claim(database: Database, owner: str, now: float, ids: Sequence[str] = ("id-1",)) -> Claimed:
    with database.write() as connection:
        return deliveries.claim(connection, ids, owner, now, now + 15)


def record(database: Database, owner: str, *batch: Delivery) -> None:
    with database.write() as connection:
        deliveries.record(connection, owner, batch)


def stored(database: Database) -> list[Delivery]:
    with database.read() as connection:
        return deliveries.recent(connection, 0)


def taken(*ids: str) -> Claimed:
    return Claimed(frozenset(ids), frozenset())


def held(*ids: str) -> Claimed:
    return Claimed(frozenset(), frozenset(ids))


def test_a_delivery_is_stored_once_and_comes_back_as_it_was(database: Database) -> None:
    done = delivery(2, digest="d", attempts=3, outcome=Outcome.GIVEN_UP, done_at=NOON, answer="no")
    add(database, FIRST, done)
    add(database, replace(FIRST, body="{}", position=9), done)
    assert stored(database) == [FIRST, done]


def test_what_is_claimed_is_nobody_elses_until_the_claim_expires(database: Database) -> None:
    add(database, FIRST)
    assert claim(database, "a:1", NOON) == taken("id-1")
    assert claim(database, "b:2", NOON + 14) == held("id-1")
    assert claim(database, "b:2", NOON + 16) == taken("id-1")
    assert claim(database, "a:1", NOON + 17) == held("id-1")


def test_a_claim_can_be_renewed_by_its_owner(database: Database) -> None:
    add(database, FIRST)
    assert [claim(database, "a:1", NOON), claim(database, "a:1", NOON + 5)] == [taken("id-1")] * 2


def test_what_is_done_or_was_never_there_can_be_claimed_by_nobody(database: Database) -> None:
    add(database, SENT, delivery(2))
    assert claim(database, "a:1", NOON, ["id-1", "id-2", "id-3"]) == taken("id-2")


def test_what_was_sent_is_not_unfinished(database: Database) -> None:
    add(database, FIRST, delivery(2))
    claim(database, "a:1", NOON)
    record(database, "a:1", SENT)
    assert stored(database)[0] == SENT
    with database.read() as connection:
        assert [each.id for each in deliveries.unfinished(connection)] == ["id-2"]


def test_what_is_postponed_can_be_claimed_by_anybody(database: Database) -> None:
    add(database, FIRST)
    claim(database, "a:1", NOON)
    later = replace(FIRST, attempts=1, send_at=NOON + 60, answer="503")
    record(database, "a:1", later)
    assert stored(database) == [later]
    assert claim(database, "b:2", NOON + 1) == taken("id-1")


def test_who_comes_late_marks_nothing_that_another_has_claimed_since(database: Database) -> None:
    add(database, FIRST)
    claim(database, "a:1", NOON)
    claim(database, "b:2", NOON + 16)
    record(database, "a:1", SENT)
    assert stored(database) == [FIRST]


def test_who_comes_late_marks_what_nobody_else_has_claimed(database: Database) -> None:
    add(database, FIRST)
    claim(database, "a:1", NOON)
    record(database, "a:1", SENT)
    record(database, "b:2", replace(FIRST, attempts=5))
    assert stored(database) == [SENT]


def test_many_are_recorded_at_once(database: Database) -> None:
    batch = [delivery(number) for number in range(1, 300)]
    add(database, *batch)
    claim(database, "a:1", NOON, [each.id for each in batch])
    sent = [replace(each, outcome=Outcome.SENT, done_at=NOON) for each in batch]
    record(database, "a:1", *sent)
    assert stored(database) == sent


def test_unfinished_ones_come_in_the_order_in_which_they_were_decided(database: Database) -> None:
    add(database, *(delivery(number, channel=f"chat{number % 2}", created_at=NOON - number) for number in (3, 1, 4, 2)))
    with database.read() as connection:
        assert [each.position for each in deliveries.unfinished(connection)] == [1, 2, 3, 4]
        assert [each.position for each in deliveries.unfinished(connection, "chat1")] == [1, 3]
        assert [each.position for each in deliveries.unfinished(connection, limit=2)] == [1, 2]
        assert deliveries.last_position(connection) == 4


def test_nothing_was_decided_before_the_first(database: Database) -> None:
    with database.read() as connection:
        assert deliveries.last_position(connection) == 0


def test_recent_ones_are_those_decided_since(database: Database) -> None:
    add(database, delivery(1), delivery(2))
    with database.read() as connection:
        assert [each.id for each in deliveries.recent(connection, NOON + 2)] == ["id-2"]


def test_what_is_meant_for_a_channel_that_is_gone_is_undeliverable(database: Database) -> None:
    add(database, SENT, delivery(2), delivery(3, channel="pager"))
    with database.write() as connection:
        assert deliveries.mark_undeliverable(connection, ["pager"], NOON + 50) == 1
    sent, gone, pager = stored(database)
    assert (sent, pager.outcome) == (SENT, None)
    assert (gone.outcome, gone.done_at, gone.answer) == (Outcome.UNDELIVERABLE, NOON + 50, deliveries.NO_CHANNEL)


def test_without_any_channel_nothing_can_be_delivered(database: Database) -> None:
    add(database, FIRST)
    with database.write() as connection:
        assert deliveries.mark_undeliverable(connection, [], NOON) == 1


def test_a_long_answer_is_cut(database: Database) -> None:
    add(database, FIRST)
    record(database, "a:1", replace(SENT, answer="\0" + "x" * 1000))
    assert stored(database)[0].answer == "\N{REPLACEMENT CHARACTER}" + "x" * 499
