"""What is said in one decision: messages, encoded and put in order. Pure."""

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from monitoring.alerts.digests import Gathering
from monitoring.alerts.keys import delivery_id
from monitoring.alerts.message import Message
from monitoring.alerts.situation import Situation
from monitoring.status import Status
from monitoring.store.alerts import Alert, Delivery, Event


class Sayings:
    """Collects the deliveries of one decision; `position` is that of the last one before it."""

    def __init__(self, situation: Situation, past: Sequence[Delivery], position: int) -> None:
        self._situation = situation
        self._gathering = Gathering(past, situation.now)
        self._position = position
        self.deliveries: list[Delivery] = []

    def say(self, alert: Alert, event: Event, status: Status, affects: tuple[str, ...] = ()) -> Alert:
        """Say how an alert stands, and return it with the message counted; `affects` are titles of checks.

        It is said no earlier than its last change, whosever clock confirmed that: else it would be news again.
        """
        said_at = max(self._situation.now, alert.changed_at)
        alert = replace(alert, messages=alert.messages + 1, said_at=said_at)
        self._add(alert, event, self._message(alert, event, status, affects))
        return alert

    def _add(self, alert: Alert, event: Event, message: Message) -> None:
        digest, send_at = self._gathering.place(alert.channel)
        number = alert.messages if event is Event.REMINDER else 1  # of the others there is one in an outage, by its id
        delivery = Delivery(
            id=delivery_id(alert.channel, alert.check, alert.began_at, event, number),
            channel=alert.channel,
            dedup_key=alert.dedup_key,
            event=event,
            body=msgspec.json.encode(message).decode(),
            position=self._position + len(self.deliveries) + 1,
            digest=digest,
            created_at=self._situation.now,
            send_at=send_at,
        )
        self.deliveries.append(delivery)

    def _message(self, alert: Alert, event: Event, status: Status, affects: tuple[str, ...]) -> Message:
        subject = self._situation.subject(alert.check)
        return Message(
            event=event,
            dedup_key=alert.dedup_key,
            check=alert.check,
            title=subject.title,
            group=subject.group,
            status=status,
            cause=alert.cause,
            error=alert.error,
            began_at=alert.began_at,
            confirmed_at=alert.confirmed_at,
            ended_at=alert.ended_at,
            at=self._situation.now,
            correlation_id=alert.correlation_id,
            affects=affects,
            flapping=alert.flapping,
            number=alert.messages,
        )
