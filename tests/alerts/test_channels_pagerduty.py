"""What PagerDuty is told."""

from collections.abc import Iterator

import pytest

from monitoring.alerts.channel import Undelivered
from monitoring.alerts.channels.pagerduty import PagerDutyChannel
from monitoring.alerts.trial import trial
from monitoring.settings import PagerDutySettings
from monitoring.status import Status
from tests.alerts.messages import BEGAN, LINKS, reminder, resolve, trigger
from tests.support.hooks import Listener


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener(status=202)
    yield listener
    listener.close()


def sent(listener: Listener, *messages) -> list[dict]:
    settings = PagerDutySettings(name="duty", type="pagerduty", routing_key="R1", url=listener.url)
    PagerDutyChannel(settings, LINKS).send(messages)
    return [heard.json for heard in listener.heard]


def test_a_trigger_and_its_resolve_have_one_key(listener: Listener) -> None:
    down, back = sent(listener, trigger(), resolve())
    assert (down["event_action"], back["event_action"]) == ("trigger", "resolve")
    assert down["dedup_key"] == back["dedup_key"] == "daymark/redis/1"
    assert down["routing_key"] == "R1" and down["client"] == "Daymark"


def test_a_reminder_triggers_again_under_the_same_key(listener: Listener) -> None:
    first, again = sent(listener, trigger(), reminder())
    assert again["event_action"] == "trigger" and again["dedup_key"] == first["dedup_key"]


def test_the_payload_says_what_is_wrong_and_how_bad_it_is(listener: Listener) -> None:
    [event] = sent(listener, trigger(affects=("Shop",)))
    payload = event["payload"]
    assert payload["summary"] == "Redis is down: connection refused, since 12:03:10 UTC (40 s)"
    assert (payload["source"], payload["severity"], payload["class"]) == ("redis", "critical", "refused")
    assert (payload["component"], payload["group"]) == ("Redis", "Infrastructure")
    assert payload["timestamp"] == "2026-11-23T12:03:10.000Z"
    assert payload["custom_details"]["correlation_id"] == "run-17"
    assert payload["custom_details"]["affects"] == ["Shop"]
    assert [link["text"] for link in event["links"]] == ["Status page", "Acknowledge"]


def test_a_degraded_check_is_a_warning_and_what_is_not_known_is_left_out(listener: Listener) -> None:
    [event] = sent(listener, trigger(status=Status.DEGRADED, cause=None, group=""))
    assert event["payload"]["severity"] == "warning"
    assert "class" not in event["payload"] and "group" not in event["payload"]


def test_it_cannot_take_several_at_once(listener: Listener) -> None:
    assert PagerDutyChannel.digests is False
    assert len(sent(listener, trigger(), trigger(dedup_key="daymark/shop/1"))) == 2


def test_a_summary_is_cut_where_pagerduty_would_refuse_it(listener: Listener) -> None:
    [event] = sent(listener, trigger(title="x" * 2000, dedup_key="k" * 300))
    assert len(event["payload"]["summary"]) == 1024 and len(event["dedup_key"]) == 255


def test_a_test_leaves_nobody_with_an_open_alert(listener: Listener) -> None:
    opened, closed = sent(listener, trial("duty", BEGAN))
    assert (opened["event_action"], closed["event_action"]) == ("trigger", "resolve")
    assert opened["dedup_key"] == closed["dedup_key"] and opened["payload"]["severity"] == "info"


def test_an_event_it_refuses_is_undelivered(listener: Listener) -> None:
    listener.answer(400, body='{"status":"invalid event","errors":["routing_key is wrong: R1"]}')
    with pytest.raises(Undelivered, match=r"answered 400: .*invalid event"):
        sent(listener, trigger())
