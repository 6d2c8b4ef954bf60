import threading
from collections.abc import Iterator

import flask
import pytest
import sentry_sdk

from monitoring import correlation
from monitoring.errors.sentry import QUEUE, Sentry
from monitoring.metrics import metrics
from tests.errors.conftest import raised
from tests.errors.ingest import Ingest
from tests.support.waiting import until

CANARY = "hunter22-canary"


@pytest.fixture
def ingest(http_server) -> Ingest:
    """A running ingest endpoint."""
    return Ingest(http_server)


@pytest.fixture
def sentry(ingest) -> Iterator[Sentry]:
    """A reporter to it that traces every request."""
    reporter = Sentry(ingest.dsn, environment="production", service="shop", version="1.4.2", traces=1.0)
    yield reporter
    reporter.close()


@pytest.fixture
def app() -> flask.Flask:
    """A small application."""
    made = flask.Flask("shop")
    made.add_url_rule("/orders/<int:number>", "order", lambda number: f"order {number}")
    made.add_url_rule("/broken", "broken", lambda: 1 / 0)
    return made


def _told(ingest, kind="event"):
    [item] = ingest.wait_for(kind)
    return item


def test_an_error_arrives_with_user_id_tag_and_context(taken, sentry, ingest):
    taken.tracker.reporter = sentry
    context = {"user_id": 12, "operation": "pay", "metadata": {"order": 7}}
    with correlation.bind("request-7"):
        taken.capture(raised(ValueError("no coin")), context)
    event = _told(ingest)
    assert (event["user"], event["level"]) == ({"id": "12"}, "error")
    assert event["tags"] == {"correlation_id": "request-7", "operation": "pay", "service": "shop"}
    assert event["contexts"]["metadata"] == {"metadata": {"order": 7}}
    assert (event["environment"], event["release"]) == ("production", "1.4.2")
    [value] = event["exception"]["values"]
    assert (value["type"], value["value"]) == ("ValueError", "no coin")
    assert value["stacktrace"]["frames"][-1]["function"] == "raised"


def test_one_errors_scope_is_not_the_nexts(taken, sentry, ingest):
    taken.tracker.reporter = sentry
    taken.capture(raised(ValueError("a")), {"user_id": 12, "metadata": {"order": 7}})
    taken.capture(raised(ValueError("b")))
    _first, second = ingest.wait_for("event", 2)
    assert "user" not in second
    assert "metadata" not in second.get("contexts", {})


def test_a_message_arrives_with_its_level(taken, sentry, ingest):
    taken.tracker.reporter = sentry
    taken.tracker.capture_message("Stock is low", "warning", {"user_id": 12})
    event = _told(ingest)
    assert (event["message"], event["level"], event["user"]) == ("Stock is low", "warning", {"id": "12"})


def _leak():
    password = CANARY
    try:
        raise KeyError(f"token={CANARY}")
    except KeyError as error:
        raise ConnectionError(f"cannot reach postgres://shop:{password}@db/shop") from error


def test_no_secret_leaves_at_any_depth(taken, sentry, ingest):
    taken.tracker.reporter = sentry
    deep = {
        "cookies": {"s": CANARY},
        "headers": {"Authorization": f"Bearer {CANARY}"},
        "a": [{"b": {"api_key": CANARY}}],
    }
    with pytest.raises(ConnectionError) as caught:
        _leak()
    taken.capture(caught.value, {"operation": f"password={CANARY}", "metadata": deep, "set_cookie": CANARY})
    taken.tracker.capture_message(f"password={CANARY}", "error", {"metadata": deep})
    ingest.wait_for("event", 2)
    assert CANARY.encode() not in b"".join(ingest.bodies())
    assert b"shop:***@db" in b"".join(ingest.bodies())


def test_no_local_variable_leaves(taken, sentry, ingest):
    def pay():
        plain_word = "Rumpelstilzchen"
        raise ValueError(len(plain_word))

    taken.tracker.reporter = sentry
    with pytest.raises(ValueError, match="15") as caught:
        pay()
    taken.capture(caught.value)
    [value] = _told(ingest)["exception"]["values"]
    assert all("vars" not in frame for frame in value["stacktrace"]["frames"])


def test_a_long_stack_arrives_whole(taken, sentry, ingest):
    def fall(number):
        return fall(number - 1) if number else 1 / 0

    taken.tracker.reporter = sentry
    with pytest.raises(ZeroDivisionError) as caught:
        fall(80)
    taken.capture(caught.value)
    [value] = _told(ingest)["exception"]["values"]
    assert len(value["stacktrace"]["frames"]) > 80
    assert all(frame["function"] for frame in value["stacktrace"]["frames"])


def test_the_applications_own_sentry_is_left_alone(sentry):
    assert not sentry_sdk.get_client().is_active()
    assert sentry_sdk.get_current_scope().client is not sentry._client


def test_a_request_becomes_a_transaction_under_its_rule(app, sentry, ingest):
    app.wsgi_app = sentry.around(app.wsgi_app)
    with correlation.bind("request-7"):
        assert app.test_client().get("/orders/12?token=abcdefgh").data == b"order 12"
    transaction = _told(ingest, "transaction")
    assert transaction["transaction"] == "GET /orders/<int:number>"
    assert transaction["tags"]["correlation_id"] == "request-7"
    assert transaction["contexts"]["trace"]["op"] == "http.server"
    assert transaction["contexts"]["trace"]["status"] == "ok"
    assert transaction["start_timestamp"] < transaction["timestamp"]
    assert "abcdefgh" not in str(ingest.bodies())


def test_a_failing_request_is_a_failed_transaction(app, sentry, ingest):
    app.wsgi_app = sentry.around(app.wsgi_app)
    app.testing = True
    with pytest.raises(ZeroDivisionError):
        app.test_client().get("/broken")
    assert _told(ingest, "transaction")["contexts"]["trace"]["status"] == "internal_error"


def test_the_callers_decision_is_honoured(app, ingest):
    everything, nothing = (Sentry(ingest.dsn, environment="x", service="shop", traces=share) for share in (1.0, 0.0))
    trace = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7"
    client, inner = app.test_client(), app.wsgi_app
    app.wsgi_app = everything.around(inner)
    client.get("/orders/1", headers={"sentry-trace": f"{trace}-0"})
    app.wsgi_app = nothing.around(inner)
    client.get("/orders/2")
    client.get("/orders/3", headers={"sentry-trace": f"{trace}-1"})
    nothing.close()
    everything.close()
    [transaction] = ingest.items("transaction")
    assert transaction["contexts"]["trace"]["trace_id"] == trace.partition("-")[0]
    assert transaction["contexts"]["trace"]["parent_span_id"] == trace.partition("-")[2]


def test_one_request_in_ten_is_traced(ingest):
    sentry = Sentry(ingest.dsn, environment="x", service="shop")
    sampled = sum(sentry._is_sampled({}) for _ in range(20_000))
    assert 1700 < sampled < 2300


def test_a_request_that_is_not_sampled_meets_nothing_of_sentry(app, ingest, monkeypatch):
    def touched(*_given, **_named):
        raise AssertionError("Sentry was asked")

    sentry = Sentry(ingest.dsn, environment="x", service="shop", traces=0.0)
    app.wsgi_app = sentry.around(app.wsgi_app)
    monkeypatch.setattr("monitoring.errors.sentry.sentry_sdk", touched)
    monkeypatch.setattr(sentry, "_traced", touched)
    assert app.test_client().get("/orders/12").data == b"order 12"


def test_making_it_starts_no_thread(ingest):
    before = set(threading.enumerate())
    Sentry(ingest.dsn, environment="x", service="shop")
    assert set(threading.enumerate()) == before


def test_a_sentry_that_hangs_costs_nothing_but_its_events(taken, hanging_server, app):
    dsn = f"http://publickey@127.0.0.1:{hanging_server.port}/7"
    taken.tracker.reporter = sentry = Sentry(dsn, environment="x", service="shop", traces=1.0)
    app.wsgi_app = sentry.around(app.wsgi_app)
    lost = metrics.get_stats("errors.reports_lost").sum
    for _ in range(QUEUE + 50):
        taken.capture(raised(ValueError("no coin")))
    assert app.test_client().get("/orders/12").data == b"order 12"
    assert len(taken.occurrences) == QUEUE + 50
    assert taken.tracker.failures == 0
    assert sentry.lost >= 49
    assert metrics.get_stats("errors.reports_lost").sum - lost == sentry.lost


def test_closing_waits_two_seconds_for_a_sentry_that_hangs(taken, hanging_server):
    dsn = f"http://publickey@127.0.0.1:{hanging_server.port}/7"
    taken.tracker.reporter = sentry = Sentry(dsn, environment="x", service="shop")
    taken.capture(raised(ValueError("no coin")))
    until(lambda: hanging_server.connections)
    closing = threading.Thread(target=sentry.close)
    closing.start()
    closing.join(4)  # between the two seconds it may take, and the five it waits for an answer
    assert not closing.is_alive()


def test_a_sentry_that_refuses_counts_what_it_loses(taken, ingest):
    ingest.server.stop()
    taken.tracker.reporter = sentry = Sentry(ingest.dsn, environment="x", service="shop")
    taken.capture(raised(ValueError("no coin")))
    until(lambda: sentry.lost == 1)
    assert taken.tracker.failures == 0
