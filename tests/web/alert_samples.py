"""Alerts and deliveries in every state, made up."""

import msgspec
from msgspec.structs import replace

from monitoring.alerts.message import Message
from monitoring.status import Cause, Status
from monitoring.store import alerts, deliveries
from monitoring.store.alerts import Alert
from monitoring.store.database import Database
from monitoring.store.deliveries import Delivery, Event, Outcome
from tests.web.samples import NOW

ID = "0b6f3c1e-4a52-4f0e-9d6a-7b1f2c3d4e5f"
CANARY = "c4nary-S3cret-value"
DAY = 86400.0
BEGAN = NOW - 2520.125
SEARCH = Alert(
    channel="ops",
    check="search",
    began_at=BEGAN,
    dedup_key="daymark/search/0123456789abcdef0123456789abcdef",
    status=Status.UNHEALTHY,
    cause=Cause.REFUSED,
    error=f"redis://:{CANARY}@db1.internal refused <b>",
    correlation_id=ID,
    confirmed_at=BEGAN + 10,
    changed_at=BEGAN + 10,
    due_at=BEGAN + 10,
    told_at=BEGAN + 10,
    said_at=NOW - 60,
    messages=3,
)
DISK = replace(
    SEARCH,
    check="disk-space",
    dedup_key="daymark/disk",
    status=Status.DEGRADED,
    cause=Cause.CONTENT,
    error="83.1 % used, over 80 %",
    flapping=True,
    correlation_id=None,
)


class Channel(msgspec.Struct, frozen=True):
    name: str
    type: str


CHANNELS = (Channel("ops", "slack"), Channel("mail", "email"), Channel("pager", "pagerduty"))


def delivery(
    name: str, channel: str = "ops", event: Event = Event.TRIGGER, body: str = "", **stands: object
) -> Delivery:
    """Return one delivery; `body` is a message about the search unless it is given."""
    message = Message(
        event=event,
        dedup_key=SEARCH.dedup_key,
        check="search",
        title=f"Search {name}",
        status=Status.UNHEALTHY,
        began_at=BEGAN,
        confirmed_at=BEGAN + 10,
        at=BEGAN + 10,
        correlation_id=ID,
    )
    fields = {"created_at": BEGAN + 10, "send_at": BEGAN + 10, "position": 1, "attempts": 1, **stands}
    text = body or msgspec.json.encode(message).decode()
    return Delivery(id=name, channel=channel, dedup_key=SEARCH.dedup_key, event=event, body=text, **fields)  # type: ignore[arg-type]


def fill(database: Database) -> None:
    """Store two open alerts and one that is over, deliveries that wait, that failed and that were taken."""
    told = [
        SEARCH,
        replace(SEARCH, channel="mail", messages=1),
        replace(SEARCH, channel="pager", told_at=None, messages=0),
    ]
    over = replace(SEARCH, check="old", dedup_key="daymark/old", closed_at=NOW - 5)
    ended = {"done_at": NOW - DAY, "attempts": 40}
    sent = {"outcome": Outcome.SENT, "answer": "200 ok"}
    batch = [
        delivery("waits", "mail", attempts=4, answer="503 come back later", send_at=NOW + 90),
        delivery("unreadable", "pager", body='{"event": "of another version"}', attempts=0),
        delivery("given-up", outcome=Outcome.GIVEN_UP, answer=f"token={CANARY} 403", **ended),
        delivery(
            "orphan", "gone", Event.RESOLVE, outcome=Outcome.UNDELIVERABLE, answer="no longer configured", **ended
        ),
        delivery("long-ago", outcome=Outcome.GIVEN_UP, done_at=NOW - 8 * DAY),
        *(delivery(f"sent-{number}", done_at=NOW - 1000 + number, **sent) for number in range(60)),
        delivery("sent-mail", "mail", done_at=NOW - 3600, **sent),
    ]
    with database.write() as connection:
        alerts.save(connection, [*told, DISK, over])
        deliveries.add(connection, batch)
