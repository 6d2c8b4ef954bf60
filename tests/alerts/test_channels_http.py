"""What every channel that posts does when the other side does not take it."""

import email.utils
import threading
import time
from collections.abc import Callable

import pytest

from monitoring.alerts.channel import Channel, Undelivered
from monitoring.alerts.channels import TYPES, build
from monitoring.alerts.channels.answers import said, secrets_of, wait_seconds
from monitoring.alerts.channels.limit import within
from monitoring.settings import CHANNEL_KINDS, Duration, PagerDutySettings, SlackSettings, WebhookSettings
from tests.alerts.logged import logged
from tests.alerts.messages import LINKS, trigger
from tests.support.certificates import Certificates
from tests.support.hooks import Listener
from tests.support.sockets import BlackHole
from tests.support.waiting import until

KEY = "R0utingKeyThatNobodyMaySee"
KINDS = ("slack", "pagerduty", "webhook")


def channel(kind: str, url: str, timeout: float = 5) -> Channel:
    limit = Duration(timeout)
    made = {
        "slack": lambda: SlackSettings(name="one", type="slack", url=url, timeout=limit),
        "pagerduty": lambda: PagerDutySettings(name="one", type="pagerduty", routing_key=KEY, url=url, timeout=limit),
        "webhook": lambda: WebhookSettings(name="one", type="webhook", url=url, secret=KEY, timeout=limit),
    }
    return build([made[kind]()], LINKS)["one"]


def refusal(send: Callable[[], object]) -> Undelivered:
    with pytest.raises(Undelivered) as raised:
        send()
    return raised.value


def test_every_type_that_can_be_configured_can_be_built():
    assert TYPES.keys() == CHANNEL_KINDS.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_it_returns_what_was_answered(kind: str, listener: Listener) -> None:
    assert channel(kind, listener.url).send([trigger()]) == "200: ok"
    assert [heard.method for heard in listener.heard] == ["POST"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", [302, 400, 404, 500, 503])
def test_what_is_not_taken_is_undelivered_with_the_answer(kind: str, status: int, listener: Listener) -> None:
    listener.answer(status, {"Location": listener.url}, "no\nway")
    assert str(refusal(lambda: channel(kind, listener.url).send([trigger()]))) == f"answered {status}: no way"
    assert len(listener.heard) == 1  # a redirect is not followed


@pytest.mark.parametrize("kind", KINDS)
def test_it_passes_on_how_long_it_is_to_wait(kind: str, listener: Listener) -> None:
    listener.answer(429, {"Retry-After": "7"})
    assert refusal(lambda: channel(kind, listener.url).send([trigger()])).retry_after_seconds == 7


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", ["hang", "drip"])
def test_a_server_that_hangs_or_drips_holds_it_no_longer_than_its_timeout(
    kind: str, way: str, listener: Listener
) -> None:
    getattr(listener, way)()
    one, began = channel(kind, listener.url, timeout=1), time.monotonic()
    assert str(refusal(lambda: one.send([trigger()]))) == "no answer within 1 s"
    assert time.monotonic() - began < one.longest_seconds


@pytest.mark.parametrize("way", ["hang", "drip"])
def test_nothing_goes_on_behind_a_sending_that_was_given_up(way: str, listener: Listener) -> None:
    getattr(listener, way)()
    refusal(lambda: channel("webhook", listener.url, timeout=1).send([trigger()]))
    until(lambda: not [each for each in threading.enumerate() if each.name == "daymark-sending"])


def test_a_host_that_swallows_connections_is_given_half_of_the_time() -> None:
    with BlackHole() as hole:
        one = channel("webhook", f"http://127.0.0.1:{hole.port}/", timeout=1)
        assert str(refusal(lambda: one.send([trigger()]))) == "no connection within 0.5 s"


@pytest.mark.parametrize("kind", KINDS)
def test_a_line_that_is_cut_and_a_connection_that_is_refused_are_told_apart(kind: str, listener: Listener) -> None:
    one = channel(kind, listener.url)
    listener.cut()
    assert str(refusal(lambda: one.send([trigger()]))) == "the connection was cut before there was an answer"
    listener.refuse()
    assert str(refusal(lambda: one.send([trigger()]))) == "the connection was refused"
    listener.recover()
    assert one.send([trigger()]) == "200: ok"


@pytest.mark.parametrize("host", ["nowhere.invalid", f"{'a' * 70}.example"])
def test_a_name_that_does_not_resolve_is_said_so(host: str) -> None:
    one = channel("webhook", f"http://{host}/token")
    assert str(refusal(lambda: one.send([trigger()]))) == "the host's name does not resolve"


def test_a_certificate_that_cannot_be_trusted_is_refused(certificates: Certificates) -> None:
    listener = Listener(context=certificates.context(certificates.good()))
    refused = refusal(lambda: channel("webhook", listener.url).send([trigger()]))
    assert str(refused).startswith("its certificate cannot be trusted: ") and not listener.heard
    listener.close()


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_that_repeats_what_it_was_told_gives_no_secret_away(kind: str, listener: Listener) -> None:
    url = f"{listener.url}/T0KENinThePath?code=T0KENinTheQuery"
    listener.answer(400, body=f"wrong: {url} {KEY} T0KENinThePath password=swordfish {'long ' * 100}")
    told = str(refusal(lambda: channel(kind, url).send([trigger()])))
    secret = KEY if kind != "slack" else "T0KEN"
    assert secret not in told and "T0KEN" not in told and "swordfish" not in told and len(told) < 220


@pytest.mark.parametrize("kind", KINDS)
def test_faults_of_the_line_never_name_the_address(kind: str, listener: Listener) -> None:
    one = channel(kind, f"{listener.url}/T0KENinThePath")
    listener.refuse()
    told = refusal(lambda: one.send([trigger()]))
    assert "T0KEN" not in f"{told} {told.__cause__} {one!r}" and told.__suppress_context__


@pytest.mark.parametrize("kind", KINDS)
def test_no_library_logs_the_address(kind: str, listener: Listener) -> None:
    listener.answer(200, {"nonsense\r\nX": "y"})
    with logged() as lines:
        channel(kind, f"{listener.url}/T0KENinThePath").send([trigger()])
    assert "T0KEN" not in "".join(line.getMessage() for line in lines)


def test_what_was_taken_is_not_called_undelivered_because_its_answer_drips(http_server) -> None:
    url = http_server.route("/hook", way="drip")
    said = channel("webhook", url, timeout=1).send([trigger()])
    assert said == "taken; the answer was not whole in time"


def test_no_more_than_ten_kilobytes_of_an_answer_are_read(http_server) -> None:
    url = http_server.route("/hook", b"x" * 65_536, way="stall", repeat=1)
    assert channel("webhook", url, timeout=2).send([trigger()]).startswith("200: xxx")


def test_a_wait_is_told_in_seconds_or_as_a_date_and_is_an_hour_at_most():
    soon = email.utils.formatdate(time.time() + 90, usegmt=True)
    assert 85 < wait_seconds(soon) <= 90
    assert wait_seconds("999999999") == 3600 and wait_seconds(" 12 ") == 12
    assert wait_seconds("Mon, 01 Jan 2001 00:00:00 GMT") == 0
    assert [wait_seconds(text) for text in (None, "", "soon", "-5", "1e9")] == [None] * 5


def test_each_piece_of_an_address_counts_as_secret():
    pieces = secrets_of("https://someone:pass%20word@hooks.example/services/T0KEN123?code=abcdef&x=1")
    assert {"someone", "pass word", "pass%20word", "T0KEN123", "abcdef"} <= pieces
    assert said("see T0KEN123\r\n\x1b[0m now", pieces) == "see *** [0m now"


def test_what_a_sending_raises_reaches_the_one_that_waits():
    with pytest.raises(ZeroDivisionError):
        within(5, lambda: str(1 / 0), lambda: None)
    with pytest.raises(TimeoutError, match="its own"):
        within(5, lambda: (_ for _ in ()).throw(TimeoutError("its own")), lambda: None)
