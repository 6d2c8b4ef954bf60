"""What anybody's webhook is told, and how it can be sure who told it."""

import hashlib
import hmac

from monitoring.alerts.channels.webhook import WebhookChannel, idempotency_key
from monitoring.alerts.trial import trial
from monitoring.settings import WebhookSettings
from tests.alerts.messages import BEGAN, LINKS, NO_LINKS, reminder, resolve, trigger
from tests.support.hooks import Heard, Listener


def posted(listener: Listener, *messages, secret: str | None = None, links=LINKS) -> Heard:
    WebhookChannel(WebhookSettings(name="hook", type="webhook", url=listener.url, secret=secret), links).send(messages)
    return listener.heard[-1]


def test_a_trigger_is_an_object_with_everything_in_it(listener: Listener) -> None:
    assert posted(listener, trigger(affects=("Shop",))).json == {
        "event": "trigger",
        "dedup_key": "daymark/redis/1",
        "check": "redis",
        "title": "Redis",
        "group": "Infrastructure",
        "status": "unhealthy",
        "cause": "refused",
        "error": "connection refused by 10.0.0.7",
        "summary": "Redis is down: connection refused, since 12:03:10 UTC (40 s)",
        "started_at": "2026-11-23T12:03:10.000Z",
        "ended_at": None,
        "duration_seconds": 40.0,
        "correlation_id": "run-17",
        "affects": ["Shop"],
        "flapping": False,
        "number": 1,
        "test": False,
        "links": {
            "page": "https://status.example/status/redis",
            "acknowledge": "https://status.example/acknowledge?key=daymark/redis/1&sign=x",
        },
    }


def test_a_resolve_says_when_it_ended_and_how_long_it_was(listener: Listener) -> None:
    body = posted(listener, resolve()).json
    assert (body["event"], body["dedup_key"]) == ("resolve", "daymark/redis/1")
    assert (body["ended_at"], body["duration_seconds"]) == ("2026-11-23T12:07:22.000Z", 252.0)
    assert body["links"]["acknowledge"] is None


def test_several_are_one_digest_of_the_same_objects(listener: Listener) -> None:
    body = posted(listener, trigger(), resolve(check="shop")).json
    assert body["event"] == "digest" and [each["check"] for each in body["alerts"]] == ["redis", "shop"]
    assert body["alerts"][0] == posted(listener, trigger()).json


def test_a_signature_proves_who_sent_it_and_when(listener: Listener) -> None:
    heard = posted(listener, trigger(), secret="sesame")
    parts = dict(part.split("=") for part in heard.headers["x-daymark-signature"].split(","))
    signed = f"{parts['t']}.".encode() + heard.body
    assert hmac.compare_digest(parts["v1"], hmac.new(b"sesame", signed, hashlib.sha256).hexdigest())
    assert abs(int(parts["t"]) - heard.at) < 5


def test_without_a_secret_nothing_is_signed(listener: Listener) -> None:
    assert "x-daymark-signature" not in posted(listener, trigger()).headers


def test_a_delivery_has_one_key_however_often_it_is_sent(listener: Listener) -> None:
    first, again = (posted(listener, trigger()).headers["idempotency-key"] for _ in range(2))
    assert first == again == idempotency_key([trigger()])
    others = [[reminder()], [reminder(3)], [resolve()], [trigger(began_at=BEGAN + 1)], [trigger(), resolve()]]
    assert len({first, *map(idempotency_key, others)}) == 6


def test_a_test_is_marked(listener: Listener) -> None:
    assert posted(listener, trial("hook", BEGAN), links=NO_LINKS).json["test"] is True


def test_an_error_is_redacted(listener: Listener) -> None:
    assert "swordfish" not in posted(listener, trigger(error="redis://:swordfish@cache is away")).body.decode()
