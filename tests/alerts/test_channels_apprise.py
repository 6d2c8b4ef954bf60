"""Apprise, to a real HTTP server by its json:// service."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

from monitoring.alerts.channel import Undelivered
from monitoring.alerts.channels.apprise import AppriseChannel
from monitoring.settings import AppriseSettings, Duration
from tests.alerts.logged import logged
from tests.alerts.messages import LINKS, resolve, trigger
from tests.support.hooks import Listener

# Apprise imports what Python 3.11 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:.*imghdr:DeprecationWarning")


def channel(url: str, timeout: float = 10) -> AppriseChannel:
    return AppriseChannel(AppriseSettings(name="any", type="apprise", url=url, timeout=Duration(timeout)), LINKS)


def address(listener: Listener) -> str:
    return listener.url.replace("http://", "json://someone:T0KENpass@")


def refusal(one: AppriseChannel) -> str:
    with pytest.raises(Undelivered) as raised:
        one.send([trigger()])
    return str(raised.value)


def test_a_message_arrives_with_its_kind(listener: Listener) -> None:
    one = channel(address(listener))
    assert one.send([trigger()]) == "taken" and one.send([resolve()]) == "taken"
    down, back = (heard.json for heard in listener.heard)
    assert down["title"] == "Redis is down: connection refused, since 12:03:10 UTC (40 s)"
    assert "It said: connection refused by 10.0.0.7" in down["message"]
    assert (down["type"], back["type"]) == ("failure", "success")


def test_several_messages_are_one(listener: Listener) -> None:
    channel(address(listener)).send([trigger(), resolve()])
    [heard] = listener.heard
    assert heard.json["title"] == "2 alerts: 1 down, 1 back" and "Redis is back" in heard.json["message"]


def test_what_is_not_taken_is_undelivered_without_its_secrets(listener: Listener) -> None:
    listener.answer(500)
    with logged() as lines:
        told = refusal(channel(address(listener)))
    assert told.startswith("Apprise could not deliver it: ") and "500" in told
    assert "T0KEN" not in told and not [line for line in lines if line.name.startswith("apprise")]


def test_a_reason_that_names_the_address_is_masked(listener: Listener) -> None:
    result = SimpleNamespace(logs=lambda: [SimpleNamespace(message="cannot reach someone:T0KENpass")])
    assert channel(address(listener))._reason(result) == ": cannot reach ***:***"


def test_the_timeouts_of_apprise_are_the_channels(listener: Listener) -> None:
    [service] = channel(address(listener), timeout=8)._service()
    assert (service.socket_connect_timeout, service.socket_read_timeout) == (4, 8)


def test_a_service_that_hangs_holds_it_no_longer_than_its_timeout(listener: Listener) -> None:
    channel(address(listener)).send([trigger()])  # so that the import does not count
    listener.hang()
    assert "no answer within 1 s" in refusal(channel(address(listener), timeout=1))


def test_an_address_that_apprise_does_not_know_is_said_so() -> None:
    told = refusal(channel("nosuchservice://T0KENpass/x"))
    assert told == "Apprise knows no service of this address, or something in it is missing"


def test_a_service_that_breaks_is_undelivered(listener: Listener, monkeypatch) -> None:
    one = channel(address(listener))
    monkeypatch.setattr(one, "_service", lambda: 1 / 0)
    assert refusal(one) == "Apprise failed (ZeroDivisionError)"


def test_no_library_of_a_channel_is_imported_before_it_is_needed() -> None:
    code = """
import sys
from monitoring.alerts.channels import build
from monitoring.settings import CHANNEL_KINDS
print(sorted({"apprise", "requests", "smtplib"} & sys.modules.keys()))
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
