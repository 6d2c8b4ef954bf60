"""Messages as they would be decided: Redis fell at 12:03:10 UTC on 23 November 2026."""

from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from monitoring.alerts.channel import Links
from monitoring.alerts.message import Message
from monitoring.status import Cause, Status
from monitoring.store.alerts import Event

BEGAN = datetime(2026, 11, 23, 12, 3, 10, tzinfo=UTC).timestamp()
LINKS = Links(
    page=lambda message: f"https://status.example/status/{message.check}",
    acknowledge=lambda message: f"https://status.example/acknowledge?key={message.dedup_key}&sign=x",
)
NO_LINKS = Links(page=lambda _: None, acknowledge=lambda _: None)


def trigger(**changes: Any) -> Message:
    """Redis is down for 40 s."""
    usual = Message(
        event=Event.TRIGGER,
        dedup_key="daymark/redis/1",
        check="redis",
        title="Redis",
        group="Infrastructure",
        status=Status.UNHEALTHY,
        cause=Cause.REFUSED,
        error="connection refused by 10.0.0.7",
        began_at=BEGAN,
        confirmed_at=BEGAN + 30,
        at=BEGAN + 40,
        correlation_id="run-17",
    )
    return replace(usual, **changes)


def reminder(number: int = 2, **changes: Any) -> Message:
    """It still is, an hour later."""
    return trigger(event=Event.REMINDER, number=number, at=BEGAN + 3600, **changes)


def resolve(**changes: Any) -> Message:
    """It is back after 4 min 12 s."""
    over = {"event": Event.RESOLVE, "status": Status.HEALTHY, "number": 2, "ended_at": BEGAN + 252, "at": BEGAN + 260}
    return trigger(**{**over, **changes})
