"""PagerDuty: Events API v2 (https://developer.pagerduty.com/docs/send-alert-event)."""

from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec
from msgspec.structs import replace

from monitoring import clock
from monitoring.alerts import words
from monitoring.alerts.channel import Links
from monitoring.alerts.channels.limit import MARGIN_SECONDS
from monitoring.alerts.channels.posting import Post
from monitoring.alerts.message import Message
from monitoring.settings import PagerDutySettings
from monitoring.status import Status
from monitoring.store.alerts import Event

SUMMARY_LETTERS = 1024
KEY_LETTERS = 255
_SEVERITIES = {Status.UNHEALTHY: "critical", Status.DEGRADED: "warning"}


class PagerDutyChannel:
    """Opens an alert with a key and resolves it with the same one; what opens it again reminds of it."""

    digests: ClassVar[bool] = False

    def __init__(self, settings: PagerDutySettings, links: Links) -> None:
        self.name = settings.name
        self.longest_seconds = 2 * settings.timeout + MARGIN_SECONDS  # a test is two events
        self._settings, self._links = settings, links

    def send(self, messages: Sequence[Message]) -> str:
        """Send one event for each message, in order; return what was answered to the last one.

        Undelivered at the first that is not taken: those before it may be sent again, since their key stays the same.
        A test is resolved at once, so that nobody is left with it.
        """
        answer = ""
        for message in messages:
            answer = self._send(message)
            if message.labelled_test and message.event is not Event.RESOLVE:
                answer = self._send(replace(message, event=Event.RESOLVE, ended_at=message.at))
        return answer

    def _send(self, message: Message) -> str:
        body = msgspec.json.encode(self._event(message))
        return Post(self._settings.url, body, {}, {self._settings.routing_key}).send(self._settings.timeout)

    def _event(self, message: Message) -> dict[str, Any]:
        over = message.event is Event.RESOLVE
        return {
            "routing_key": self._settings.routing_key,
            "event_action": "resolve" if over else "trigger",
            "dedup_key": message.dedup_key[:KEY_LETTERS],
            "client": "Daymark",
            "links": [{"text": text, "href": href} for text, href in words.links(message, self._links)],
            "payload": _payload(message),
        }


def _payload(message: Message) -> dict[str, Any]:
    payload = {
        "summary": words.subject(message)[:SUMMARY_LETTERS],
        "source": message.check,
        "severity": "info" if message.labelled_test else _SEVERITIES.get(message.status, "info"),
        "timestamp": clock.iso(message.began_at),
        "component": message.title,
        "group": message.group or None,
        "class": message.cause,
        "custom_details": _details(message),
    }
    return {key: value for key, value in payload.items() if value is not None}


def _details(message: Message) -> dict[str, Any]:
    return {
        "details": "\n".join(words.details(message)),
        "started_at": clock.iso(message.began_at),
        "ended_at": None if message.ended_at is None else clock.iso(message.ended_at),
        "duration": words.duration(message.seconds),
        "correlation_id": message.correlation_id,
        "affects": list(message.affects),
        "number": message.number,
    }
