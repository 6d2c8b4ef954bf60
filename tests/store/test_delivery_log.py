"""How deliveries have ended, for people."""

from monitoring.store import deliveries, delivery_log
from monitoring.store.database import Connection, Database
from monitoring.store.deliveries import Delivery, Event, Outcome
from tests.support.results import NOON


def ended(name: str, outcome: Outcome | None, after: float, channel: str = "ops", position: int = 1) -> Delivery:
    return Delivery(
        id=name,
        channel=channel,
        dedup_key="daymark/search",
        event=Event.TRIGGER,
        body="{}",
        position=position,
        created_at=NOON,
        send_at=NOON,
        outcome=outcome,
        done_at=None if outcome is None else NOON + after,
        answer="200 ok",
    )


def fill(connection: Connection) -> None:
    told = [
        ended("first", Outcome.SENT, 1),
        ended("third", Outcome.SENT, 2, "mail", position=3),
        ended("second", Outcome.SENT, 2, position=2),
        ended("orphan", Outcome.UNDELIVERABLE, 3, "gone"),
        ended("given up", Outcome.GIVEN_UP, 4),
        ended("waits", None, 0),
    ]
    deliveries.add(connection, told)


def test_those_that_were_taken_come_newest_first(database: Database) -> None:
    with database.write() as connection:
        fill(connection)
        assert [each.id for each in delivery_log.sent(connection, 50)] == ["third", "second", "first"]
        [newest] = delivery_log.sent(connection, 1)
    assert (newest.channel, newest.outcome, newest.answer) == ("mail", Outcome.SENT, "200 ok")


def test_those_that_failed_come_newest_first_and_since_a_time(database: Database) -> None:
    with database.write() as connection:
        fill(connection)
        assert [each.id for each in delivery_log.failed(connection, NOON + 3, 50)] == ["given up", "orphan"]
        assert [each.id for each in delivery_log.failed(connection, NOON + 3, 1)] == ["given up"]
        assert [each.id for each in delivery_log.failed(connection, NOON + 3.5, 50)] == ["given up"]


def test_each_channel_that_took_something_has_its_last_time(database: Database) -> None:
    with database.write() as connection:
        assert delivery_log.last_sent(connection) == {}
        fill(connection)
        assert delivery_log.last_sent(connection) == {"ops": NOON + 2, "mail": NOON + 2}
