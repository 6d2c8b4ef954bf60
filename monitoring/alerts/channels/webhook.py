"""A webhook of anybody's: JSON, signed where it has a secret."""

import hashlib
import hmac
from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec

from monitoring import clock
from monitoring.alerts import words
from monitoring.alerts.channel import Links
from monitoring.alerts.channels.limit import MARGIN_SECONDS
from monitoring.alerts.channels.posting import Post
from monitoring.alerts.message import Message
from monitoring.logs.redaction import redact_text
from monitoring.settings import WebhookSettings

SIGNATURE_HEADER = "X-Daymark-Signature"
KEY_HEADER = "Idempotency-Key"


class WebhookChannel:
    """Posts each message as one object, and several as one whose `alerts` they are."""

    digests: ClassVar[bool] = True

    def __init__(self, settings: WebhookSettings, links: Links) -> None:
        self.name = settings.name
        self.longest_seconds = settings.timeout + MARGIN_SECONDS
        self._settings, self._links = settings, links

    def send(self, messages: Sequence[Message]) -> str:
        """Post and return what was answered; Undelivered where nothing was taken."""
        alerts = [self._alert(message) for message in messages]
        body = msgspec.json.encode(alerts[0] if len(alerts) == 1 else {"event": "digest", "alerts": alerts})
        headers = {KEY_HEADER: idempotency_key(messages)}
        if self._settings.secret is not None:
            headers[SIGNATURE_HEADER] = signature(self._settings.secret, int(clock.now()), body)
        secrets = {self._settings.secret} if self._settings.secret else set()
        return Post(self._settings.url, body, headers, secrets).send(self._settings.timeout)

    def _alert(self, message: Message) -> dict[str, Any]:
        return {
            "event": message.event,
            "dedup_key": message.dedup_key,
            "check": message.check,
            "title": message.title,
            "group": message.group,
            "status": message.status,
            "cause": message.cause,
            "error": None if message.error is None else redact_text(message.error),
            "summary": words.subject(message),
            "started_at": clock.iso(message.began_at),
            "ended_at": None if message.ended_at is None else clock.iso(message.ended_at),
            "duration_seconds": round(message.seconds, 3),
            "correlation_id": message.correlation_id,
            "affects": list(message.affects),
            "flapping": message.flapping,
            "number": message.number,
            "test": message.labelled_test,
            "links": {"page": self._links.page(message), "acknowledge": self._acknowledge(message)},
        }

    def _acknowledge(self, message: Message) -> str | None:
        return dict(words.links(message, self._links)).get(words.ACKNOWLEDGE)


def signature(secret: str, at: int, body: bytes) -> str:
    """Return `t=<at>,v1=<HMAC-SHA256 of "<at>.<body>" in hex>`.

    `at` is Unix seconds: whoever verifies it can refuse what is old, and so what was recorded and is played again.
    """
    signed = hmac.new(secret.encode("utf-8", "surrogateescape"), b"%d.%b" % (at, body), hashlib.sha256)
    return f"t={at},v1={signed.hexdigest()}"


def idempotency_key(messages: Sequence[Message]) -> str:
    """Return what stays the same however often these messages are sent, and is no other's."""
    told = [f"{each.dedup_key}\n{each.began_at:.3f}\n{each.event}\n{each.number}" for each in messages]
    return hashlib.sha256("\n\n".join(told).encode("utf-8", "surrogatepass")).hexdigest()[:32]
